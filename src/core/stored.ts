/**
 * What of a line is stored, as plain data: one head and one row per segment. The shell writes it, `Line.restore` reads it.
 */
import type { ObstacleCounts } from './beacon-obstacles.ts'
import type { Totals } from './figures.ts'
import type { ListeningClockState } from './listening-clock.ts'
import type { LostPlacesState } from './lost-places.ts'
import type { OriginGuardState } from './origin-guard.ts'
import type { LatencyHistogram } from './origin-latency.ts'
import type { RateBucketState } from './rate-bucket.ts'
import type { RecentRatesState } from './recent-rates.ts'
import type { WaitHistogram } from './wait-times.ts'

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
  /** 64 times, wall-clock seconds (wait-times.ts). */
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
