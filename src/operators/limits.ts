/** The bounds of operators: their sessions, logins and calls, each with the reason for its size. */

/** Keys that one call of the API makes, and its body: each may have a person's id, in escapes. */
export const KEYS_PER_CALL_MAX = 1_000
export const KEYS_BODY_MAX_BYTES = 1_024 * 1_024

/** Operators with a token each. */
export const OPERATORS_MAX = 20

/**
 * Bodies of the operators' API: an event has 50 steps of about 110 bytes, and 1,080 characters of
 * up to 4 bytes, or 6 as escapes.
 */
export const API_BODY_MAX_BYTES = 16_384

/**
 * An operator's browser session ends this long after its last call, and this long after the login
 * at the latest.
 */
export const SESSION_IDLE_SECONDS = 1_800
export const SESSION_MAX_SECONDS = 12 * 3_600

/** A session's cookie is renewed at this age. */
export const SESSION_RENEW_SECONDS = 300

/** After this many failed logins an address is blocked until the window ends. */
export const LOGIN_FAILURES_MAX = 10
export const LOGIN_WINDOW_MS = 60_000

/** Addresses remembered in the object and in each isolate. */
export const LOGIN_ADDRESSES_MAX = 10_000

/**
 * The public keys of Cloudflare Access change every few weeks. An unknown key triggers a new look
 * at most this often.
 */
export const ACCESS_KEYS_KEPT_MS = 3_600_000
export const ACCESS_KEYS_RETRY_MS = 30_000
export const ACCESS_TIMEOUT_MS = 5_000

/** Visitors that an operator can admit with one call. */
export const ADMIT_NEXT_MAX = 10_000

/**
 * A history without `to` ends now, while the caller computed `from` earlier and with another clock.
 * `from` may exceed the widest range by this much.
 */
export const HISTORY_RANGE_SLACK_MS = 10 * 60_000

/** Audit entries in one response. */
export const AUDIT_PAGE_MAX = 200
