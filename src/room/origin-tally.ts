/**
 * How the origin did, counted by one isolate until the next call takes it along. Of fixed size, however much is counted;
 * counted in place, since every proxied request does.
 */
import { bucketOf } from '../core/histogram.ts'
import { ORIGIN_LATENCY_BUCKETS_MS } from '../core/limits.ts'
import type { OriginReport } from '../core/origin-report.ts'

/** How one request to the origin went. */
export interface OriginTurn {
  readonly failed: boolean
  /** Until its headers, or until the time-out; null where it could not be reached. */
  readonly latencyMs: number | null
}

export class OriginTally {
  private requests = 0
  private errors = 0
  private counts = noCounts()
  private sumMs = 0

  get isEmpty(): boolean {
    return this.requests === 0
  }

  add({ failed, latencyMs }: OriginTurn): void {
    this.requests++
    if (failed) this.errors++
    if (latencyMs === null) return
    ;(this.counts[bucketOf(ORIGIN_LATENCY_BUCKETS_MS, latencyMs)] as number)++
    this.sumMs += latencyMs
  }

  /** Takes everything, to be put back if the call fails. */
  take(): OriginReport {
    const { requests, errors, counts, sumMs } = this
    this.requests = 0
    this.errors = 0
    this.counts = noCounts()
    this.sumMs = 0
    return { requests, errors, latency: { counts, sumMs } }
  }

  putBack({ requests, errors, latency }: OriginReport): void {
    this.requests += requests
    this.errors += errors
    this.counts = this.counts.map((count, i) => count + (latency.counts[i] ?? 0))
    this.sumMs += latency.sumMs
  }
}

function noCounts(): number[] {
  return new Array<number>(ORIGIN_LATENCY_BUCKETS_MS.length + 1).fill(0)
}
