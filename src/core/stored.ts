/**
 * What of a line is stored, as plain data: one head and one row per segment. The shell writes it, `Line.restore` reads it.
 */
import type { ObstacleCounts } from './beacon-obstacles.ts'
import type { ListeningClockState } from './listening-clock.ts'
import type { LostPlacesState } from './lost-places.ts'
import type { OriginGuardState } from './origin-guard.ts'
import type { LatencyHistogram } from './origin-latency.ts'
import type { RateBucketState } from './rate-bucket.ts'
import type { RecentRatesState } from './recent-rates.ts'
import type { WaitHistogram } from './wait-times.ts'

/** Since the run began. */
export interface Totals {
  joined: number
  admitted: number
  expired: number
  left: number
  returned: number
  ended: number
  forgotten: number
  /** Calls of isolates that did not reach the object. */
  roomErrors: number
  /** Passes honoured while the object was out of reach. */
  honoured: number
  /** Requests of admitted visitors to the origin, and those it answered with 5xx, not in time or not at all. */
  originRequests: number
  originErrors: number
  /** Newcomers that the join limit refused. */
  limited: number
  /** Tokens that came from another client than they were given to. */
  foreign: number
}

export const NO_TOTALS: Totals = {
  joined: 0,
  admitted: 0,
  expired: 0,
  left: 0,
  returned: 0,
  ended: 0,
  forgotten: 0,
  roomErrors: 0,
  honoured: 0,
  originRequests: 0,
  originErrors: 0,
  limited: 0,
  foreign: 0,
}

export interface StoredHead {
  readonly run: number
  readonly next: number
  readonly frontier: number
  readonly lastJoinSeconds: number
  readonly clock: ListeningClockState
  readonly bucket: RateBucketState
  readonly rates: RecentRatesState
  readonly totals: Totals
  /** The totals at the last sample. */
  readonly sampled: Totals
  readonly waits: WaitHistogram
  /** Missing where an older version wrote. */
  readonly originLatency?: LatencyHistogram
  readonly originGuard?: OriginGuardState
  readonly pagesWithoutBeacon?: ObstacleCounts
  readonly lostPlaces?: LostPlacesState
}

export interface StoredSegment {
  readonly index: number
  /** 4,096 bytes, one a ticket (ticket-state.ts). */
  readonly states: Uint8Array
  /** 64 times, wall-clock seconds (join-times.ts). */
  readonly joinSeconds: Uint32Array
  /** Pairs (offset, start in listening seconds) of running sessions; empty while no session limit is set. */
  readonly sessions: Uint32Array
}

export interface StoredLine {
  readonly head: StoredHead
  readonly segments: Iterable<StoredSegment>
}

export interface LineChanges {
  readonly head: StoredHead
  readonly segments: readonly StoredSegment[]
  /** Indexes of segments to delete. */
  readonly dropped: readonly number[]
}
