/**
 * The bounds of visitors' requests, of settings and of what is kept, each with the reason for its
 * size. Those of the line, of calls to rooms, of runtime rooms and of operators are in the
 * limits.ts of core/, room/, directory/ and operators/.
 */

/** Longer tokens are ignored; ours have about 250 characters. */
export const TOKEN_MAX_CHARS = 1024

/** Verified tokens that an isolate caches: about 700 bytes each, 14 MB in all. */
export const VERIFIED_TOKENS_MAX = 20_000

/** Values of `Retry-After`, for each of which an isolate caches the headers of a page. */
export const POLL_INTERVALS_MAX = 30

/** Hosts of requests that an isolate caches. Clients may send any host to some deployments. */
export const HOSTS_KNOWN_MAX = 200

/** Parsed `Accept` headers that an isolate caches. Clients may send any value. */
export const ACCEPTS_KEPT_MAX = 200
export const ACCEPT_KEPT_MAX_CHARS = 300

/**
 * Valid tokens of one room that count per request. Two tabs may each have a ticket; more are a
 * mistake or an attack.
 */
export const TOKENS_PER_REQUEST_MAX = 4

/**
 * Signatures checked per request and cookie name. Texts that cannot be our tokens are skipped
 * without a check, so only forgeries that copy the first part of a token use these up. Texts after
 * the last check are ignored.
 */
export const TOKEN_CHECKS_PER_REQUEST_MAX = 32

/** A ticket's token is renewed long before it expires; the object decides who is still in line. */
export const TICKET_LIFE_SECONDS = 24 * 3600

/** A ticket that the object has not confirmed for this long is claimed, whatever its number. */
export const CONFIRM_AFTER_MAX_SECONDS = 60

/** The operators' message to everyone in line, which every answer to a waiting visitor contains. */
export const MESSAGE_MAX_CHARS = 500

/** The IPv6 prefix that identifies one client: a home or a phone has a /64 or more. */
export const IPV6_CLIENT_BYTES = 8

/**
 * `bind_pass = "agent-and-network"`: a client may change its address within an IPv4 /24 or an IPv6
 * /48.
 */
export const BINDING_IPV4_BYTES = 3
export const BINDING_IPV6_BYTES = 6

/**
 * The wider networks that joins are limited and counted by: an IPv4 /24 and an IPv6 /48, which is
 * the most that one site gets (RFC 6177).
 */
export const WIDE_IPV4_BYTES = 3
export const WIDE_IPV6_BYTES = 6

/**
 * Homes get an IPv6 /56. A join counts twice there, so a home may bring half as many newcomers as a
 * wider network.
 */
export const IPV6_HOME_BYTES = 7
export const IPV6_HOME_WEIGHT = 2

/** A join of a bound client counts twice: it may bring half as many newcomers as its address. */
export const BOUND_CLIENT_WEIGHT = 2

/** The part of a `User-Agent` that counts; browsers send about 150 characters. */
export const USER_AGENT_BOUND_CHARS = 512

/**
 * The check before joining: Turnstile's tokens have at most 2,048 characters, and live for 300 s.
 */
export const CHECK_TOKEN_MAX_CHARS = 2_048
export const CHECK_BODY_MAX_BYTES = 4_096
export const CHECK_TOKEN_LIFE_SECONDS = 300

/** Validations that an isolate makes at once, and checks that wait for one of them. */
export const CHECKS_PARALLEL_MAX = 32
export const CHECKS_WAITING_MAX = 500

/** Until a validation is given up: one attempt, and a check in all. */
export const CHECK_ATTEMPT_MS = 3_000
export const CHECK_GIVE_UP_MS = 8_000
export const CHECK_LOOK_MS = 50

/** A passed check is redeemed by the redirect that follows it. */
export const JOIN_PROOF_LIFE_SECONDS = 60

/**
 * A challenge of the proof of work must be solved within this time. The object remembers its id for
 * longer, as the key of a join (`JOIN_KEY_SECONDS`).
 */
export const WORK_CHALLENGE_LIFE_SECONDS = 300

/** A solver that counts up needs 8 digits for 24 bits. */
export const WORK_NONCE_MAX_CHARS = 18

/** A check page may be left open for this long, until its visitor solves the check. */
export const CHECK_COOKIE_LIFE_SECONDS = 3_600

/** Spent checks and proofs that an isolate remembers, by hash: about 100 bytes each. */
export const SPENT_CHECKS_MAX = 20_000

/** The place of a visitor in the infinite queue who comes while hardly anybody waits. */
export const INFINITE_POSITION_MIN = 100

/** Access keys: places that one is good for, and its longest life. */
export const ACCESS_KEY_USES_MAX = 1_000_000
export const ACCESS_KEY_LIFE_MAX_DAYS = 400

/** A key made by a machine whose clock is ahead by up to this counts at once. */
export const KEY_CLOCK_SKEW_SECONDS = 60

/** A link's key waits in the browser for this long, for instance until a closed room opens. */
export const KEY_COOKIE_LIFE_SECONDS = 1_800

/** The answer with a ticket is at most this late in a browser that opened its link twice. */
export const KEY_RETRY_MS = 1_500

/** A visitor past the room asks the object this often, so a revoked key acts within this time. */
export const SKIP_TOKEN_LIFE_SECONDS = 600
export const SKIP_COOKIE_LIFE_SECONDS = 24 * 3600

/** For how long the token of such a visitor counts beyond its life while the object is silent. */
export const SKIP_HONOURED_SECONDS = 3_600

/** Revoked keys that a room remembers until they expire: about 200 bytes each in storage. */
export const REVOKED_KEYS_MAX = 100_000

/** Places that end with one call that revokes a key. */
export const REVOKED_PLACES_MAX = 10_000

/** Ids of people in an order of keys: mail addresses have at most 254 characters. */
export const PERSON_ID_MAX_CHARS = 254

/** The bodies of visitors' calls are tiny. */
export const BODY_MAX_BYTES = 1_024

/**
 * The delay until use of a session is known: a page reports clicks every 8 s, an isolate reports
 * requests after 1 s or at the object's pace (6 s at most), and a failed call is retried within 5
 * s.
 */
const USE_RESOLUTION_SECONDS = 20

/**
 * `idle_timeout_seconds`: a value near the resolution or below it would end sessions that are in
 * use.
 */
export const IDLE_TIMEOUT_MIN_SECONDS = 3 * USE_RESOLUTION_SECONDS

/** `confirm_entry_seconds`: in less time nobody comes back to a tab. */
export const CONFIRM_ENTRY_MIN_SECONDS = 15

/** While the origin works on a request, the visitor's presence is renewed this often. */
export const PRESENCE_DURING_REQUEST_MS = 5_000

/** An isolate logs a repeated warning at most once in this time. */
export const REPEATED_WARNING_MS = 60_000

/**
 * Repeated warnings that an isolate remembers, about 100 bytes each: a few for each host of the
 * origin.
 */
export const REPEATED_WARNINGS_KEPT_MAX = 200

/** `ORIGIN_TIMEOUT_SECONDS`: the time until the origin's headers. */
export const ORIGIN_TIMEOUT_DEFAULT_SECONDS = 60
export const ORIGIN_TIMEOUT_MAX_SECONDS = 300

/**
 * A page whose head is longer gets no script. The longest heads, with all styles inline, have about
 * 50 KB.
 */
export const PAGE_HEAD_MAX_BYTES = 64 * 1024

/**
 * `PASS_KEYS`: a rotation needs two. Each adds about 200 bytes to the published keys, which every
 * origin reads.
 */
export const PASS_KEYS_MAX = 5

/**
 * How long a signed pass is valid for the origin while the room is out of reach and the pass itself
 * has expired.
 */
export const HONOURED_PASS_SECONDS = 30

/** `routes` of one room. */
export const ROUTES_MAX = 50

/** `return_hosts`: sites that share a room of redirect mode. */
export const RETURN_HOSTS_MAX = 20

/** The address to return to, which the browser sends with each reload of the waiting page. */
export const RETURN_URL_MAX_CHARS = 2_000

/** A code is exchanged by the redirect that brings it. */
export const RETURN_CODE_LIFE_SECONDS = 60

/**
 * Redirect mode, as shares of `session_timeout_seconds`. The site's session is shorter than the
 * silence after which its slot is given away. Its pages go through the room early, so that a
 * visitor may read one page for three quarters of the time-out.
 */
export const RETURN_SESSION_SHARE = 0.75
export const RETURN_RENEW_SHARE = 0.25
export const RETURN_RENEW_MAX_SECONDS = 300

/** Shorter sessions would end while their visitors read a page. */
export const RETURN_SESSION_TIMEOUT_MIN_SECONDS = 300

/** Origins may cache the public keys for this long, so a new key is published before it signs. */
export const PUBLIC_KEYS_MAX_AGE_SECONDS = 300

/** Shorter keys and tokens can be guessed. */
export const SIGNING_KEY_MIN_BYTES = 32
export const ADMIN_TOKEN_MIN_CHARS = 16
export const BYPASS_SECRET_MIN_CHARS = 16

/**
 * Longer language tags are rejected (RFC 5646 asks for 35): shortening one with thousands of parts
 * would take seconds.
 */
export const LANGUAGE_TAG_MAX_CHARS = 35

/** Parsed `Accept-Language` headers that an isolate caches; longer headers are ignored. */
export const LANGUAGE_CHOICES_MAX = 500
export const ACCEPT_LANGUAGE_MAX_CHARS = 500

/**
 * Time zones whose formatters are cached for each room and language, about 50 KB each. A public
 * sale has visitors of some 40 zones. With fewer cached, most pages would make new formatters.
 */
export const TIME_ZONES_MAX = 60

/**
 * Formatted times of day that each formatter caches: a page shows the last minutes and the next
 * hour.
 */
export const CLOCK_TEXTS_MAX = 100

/**
 * Formatted ISO 8601 times that an isolate caches, about 100 bytes each: the seconds in which
 * waiting visitors joined.
 */
export const ISO_TIMES_MAX = 4_000

/** A language picked on a waiting page is kept for a month. */
export const LANG_COOKIE_LIFE_SECONDS = 30 * 24 * 3600

/** Caches may keep the public page about draws for this long: a crowd looks at a new draw. */
export const DRAW_PAGE_MAX_AGE_SECONDS = 5

/** The message and the name of an event that operators try in the preview. */
export const PREVIEW_MESSAGE_MAX_CHARS = 1_000
export const PREVIEW_EVENT_NAME_MAX_CHARS = 100

/** Files of public/ that a room's settings name. The logo goes into every page. */
export const TEMPLATE_MAX_BYTES = 256 * 1024
export const LOGO_MAX_BYTES = 16 * 1024

/** Unusable files are read again after this. */
export const LOOK_RETRY_MS = 60_000

/**
 * `allowed_origins`: each takes about 30 bytes of the 5 KB of `ROOMS`; host names have at most 253
 * characters.
 */
export const ALLOWED_ORIGINS_MAX = 20
export const ALLOWED_ORIGIN_MAX_CHARS = 300

/**
 * Browsers cache a preflight for at most 2 hours (Chromium). A call from a delisted origin is
 * refused anyway.
 */
export const PREFLIGHT_MAX_AGE_SECONDS = 7_200

/**
 * Retry delay of messages without a consumer: each batch is logged as an error, which must not
 * flood the log.
 */
export const UNKNOWN_QUEUE_RETRY_SECONDS = 60

/** Daily figures that a room keeps: a year, and the same month of the year before. */
export const DAYS_KEPT = 400

/** Changes by operators in a report; the newest come first. */
export const REPORT_CHANGES_MAX = 200

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export const SAMPLES_KEPT_MS = 7 * DAY_MS

/** `REHEARSAL_TOKEN`: as long as 24 random bytes in base64url. */
export const REHEARSAL_TOKEN_MIN_CHARS = 32

/** Rooms of ROOMS and rooms.toml together: as many as the directory may have besides. */
export const DEPLOYED_ROOMS_MAX = 1_000
