/**
 * The bounds of calls between isolates, gatherers and a room's object, each with the reason for its
 * size.
 */

/** How long presence may wait in the isolate before it is flushed. */
export const FLUSH_AFTER_MS = 1_000

/** How soon an isolate asks for another lease when half of the last one is used. */
export const LEASE_REFILL_AFTER_MS = 50

/** How long the origin's outcomes wait to be flushed with presence: about the shortest tick. */
export const ORIGIN_FLUSH_AFTER_MS = 5_000

/**
 * Counts that ride along are sent at least this often. Gatherers answer calls that only ask for a
 * snapshot from their copy, so counts in each of them would make all calls reach the object.
 */
export const COUNTS_RIDE_AFTER_MS = 30_000

/**
 * How long a poll's confirmation of a ticket waits to share a call: its holder does not notice the
 * delay.
 */
export const CONFIRMATION_MAY_WAIT_MS = 250

/**
 * After a call with this many entries, an isolate gathers more entries before the next call, up to
 * a count and a time.
 */
export const BUSY_CALL_QUESTIONS = 10
export const GATHER_QUESTIONS = 200
export const GATHER_MAX_MS = 80

/** The holder of a flush is considered dead this long after its deadline. */
export const FLUSH_TAKEOVER_MS = 2_000

/**
 * Presences buffered in one isolate; the oldest are dropped first. A call has two numbers for each,
 * 400 KB at most.
 */
export const PRESENCE_MAX = 50_000

/**
 * How long undelivered reports are kept before an answer contains the room's time-outs: the longest
 * time-out possible.
 */
export const REPORTS_KEPT_UNKNOWN_SECONDS = 1_800

/** A snapshot is fresh for this long, or for the object's pace up to the maximum. */
export const SNAPSHOT_FRESH_MS = 2_000
export const SNAPSHOT_FRESH_MAX_MS = 5_000

/** After this a snapshot is replaced even by an older one: the object's clock went back. */
export const SNAPSHOT_OLD_MS = 10_000

/**
 * A request without an answer for this long, or for the time of three recent calls, makes its own
 * call.
 */
export const PATIENCE_MIN_MS = 250
export const PATIENCE_MAX_MS = 3_000
export const PATIENCE_CALLS = 3

/**
 * A request that waits for another's call polls for its answer at a quarter of a recent call,
 * within these bounds.
 */
export const LOOK_MIN_MS = 2
export const LOOK_MAX_MS = 25

/**
 * The first look is due when the call is likely to be answered. Earlier looks would wake the
 * isolate in vain.
 */
export const FIRST_LOOK_MAX_MS = 250

/** After this the object counts as unreachable for a request. */
export const GIVE_UP_AFTER_MS = 8_000

/** Calls a request takes part in before it gives up. */
export const ATTEMPTS_MAX = 4

/** The back-off after a failed call; it doubles with each consecutive failure. */
export const BACK_OFF_MIN_MS = 50
export const BACK_OFF_MAX_MS = 2_000

/**
 * No pace and no back-off is longer. A next call that is further ahead dates from before the clock
 * went back.
 */
export const NEXT_CALL_MAX_MS = 10_000

/** The calls of one gatherer to a room's object start no closer together than this. */
export const GATHER_CALL_EVERY_MS = 100

/** An object that takes a second to answer delays no call of a gatherer. */
export const GATHER_CALLS_UNDER_WAY_MAX = 10

/** A gatherer answers a request for a snapshot alone from one that is younger than this. */
export const GATHER_COPY_YOUNG_MS = 1_000

/**
 * Requests of isolates in one call of a gatherer, and their joins, claims and reports together:
 * about 1 MB, and some 20 ms of the object's time.
 */
export const GATHER_REQUESTS_PER_CALL_MAX = 1_000
export const GATHER_SIZE_PER_CALL_MAX = 100_000

/**
 * Requests that wait in a gatherer, about as many as come until an isolate gives up, and their
 * joins, claims and reports together, 10 MB. More are refused.
 */
export const GATHER_WAITING_MAX = 4_000
export const GATHER_WAITING_SIZE_MAX = 1_000_000

/**
 * A gatherer waits this long for the object. Its back-off while the object fails or has too much to
 * do doubles with each failure in a row.
 */
export const GATHER_PATIENCE_MS = 3_000
export const GATHER_BACK_OFF_MIN_MS = 200
export const GATHER_BACK_OFF_MAX_MS = 1_000

/**
 * An isolate calls the room's object after this many failed calls of gatherers in a row, or when
 * none of them has answered for this long: longer than a gatherer waits for an object in trouble.
 */
export const GATHERER_FAILURES_MAX = 3
export const GATHERERS_SILENT_MS = 5_000

/** After a failure an isolate does without its own gatherer for this long. */
export const GATHERER_AVOIDED_MS = 30_000

/** An isolate that knows no gatherers tries one of this many when the object has too much to do. */
export const GATHERERS_GUESSED = 16

/**
 * The number of gatherers in a token counts for this long after the object confirmed the token.
 * Waiting visitors are confirmed about once a minute, so it bridges an outage of some minutes.
 */
export const GATHERERS_TOLD_MS = 600_000

/**
 * The number of gatherers in the cache of a location lives for `GATHERER_HINT_SECONDS`, and is
 * written again after half of that. A new isolate waits for it for `GATHERER_HINT_PATIENCE_MS` at
 * most, a small part of a call.
 */
export const GATHERER_HINT_SECONDS = 60
export const GATHERER_HINT_PATIENCE_MS = 30

/** Requests of one isolate that wait for a call; more are answered "unreachable" at once. */
export const WAITING_REQUESTS_MAX = 20_000

/** Entries (joins, claims and others) in one call. */
export const ENTRIES_PER_CALL_MAX = 2_000
