/** Every bound of the line, each with the reason for its size. */

/**
 * Numbers fit a signed 32-bit integer, so segment and block arithmetic may use shifts. Beyond it
 * the room answers "full".
 */
export const MAX_NUMBER = 2 ** 31 - 1

/**
 * Lanes have the upper half of the numbers, in ranges of equal size; the regular line has the lower
 * half. A room that never used a lane keeps all of them.
 */
export const REGULAR_MAX_NUMBER = 2 ** 30 - 1
export const LANE_BITS = 27
export const LANES_MAX = 7

/**
 * Lanes of a room's settings, besides `regular`, `slow` and `skip`. With the ranges of `skip` and
 * `slow`, one range is left for a lane that a deploy renames while its old name drains.
 */
export const LANES_IN_SETTINGS_MAX = 4

/** Large enough for any ratio that an operator can mean, small enough for exact arithmetic. */
export const LANE_WEIGHT_MAX = 1000

/**
 * An isolate may use a lent slot for this long. Newcomers may overtake waiting visitors for as
 * long, so it is short; isolates with newcomers call about once a second, so four calls can renew a
 * lease.
 */
export const LEASE_LIFE_MS = 4_000

/** Slots lent to one isolate at once: what an isolate that dies can hold for about a minute. */
export const LEASE_MAX = 1_000

/** Slots lent to all isolates of a room at once: about 100 bytes each. */
export const LENT_MAX = 20_000

/**
 * Tickets per segment: one BLOB row of 4 KiB, far below the 2 MB limit of a row, and 245 rows for a
 * million tickets.
 */
export const SEGMENT_SIZE = 4096
export const SEGMENT_BITS = 12

/** Tickets per block, the unit of waiting counts and snapshots. */
export const BLOCK_SIZE = 256
export const BLOCK_BITS = 8
export const BLOCKS_PER_SEGMENT = SEGMENT_SIZE / BLOCK_SIZE

/** Numbers that share one durable join time. */
export const JOIN_BLOCK_SIZE = 64
export const JOIN_BLOCKS_PER_SEGMENT = SEGMENT_SIZE / JOIN_BLOCK_SIZE

/** A longer interval looks like a page that hangs. */
export const POLL_INTERVAL_MAX_SECONDS = 60

/** A visitor near the front polls at least this often. */
export const NEAR_POLL_MAX_SECONDS = 7

/**
 * A wait is long if it lasts this many of the longest poll intervals: 10 minutes for 30 s. So a
 * visitor learns of the turn at most a twentieth of the wait too late.
 */
export const FAR_WAIT_INTERVALS = 20

/** A ticket is silent after this many poll intervals: two polls in a row may be lost. */
export const SILENCE_INTERVALS = 3

/**
 * After leaving a waiting page a visitor is silent this soon. A reload is heard well before.
 * Sessions have a setting.
 */
export const DEPARTURE_LIMIT_SECONDS = 10

/**
 * A session without a beacon (no JavaScript, an app, a page still loading) is silent no sooner than
 * this.
 */
export const NO_BEACON_LIMIT_SECONDS = 60

/** One event adds at most the check interval + this to the listening clock. */
export const CLOCK_SLACK_SECONDS = 5

/**
 * With more live tickets than this, ticks without a call of any isolate do not count as listening.
 */
export const FEW_TICKETS = 8

/** ... for at most this long. */
export const HOLD_LIMIT_SECONDS = 300

/**
 * A repeated join key gets the same number for this long: longer than any isolate retries, and
 * longer than the lives of a solved challenge and of its proof together (360 s).
 */
export const JOIN_KEY_SECONDS = 420

/** Join keys remembered; the oldest go first. About 100 bytes each. */
export const JOIN_KEYS_MAX = 100_000

/** Lost places in each snapshot: 4 bytes each there, 25 in the stored head. The oldest go first. */
export const LOST_PLACES_MAX = 100

/** ... for this long: the longest time between two confirmations of a ticket, plus a slow poll. */
export const LOST_PLACES_SECONDS = 90

/** How often a place may move to another device: enough for people, too few for a shared key. */
export const TAKE_OVERS_MAX = 20

/**
 * Places that moved and are alive: about 100 bytes each in memory. Beyond this no further place
 * moves.
 */
export const HOLDERS_MAX = 20_000

/**
 * A place as new as this may belong to the browser that asks: a link opened twice has two answers
 * under way.
 */
export const KEY_PLACE_NEW_MS = 15_000

/** How long a draw waits for the public randomness before it is made without it. */
export const RANDOMNESS_WAIT_MS = 60_000

/** Draws that stay published although their entries have all gone: about 600 bytes each. */
export const DRAW_RESULTS_KEPT = 3

/** Past events kept in memory for the operator. */
export const JOURNAL_SIZE = 4096

/** Waits of the last admissions kept for percentiles. */
export const WAIT_SAMPLES = 512

/** Upper bounds of the histogram of waits: from "at once" to "all evening". */
export const WAIT_BUCKETS_SECONDS = [0, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400] as const

/** Upper bounds of the histogram of sessions: change none, add only at the end. */
export const SITE_TIME_BUCKETS_SECONDS = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400] as const

/**
 * Upper bounds of the histogram of the origin's latency: from a cached page to one that nobody
 * waits for. Isolates and objects of two deploys share them: change none, add only at the end.
 */
export const ORIGIN_LATENCY_BUCKETS_MS = [
  50, 100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10_000, 15_000, 30_000,
] as const

/** With fewer requests than this an origin is not judged. */
export const GUARD_REQUESTS_MIN = 10

/**
 * Site health covers the last 2 minutes (two ticks at the slowest) and compares them with the 8
 * minutes before.
 */
export const SITE_WINDOW_MS = 120_000
export const SITE_BEFORE_MS = 480_000

/** If a room sets no limits, site health turns amber and red above these. For display only. */
export const SITE_ERROR_RATIO_WARN = 0.05
export const SITE_ERROR_RATIO_BAD = 0.2
export const SITE_LATENCY_WARN_MS = 2_000
export const SITE_LATENCY_BAD_MS = 5_000

/**
 * Errors rise if they are at least this share of the requests and this many times the share before.
 */
export const SITE_ERRORS_RISE_MIN = 0.02
export const SITE_ERRORS_RISE_FACTOR = 1.5

/** The origin guard waits at most this many ticks for `GUARD_REQUESTS_MIN`. */
export const GUARD_TICKS_MAX = 6

/** Time constant of the recent admission and leaver rates. */
export const RATE_WINDOW_SECONDS = 120

/** Isolates counted for pacing. Any beyond are not counted. */
export const ISOLATES_MAX = 10_000

/**
 * Isolates counted to decide the number of gatherers, more than the most gatherers can pace: about
 * 20 bytes each.
 */
export const ISOLATES_COUNTED_MAX = 200_000

/**
 * Calls per second to one object. Single seconds get somewhat more but stay under 500, half of the
 * platform's soft limit, since some calls write (simulation/many-isolates.ts).
 */
export const CALLS_PER_SECOND_TARGET = 430

/**
 * Isolates that may call for the first time in one second, or all at once: with the fewest booked
 * calls they are just under 500.
 */
export const FIRST_CALLS_MAX = 450

/**
 * The longest wait before an isolate's next call. It delays presence by as much: with a poll every
 * 7 s, a visitor is heard within 15 s, the shortest timeout.
 */
export const CALL_PACE_MAX_MS = 6_000

/** The most work that a proof before joining may ask for: 2^24 hashes, minutes on a slow phone. */
export const POW_BITS_MAX = 24

/** `proof_of_work = "auto"` looks at the newcomers of this window. */
export const POW_WINDOW_MS = 60_000

/**
 * Newcomers of one client (an address, an IPv6 /64) in that window who are not asked: a family
 * opens the page on all its devices.
 */
export const POW_CLIENT_FREE = 3

/** ... and of its neighbourhood (IPv4 /24, IPv6 /48): a street of customers of one provider. */
export const POW_NEIGHBOURHOOD_FREE = 20

/** The next ones are asked for this much work: a few hundredths of a second. */
export const POW_AUTO_START_BITS = 12

/**
 * Networks that an isolate counts newcomers of, in each of two generations: about 100 bytes each, 4
 * MB in all. An attacker who has more networks than this is not asked anyway.
 */
export const POW_NETWORKS_MAX = 20_000

/**
 * Joins by network are counted for an hour, in slots of ten minutes: one count takes about 50
 * bytes, 5 MB in all. A crowd of a million people comes from more networks, but a network matters
 * only once many have come from it, and those are known early.
 */
export const JOIN_NETWORK_SLOT_MS = 600_000
export const JOIN_NETWORK_SLOTS = 6
export const JOIN_NETWORKS_MAX = 100_000
