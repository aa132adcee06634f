/**
 * How the origin did, counted by one isolate until the next call takes it along. Of fixed size, however much is counted.
 */
import { bucketOf } from '../core/histogram.ts'
import { ORIGIN_LATENCY_BUCKETS_MS } from '../core/limits.ts'
import { NO_LATENCY, NO_REPORT, type OriginReport, reportsAddedUp } from '../core/origin-latency.ts'

/** How one request to the origin went. */
export interface OriginTurn {
  readonly failed: boolean
  /** Until its headers, or until the time-out; null where it could not be reached. */
  readonly latencyMs: number | null
}

export class OriginTally {
  private counted = NO_REPORT

  get isEmpty(): boolean {
    return this.counted.requests === 0
  }

  add({ failed, latencyMs }: OriginTurn): void {
    this.putBack({ requests: 1, errors: failed ? 1 : 0, latency: latencyMs === null ? NO_LATENCY : one(latencyMs) })
  }

  /** Takes everything, to be put back if the call fails. */
  take(): OriginReport {
    const taken = this.counted
    this.counted = NO_REPORT
    return taken
  }

  putBack(taken: OriginReport): void {
    this.counted = reportsAddedUp(this.counted, taken)
  }
}

function one(latencyMs: number) {
  const bucket = bucketOf(ORIGIN_LATENCY_BUCKETS_MS, latencyMs)
  return { counts: Array.from({ length: bucket + 1 }, (_, i) => (i === bucket ? 1 : 0)), sumMs: latencyMs }
}
