/**
 * Bounds of the Worker, in one place, each with the reason for its size. The line's own are in core/limits.ts.
 */

/** Longer tokens are not looked at; ours have about 250 characters. */
export const TOKEN_MAX_CHARS = 1024

/** Texts of tokens that an isolate knows to be authentic: about 700 bytes each, 14 MB in all. */
export const VERIFIED_TOKENS_MAX = 20_000

/** Hosts whose parts an isolate keeps. Clients may send any. */
export const ORIGINS_KEPT_MAX = 200

/** `Accept` headers whose meaning an isolate keeps. Clients may send any. */
export const ACCEPTS_KEPT_MAX = 200
export const ACCEPT_KEPT_MAX_CHARS = 300

/** Valid tokens of one room that count per request: two tabs may each have taken a ticket, more are a mistake or an attack. */
export const TOKENS_PER_REQUEST_MAX = 4

/**
 * Signatures checked per request and cookie name. Texts that cannot be ours are skipped without a check, so only forgeries
 * that copy the first part of a token use these up. Texts after the last check count as no token.
 */
export const TOKEN_CHECKS_PER_REQUEST_MAX = 32

/** A ticket's token is renewed long before; the object decides who is still in line. */
export const TICKET_LIFE_SECONDS = 24 * 3600

/** A ticket that the object has not confirmed for this long is claimed, whatever its number. */
export const CONFIRM_AFTER_MAX_SECONDS = 60

/** How long a poll's presence may wait in the isolate. */
export const FLUSH_AFTER_MS = 1_000

/** How long the origin's outcomes wait for presence to ride along with: about as long as the shortest tick. */
export const ORIGIN_FLUSH_AFTER_MS = 5_000

/** How long the confirmation of a ticket waits for a call that others need: its holder does not see what it says. */
export const CONFIRMATION_MAY_WAIT_MS = 250

/** After a call with so many questions an isolate lets as many gather as make the next one cheap, but no longer than this. */
export const BUSY_CALL_QUESTIONS = 10
export const GATHER_QUESTIONS = 200
export const GATHER_MAX_MS = 80

/** So long past the deadline the holder of the flush is taken for dead. */
export const FLUSH_TAKEOVER_MS = 2_000

/** Presences kept in one isolate; the oldest go first. Two numbers each in a call of at most 400 KB. */
export const PRESENCE_MAX = 50_000

/** How long words are kept that no call could deliver, before any answer said what the room's limits are: the longest there is. */
export const WORDS_KEPT_UNKNOWN_SECONDS = 1_800

/** A snapshot is fresh for this long, or for the object's own pace up to the maximum. */
export const SNAPSHOT_FRESH_MS = 2_000
export const SNAPSHOT_FRESH_MAX_MS = 5_000

/** A snapshot is replaced even by one with an older time after this: the object's clock went back. */
export const SNAPSHOT_OLD_MS = 10_000

/** A request that has heard nothing for this long, or for three recent calls, calls for itself. */
export const PATIENCE_MIN_MS = 250
export const PATIENCE_MAX_MS = 3_000
export const PATIENCE_CALLS = 3

/** After this the object counts as out of reach for a request. */
export const GIVE_UP_AFTER_MS = 8_000

/** Calls a request takes part in before it gives up. */
export const ATTEMPTS_MAX = 4

/** First pause after a failed call; doubles with each failure in a row. */
export const BACK_OFF_MIN_MS = 50
export const BACK_OFF_MAX_MS = 2_000

/** No pace of an object and no pause after a failure is longer: the time of a next call further ahead is from before the clock went back. */
export const NEXT_CALL_MAX_MS = 10_000

/** Requests of one isolate that wait for a call; more are answered "out of reach" at once. */
export const WAITING_REQUESTS_MAX = 20_000

/** Joins, claims and the like in one call. */
export const ENTRIES_PER_CALL_MAX = 2_000

/** The operators' word to everyone in line: it goes with every answer to who waits. */
export const MESSAGE_MAX_CHARS = 500

/** The part of an IPv6 address that stands for one client: a home or a phone has a /64 or more to itself. */
export const IPV6_CLIENT_BYTES = 8

/** `bind_pass = "agent-and-network"`: a client may change its address within an IPv4 /24 or an IPv6 /48. */
export const BINDING_IPV4_BYTES = 3
export const BINDING_IPV6_BYTES = 6

/** What of a `User-Agent` counts; browsers' have about 150 characters. */
export const USER_AGENT_BOUND_CHARS = 512

/** Clients whose binding an isolate remembers, at most 1 KB each. */
export const BINDINGS_REMEMBERED_MAX = 2_000

/** Bodies of our own endpoints are tiny. */
export const BODY_MAX_BYTES = 1_024

/**
 * How late it may be known that a session was used: a page tells of clicks every 8 s, an isolate of requests after 1 s at most,
 * or at the object's pace (6 s); a call that fails is made again within 5 s.
 */
const USE_RESOLUTION_SECONDS = 20

/** `idle_timeout_seconds`: near the resolution, or below it, sessions would end that are in use. */
export const IDLE_TIMEOUT_MIN_SECONDS = 3 * USE_RESOLUTION_SECONDS

/** While the origin works on a request its visitor is heard this often. */
export const PRESENCE_DURING_REQUEST_MS = 5_000

/** A warning that many requests cause for one reason is logged this often by an isolate. */
export const REPEATED_WARNING_MS = 60_000

/** Reasons whose last warning an isolate remembers, about 100 bytes each: a few for each host of the origin. */
export const REPEATED_WARNINGS_KEPT_MAX = 200

/** `ORIGIN_TIMEOUT_SECONDS`: how long the origin may take until its headers. */
export const ORIGIN_TIMEOUT_DEFAULT_SECONDS = 60
export const ORIGIN_TIMEOUT_MAX_SECONDS = 300

/** Bytes of a page in which its head must end, or it gets no script. The longest heads, with all styles written out, have about 50 KB. */
export const PAGE_HEAD_MAX_BYTES = 64 * 1024

/** Shorter keys and tokens can be guessed. */
export const SIGNING_KEY_MIN_BYTES = 32
export const ADMIN_TOKEN_MIN_CHARS = 16
export const BYPASS_SECRET_MIN_CHARS = 16

/** Shapes of a page's view kept compiled, all templates together: states, languages and what may be missing. About 20 KB each. */
export const TEMPLATE_SHAPES_MAX = 500

/** Operators with a token each. */
export const OPERATORS_MAX = 20

/** Bodies of the operators' API: a message of 500 characters may take 4 bytes each, or 6 as escapes. */
export const API_BODY_MAX_BYTES = 8_192

/** A session in a browser ends this long after its last call, and this long after the login at the latest. */
export const SESSION_IDLE_SECONDS = 1_800
export const SESSION_MAX_SECONDS = 12 * 3_600

/** A session's cookie is handed out anew when it is this old. */
export const SESSION_RENEW_SECONDS = 300

/** Failures of one address within the window before it is turned away until the window is over. */
export const LOGIN_FAILURES_MAX = 10
export const LOGIN_WINDOW_MS = 60_000

/** Addresses remembered, in the object and in each isolate. */
export const LOGIN_ADDRESSES_MAX = 10_000

/** The public keys of Cloudflare Access change every few weeks; a key that is not known is looked for this often. */
export const ACCESS_KEYS_KEPT_MS = 3_600_000
export const ACCESS_KEYS_RETRY_MS = 30_000
export const ACCESS_TIMEOUT_MS = 5_000

/** Let in by hand with one call. */
export const ADMIT_NEXT_MAX = 10_000

/**
 * A history without `to` ends now. Its `from` was reckoned before the request was on its way, and by the caller's clock: it may
 * lie this much beyond the widest range.
 */
export const HISTORY_RANGE_SLACK_MS = 10 * 60_000

/** Entries of the audit told at once. */
export const AUDIT_PAGE_MAX = 200

/** Longer language tags are none of ours (RFC 5646 asks for 35): one with thousands of parts would take seconds to shorten. */
export const LANGUAGE_TAG_MAX_CHARS = 35

/** Different `Accept-Language` headers whose meaning is kept; longer ones than the bound are not looked at. */
export const LANGUAGE_CHOICES_MAX = 500
export const ACCEPT_LANGUAGE_MAX_CHARS = 500

/** Formatters kept for each room, by language and time zone. */
export const FORMATS_MAX = 200

/** Times of day that each of these remembers as text: a page's are of the last minutes and the next hour. */
export const CLOCK_TEXTS_MAX = 100

/** Texts with `{name}` in them that an isolate keeps cut: 20 of each language, and the rooms' own. */
export const TEXTS_CUT_MAX = 1_000

/** Times that an isolate remembers as ISO 8601, about 100 bytes each: the seconds in which those who wait joined. */
export const ISO_TIMES_MAX = 4_000

/** A language picked on a waiting page is kept for a month. */
export const LANG_COOKIE_LIFE_SECONDS = 30 * 24 * 3600

/** Of the message that operators try in the preview. */
export const PREVIEW_MESSAGE_MAX_CHARS = 1_000

/** Files of public/ that a room's settings name. The logo goes into every page. */
export const TEMPLATE_MAX_BYTES = 256 * 1024
export const LOGO_MAX_BYTES = 16 * 1024

/** Files that could not be used are looked for again after this. */
export const LOOK_RETRY_MS = 60_000

/** Origins that a room allows. Each takes about 30 bytes of the 5 KB of `ROOMS`; host names have at most 253 characters. */
export const ALLOWED_ORIGINS_MAX = 20
export const ALLOWED_ORIGIN_MAX_CHARS = 300

/** Browsers keep a preflight's answer for at most 2 hours (Chromium). A call from an origin no longer listed is refused anyway. */
export const PREFLIGHT_MAX_AGE_SECONDS = 7_200

/** Messages of a queue that has no consumer come back after this: each batch is logged as an error, and must not flood the log. */
export const UNKNOWN_QUEUE_RETRY_SECONDS = 60
