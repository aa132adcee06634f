<?php
/**
 * Plugin Name: Waiting room
 * Description: Refuses visitors who did not come through the waiting room.
 *
 * Copy this file into wp-content/mu-plugins/, and ../php/WaitingRoomPass.php into
 * wp-content/mu-plugins/waiting-room/. The settings (../README.md) are in wp-config.php:
 *
 *     define('WAITING_ROOM', [
 *         'origin_secret' => 'the value of ORIGIN_SECRET',
 *         // To verify passes, too:
 *         'issuer' => 'https://shop.example',
 *         'audience' => 'waiting-room:main',
 *         'cache_file' => '/var/cache/wordpress/waiting-room-jwks.json',
 *     ]);
 *
 * Without that constant it does nothing.
 */

declare(strict_types=1);

// WP-CLI and `php wp-cron.php` have no visitor.
if (defined('WAITING_ROOM') && PHP_SAPI !== 'cli') {
    require_once __DIR__ . '/waiting-room/WaitingRoomPass.php';
    WaitingRoomPass::protect(WAITING_ROOM);
}
