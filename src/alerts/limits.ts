/** Bounds of deliveries, each with the reason for its size. */

/** Bounds the whole exchange with a receiver. */
export const DELIVERY_TIMEOUT_MS = 10_000

/** A longer `Retry-After` is cut to this: an alert that is hours old helps nobody. */
export const RETRY_AFTER_MAX_SECONDS = 3_600

/** Upper bounds of the delay: of the first one, and of any. Each retry doubles the bound. */
export const BACK_OFF_BASE_SECONDS = 5
export const BACK_OFF_MAX_SECONDS = 900

/**
 * The platform opens six connections at once. A seventh would spend its timeout on waiting for one.
 */
export const DELIVERIES_AT_ONCE = 4

/**
 * One more than `max_retries` of the queue `alerts` in wrangler.toml: 12 retries take 40 minutes on
 * average, 81 at most.
 */
export const DELIVERY_TRIES_MAX = 13

/** An unrecorded delivery would be repeated, so recording is retried. */
export const RECORD_TRIES_MAX = 3
