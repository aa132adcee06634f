<?php

declare(strict_types=1);

/**
 * Lets a request in only if it came through the waiting room. Needs PHP 8.1 or newer with the
 * extensions openssl (ES256) and sodium (Ed25519), both part of PHP, and nothing else.
 *
 *     require '/opt/waiting-room/WaitingRoomPass.php';
 *     $pass = WaitingRoomPass::protect([
 *         'issuer' => 'https://shop.example',
 *         'audience' => 'waiting-room:main',
 *         'cache_file' => '/var/cache/shop/waiting-room-jwks.json',
 *     ]);
 *     // $pass['number'] is the visitor's number in line. Null: a request without a pass.
 *
 * A request is let in with a valid pass. One without a pass is let in if it has the origin secret
 * (a bypass rule, or a suspended room), or if its path is one of `skip`. With `origin_secret` alone
 * passes are not verified. ../README.md has all settings.
 */
final class WaitingRoomPass
{
    /** The room lets caches keep its keys for this long. */
    private const FRESH_SECONDS = 300;
    /** Without a newer answer, keys count for this long. */
    private const KEPT_SECONDS = 86_400;
    /** Between two attempts to fetch keys, however many requests ask for them. */
    private const RETRY_SECONDS = 10;
    private const FETCH_TIMEOUT_SECONDS = 3;
    private const JWKS_BYTES_MAX = 65_536;
    private const PASS_BYTES_MAX = 4_096;
    private const SETTINGS = [
        'issuer', 'audience', 'jwks_url', 'cache_file', 'origin_secret', 'site_url', 'skip', 'clock_skew_seconds',
    ];
    private const REFUSED =
        'This address is reached through the waiting room only. Open the site by its public address.';
    private const UNCHECKED =
        'The pass of the waiting room cannot be checked at the moment. Try again in a few seconds.';
    /** A public key on P-256 in DER, up to its coordinates. */
    private const P256_PREFIX = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';

    /** False: only the secret is compared. */
    private bool $verifiesPasses;
    /** @var list<string> */
    private array $issuers;
    /** @var list<string> */
    private array $audiences;
    private string $jwksUrl;
    private string $cacheFile;
    private string $secret;
    private string $siteUrl;
    /** @var list<string> */
    private array $skip;
    private int $skewSeconds;

    /** @param array<string, mixed> $settings */
    public function __construct(array $settings)
    {
        $unknown = array_diff(array_keys($settings), self::SETTINGS);
        if ($unknown !== []) throw new InvalidArgumentException('unknown setting ' . implode(', ', $unknown));
        $this->secret = (string) ($settings['origin_secret'] ?? '');
        if ($this->secret !== '' && strlen($this->secret) < 16) {
            throw new InvalidArgumentException('origin_secret has less than 16 characters');
        }
        $this->verifiesPasses = $this->secret === '' || isset($settings['issuer']) || isset($settings['audience']);
        if ($this->verifiesPasses) $this->readPassSettings($settings);
        $this->siteUrl = rtrim((string) ($settings['site_url'] ?? ''), '/');
        $this->skip = $settings['skip'] ?? [];
        $this->skewSeconds = $settings['clock_skew_seconds'] ?? 30;
    }

    /** @param array<string, mixed> $settings */
    private function readPassSettings(array $settings): void
    {
        foreach (['issuer', 'audience', 'cache_file'] as $key) {
            if (empty($settings[$key])) throw new InvalidArgumentException("set $key");
        }
        $this->issuers = (array) $settings['issuer'];
        $this->audiences = (array) $settings['audience'];
        $this->cacheFile = $settings['cache_file'];
        $this->jwksUrl = $settings['jwks_url'] ?? $this->issuers[0] . '/__waiting-room/jwks.json';
        if (!preg_match('~^(?:https://|http://(?:127\.0\.0\.1|localhost)[:/])~', $this->jwksUrl)) {
            throw new InvalidArgumentException('jwks_url must begin with https://');
        }
    }

    /**
     * Returns the claims of the pass, or null for a request that may come without one. Otherwise it
     * answers the request itself and ends the script.
     *
     * @param array<string, mixed> $settings
     * @return array<string, mixed>|null
     */
    public static function protect(array $settings): ?array
    {
        try {
            $room = new self($settings);
            $pass = $room->passOf($_SERVER);
            if ($pass !== false) return $pass;
            $location = $room->entrance($_SERVER);
            if ($location !== null) {
                header("Location: $location", true, 302);
                header('Cache-Control: no-store');
            } else {
                self::answer(403, self::REFUSED);
            }
        } catch (InvalidArgumentException $error) {
            error_log('waiting room: ' . $error->getMessage());
            self::answer(500, 'The settings of the waiting room are wrong. The log names the problem.');
        } catch (UnexpectedValueException $error) {
            error_log('waiting room: ' . $error->getMessage());
            header('Retry-After: ' . self::RETRY_SECONDS);
            self::answer(503, self::UNCHECKED);
        }
        exit;
    }

    private static function answer(int $status, string $text): void
    {
        http_response_code($status);
        header('Content-Type: text/plain; charset=utf-8');
        header('Cache-Control: no-store');
        echo "$text\n";
    }

    /**
     * The claims of a valid pass, null if the request may come without one, false if it is refused.
     *
     * @param array<string, mixed> $server
     * @return array<string, mixed>|null|false
     * @throws UnexpectedValueException if no keys can be fetched
     */
    public function passOf(array $server): array|null|false
    {
        $pass = $server['HTTP_WAITING_ROOM_PASS'] ?? '';
        if ($this->verifiesPasses && $pass !== '') return $this->verify($pass) ?? false;
        $secret = $server['HTTP_WAITING_ROOM_ORIGIN_SECRET'] ?? '';
        if ($this->secret !== '' && hash_equals($this->secret, $secret)) return null;
        return $this->isSkipped($server['REQUEST_URI'] ?? '') ? null : false;
    }

    /** Where a browser should go instead. Null: it came through the room, or is not a browser. */
    private function entrance(array $server): ?string
    {
        $isPage = ($server['REQUEST_METHOD'] ?? '') === 'GET'
            && str_contains($server['HTTP_ACCEPT'] ?? '', 'text/html');
        // A request through the room would come back here, again and again.
        if ($this->siteUrl === '' || !$isPage || isset($server['HTTP_X_FORWARDED_HOST'])) return null;
        $path = $server['REQUEST_URI'] ?? '/';
        return $this->siteUrl . (str_starts_with($path, '/') ? $path : '/');
    }

    /** Only for paths with one possible reading: "/static/../checkout" is not below "/static/". */
    private function isSkipped(string $uri): bool
    {
        $path = explode('?', $uri, 2)[0];
        if (preg_match('~//|/\.|[^\w./@-]|\.php~i', $path)) return false;
        foreach ($this->skip as $prefix) {
            if (str_ends_with($prefix, '/') ? str_starts_with($path, $prefix) : $path === $prefix) return true;
        }
        return false;
    }

    /** @return array<string, mixed>|null the claims, or null if the pass does not count */
    private function verify(string $pass): ?array
    {
        $parts = explode('.', $pass);
        if (count($parts) !== 3 || strlen($pass) > self::PASS_BYTES_MAX) return null;
        $header = self::json(self::decode($parts[0]));
        $claims = self::json(self::decode($parts[1]));
        $kid = $header['kid'] ?? null;
        if ($claims === null || !is_string($kid) || isset($header['crit'])) return null;
        if (($header['typ'] ?? null) !== 'JWT') return null;
        $key = $this->key($kid);
        // The key determines the algorithm, never the token.
        if ($key === null || ($header['alg'] ?? null) !== self::algorithm($key)) return null;
        if (!self::isSignedBy($key, "$parts[0].$parts[1]", self::decode($parts[2]))) return null;
        return $this->counts($claims, time()) ? $claims : null;
    }

    private function counts(array $claims, int $now): bool
    {
        $audiences = array_filter((array) ($claims['aud'] ?? []), 'is_string');
        return is_int($claims['exp'] ?? null) && $claims['exp'] > $now - $this->skewSeconds
            && is_int($claims['iat'] ?? null) && $claims['iat'] <= $now + $this->skewSeconds
            && in_array($claims['iss'] ?? null, $this->issuers, true)
            && array_intersect($audiences, $this->audiences) !== [];
    }

    private static function algorithm(array $key): ?string
    {
        return match ([$key['kty'] ?? null, $key['crv'] ?? null]) {
            ['OKP', 'Ed25519'] => 'EdDSA',
            ['EC', 'P-256'] => 'ES256',
            default => null,
        };
    }

    private static function isSignedBy(array $key, string $text, string $signature): bool
    {
        $x = self::decode($key['x'] ?? '');
        if (strlen($signature) !== 64 || strlen($x) !== 32) return false;
        if ($key['kty'] === 'OKP') return sodium_crypto_sign_verify_detached($signature, $text, $x);
        $y = self::decode($key['y'] ?? '');
        if (strlen($y) !== 32) return false;
        $pem = base64_encode(hex2bin(self::P256_PREFIX) . $x . $y);
        $public = openssl_pkey_get_public("-----BEGIN PUBLIC KEY-----\n$pem\n-----END PUBLIC KEY-----\n");
        // OpenSSL expects the two halves as a DER sequence of integers.
        $integers = implode('', array_map(static function (string $half): string {
            $bytes = ltrim($half, "\0");
            if ($bytes === '' || ord($bytes[0]) > 127) $bytes = "\0$bytes";
            return "\x02" . chr(strlen($bytes)) . $bytes;
        }, str_split($signature, 32)));
        $der = "\x30" . chr(strlen($integers)) . $integers;
        return $public !== false && openssl_verify($text, $der, $public, OPENSSL_ALGO_SHA256) === 1;
    }

    // The keys, in a file that all processes share.

    /** @throws UnexpectedValueException if no keys can be fetched */
    private function key(string $kid): ?array
    {
        $cached = $this->cached();
        $age = time() - ($cached['fetchedAt'] ?? 0);
        if ($cached === null || $age > self::KEPT_SECONDS) {
            $cached = $this->refresh() ?? throw new UnexpectedValueException("no keys from $this->jwksUrl");
        } elseif ($age > self::FRESH_SECONDS) {
            // The keys still count, so the visitor need not wait for the next ones.
            register_shutdown_function(function (): void {
                if (function_exists('fastcgi_finish_request')) fastcgi_finish_request();
                $this->refresh(LOCK_EX | LOCK_NB);
            });
        }
        // A new key signs from its first second on, so an unknown one is worth one fetch.
        return self::find($cached, $kid) ?? self::find($this->refresh() ?? [], $kid);
    }

    private static function find(array $cached, string $kid): ?array
    {
        foreach ($cached['keys'] ?? [] as $key) {
            if (is_array($key) && ($key['kid'] ?? null) === $kid) return $key;
        }
        return null;
    }

    private function cached(): ?array
    {
        $text = @file_get_contents($this->cacheFile);
        return $text === false ? null : self::json($text);
    }

    /**
     * Fetches the keys, in one process at a time and once in RETRY_SECONDS. Within these it returns
     * what is stored. Null: not now, or no answer.
     *
     * @throws UnexpectedValueException if the cache cannot be written
     */
    private function refresh(int $lock = LOCK_EX): ?array
    {
        $attempt = @fopen("$this->cacheFile.attempt", 'c+');
        if ($attempt === false) throw new UnexpectedValueException("cannot write $this->cacheFile.attempt");
        try {
            if (!flock($attempt, $lock)) return null;
            if (time() - (int) stream_get_contents($attempt) < self::RETRY_SECONDS) return $this->cached();
            rewind($attempt);
            fwrite($attempt, (string) time());
            fflush($attempt);
            $answer = self::json($this->fetch());
            if (!is_array($answer['keys'] ?? null)) {
                error_log("waiting room: no keys from $this->jwksUrl");
                return null;
            }
            $fresh = ['fetchedAt' => time(), 'keys' => $answer['keys']];
            // A rename is atomic: no process reads half a file.
            file_put_contents("$this->cacheFile.new", json_encode($fresh));
            rename("$this->cacheFile.new", $this->cacheFile);
            return $fresh;
        } finally {
            fclose($attempt);
        }
    }

    private function fetch(): string
    {
        $http = ['timeout' => self::FETCH_TIMEOUT_SECONDS, 'follow_location' => 0];
        $context = stream_context_create(['http' => $http]);
        return (string) @file_get_contents($this->jwksUrl, false, $context, 0, self::JWKS_BYTES_MAX);
    }

    private static function json(string $text): ?array
    {
        $value = json_decode($text, true, 8);
        return is_array($value) ? $value : null;
    }

    /** Text that is not base64url becomes an empty string, which nothing accepts. */
    private static function decode(mixed $text): string
    {
        if (!is_string($text) || !preg_match('/^[\w-]*$/D', $text)) return '';
        return (string) base64_decode(strtr($text, '-_', '+/'), true);
    }
}
