/**
 * Every bound of the line, in one place, each with the reason for its size.
 */

/** Numbers fit a signed 32-bit integer, so segment and block arithmetic may use shifts. Past it the room answers "full". */
export const MAX_NUMBER = 2 ** 31 - 1

/** Tickets per segment: one BLOB row of 4 KiB, far under the 2 MB bound of a row, few rows for a million tickets. */
export const SEGMENT_SIZE = 4096
export const SEGMENT_BITS = 12

/** Tickets per block, the grain of the waiting counts and of a snapshot. */
export const BLOCK_SIZE = 256
export const BLOCK_BITS = 8
export const BLOCKS_PER_SEGMENT = SEGMENT_SIZE / BLOCK_SIZE

/** Numbers that share one durable join time. */
export const JOIN_BLOCK_SIZE = 64
export const JOIN_BLOCKS_PER_SEGMENT = SEGMENT_SIZE / JOIN_BLOCK_SIZE

/** Who left a waiting page is silent after this long: a reload is heard again well before. Sessions have a setting of their own. */
export const DEPARTURE_LIMIT_SECONDS = 10

/** A session without a beacon (no JavaScript, an app, a page that still loads) is silent no sooner than this. */
export const NO_BEACON_LIMIT_SECONDS = 60

/** One event adds at most the check interval + this to the listening clock. */
export const CLOCK_SLACK_SECONDS = 5

/** With more live tickets than this, ticks without any isolate's call do not count as listening. */
export const FEW_TICKETS = 8

/** ... for at most this long in a row. */
export const HOLD_LIMIT_SECONDS = 300

/** A repeated join key gets the same number this long: longer than any isolate goes on trying. */
export const JOIN_KEY_SECONDS = 60

/** Join keys remembered; the oldest go first. About 100 bytes each. */
export const JOIN_KEYS_MAX = 100_000

/** Numbers that lost their place and ride in each snapshot: 4 bytes each there, 25 in the stored head. The oldest go first. */
export const LOST_PLACES_MAX = 100

/** ... for this long: the longest time after which a ticket is confirmed, and a slow poll. */
export const LOST_PLACES_SECONDS = 90

/** Past events kept in memory for the operator. */
export const JOURNAL_SIZE = 4096

/** Waits of the last admissions, for percentiles. */
export const WAIT_SAMPLES = 512

/** Upper bounds of the histogram of waits: from "at once" to "all evening". */
export const WAIT_BUCKETS_SECONDS = [0, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400] as const

/**
 * Upper bounds of the histogram of the origin's latency: from a cached page to one nobody waits for. Isolates and objects of
 * two deploys count by them: change none, add only at the end.
 */
export const ORIGIN_LATENCY_BUCKETS_MS = [
  50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10_000, 15_000, 30_000,
] as const

/** Fewer requests are too few to judge an origin by. */
export const GUARD_REQUESTS_MIN = 10

/** Site health is told of the last 2 minutes, two ticks at the slowest, and compared with the 8 minutes before them. */
export const SITE_WINDOW_MS = 120_000
export const SITE_BEFORE_MS = 480_000

/** Where a room sets no limit of its own, site health turns amber and red beyond these. For display only. */
export const SITE_ERROR_RATIO_WARN = 0.05
export const SITE_ERROR_RATIO_BAD = 0.2
export const SITE_LATENCY_WARN_MS = 2_000
export const SITE_LATENCY_BAD_MS = 5_000

/** Errors rise when they are at least this share of the requests, and so many times the share before. */
export const SITE_ERRORS_RISE_MIN = 0.02
export const SITE_ERRORS_RISE_FACTOR = 1.5

/** The origin guard waits for so many at most for this many ticks. */
export const GUARD_TICKS_MAX = 6

/** Time constant of the recent admission and leaver rates. */
export const RATE_WINDOW_SECONDS = 120

/** Isolates counted for pacing; more are counted as this many. */
export const ISOLATES_MAX = 10_000

/**
 * Calls per second one object is asked to answer. Somewhat more come in single seconds: under 500, half of the platform's soft
 * limit, since some of them write (simulation/many-isolates.ts).
 */
export const CALLS_PER_SECOND_TARGET = 430

/**
 * Nobody is told to wait longer than this for the next call. Presence comes as much later: a poll each 7 s is heard in 15 s,
 * the shortest time-out.
 */
export const CALL_PACE_MAX_MS = 6_000
