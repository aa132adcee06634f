/**
 * Bounds of alert channels and deliveries, each with the reason for its size.
 */

/** More are a mistake: each rule names a few. */
export const CHANNELS_MAX = 20

/** The platform's bound for one variable. */
export const CHANNELS_MAX_BYTES = 5 * 1024

/** Longer URLs are refused by many servers. */
export const RECEIVER_URL_MAX_CHARS = 2_000

/** Standard Webhooks: a symmetric secret has 24 to 64 bytes. */
export const SIGNING_SECRET_MIN_BYTES = 24
export const SIGNING_SECRET_MAX_BYTES = 64

/** A rotation needs two; each one adds 47 characters to the signature header. */
export const SECRETS_PER_CHANNEL_MAX = 4

/** A receiver has so long for the whole exchange. */
export const DELIVERY_TIMEOUT_MS = 10_000

/** A longer `Retry-After` is cut to this: an alert of hours ago helps nobody. */
export const RETRY_AFTER_MAX_SECONDS = 3_600

/** The first pause after a failed delivery is up to the base, each further one up to twice as long, up to the maximum. */
export const BACK_OFF_BASE_SECONDS = 5
export const BACK_OFF_MAX_SECONDS = 900

/** The platform opens six connections at once; a seventh would spend its time-out waiting for one. */
export const DELIVERIES_AT_ONCE = 4

/** One more than `max_retries` of the queue `alerts` in wrangler.toml: 12 retries take 40 minutes on average, 81 at most. */
export const DELIVERY_TRIES_MAX = 13

/** A delivery that cannot be recorded would be made again, so recording is tried more than once. */
export const RECORD_TRIES_MAX = 3
