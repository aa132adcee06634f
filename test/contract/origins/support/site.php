<?php
// The site of the tests: settings from the environment, as JSON.
require getenv('EXAMPLES') . '/php/WaitingRoomPass.php';
$pass = WaitingRoomPass::protect(json_decode(getenv('SETTINGS'), true));
header('Content-Type: application/json');
echo json_encode(['site' => true, 'pass' => $pass, 'sent' => $_SERVER['HTTP_WAITING_ROOM_PASS'] ?? null]);
