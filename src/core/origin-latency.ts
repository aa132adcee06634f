/**
 * How the origin did, as isolates report it, and how long it took until its headers: a histogram since the run began (stored)
 * and one since the last sample (in memory).
 */
import { percentileOf } from './histogram.ts'
import { ORIGIN_LATENCY_BUCKETS_MS } from './limits.ts'

/** What one isolate counted since its last call. A call whose answer was lost is counted again with the next one. */
export interface OriginReport {
  /** Requests of admitted visitors that the origin was asked. */
  readonly requests: number
  /** Those of them that it answered with 5xx, not in time, or not at all. */
  readonly errors: number
  readonly latency: LatencyHistogram
}

export interface LatencyHistogram {
  /** Requests per bucket of `ORIGIN_LATENCY_BUCKETS_MS`, and at the end those that took longer; without those not answered. */
  readonly counts: readonly number[]
  readonly sumMs: number
}

export const NO_LATENCY: LatencyHistogram = { counts: [], sumMs: 0 }

export const NO_REPORT: OriginReport = { requests: 0, errors: 0, latency: NO_LATENCY }

export class OriginLatency {
  private total: LatencyHistogram
  private sinceSample: LatencyHistogram = NO_LATENCY

  constructor(histogram: LatencyHistogram = NO_LATENCY) {
    this.total = addedUp(histogram, NO_LATENCY)
  }

  add(latency: LatencyHistogram): void {
    this.total = addedUp(this.total, latency)
    this.sinceSample = addedUp(this.sinceSample, latency)
  }

  /** Of the requests since the last call, whole ms; null while there were none. */
  takePercentile(share: number): number | null {
    const { counts } = this.sinceSample
    this.sinceSample = NO_LATENCY
    const value = percentileOf(ORIGIN_LATENCY_BUCKETS_MS, counts, share)
    return value === null ? null : Math.round(value)
  }

  toStored(): LatencyHistogram {
    return this.total
  }
}

export function reportsAddedUp(a: OriginReport, b: OriginReport): OriginReport {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    latency: addedUp(a.latency, b.latency),
  }
}

/** With a count for every bucket, whatever buckets another version has. */
function addedUp(a: LatencyHistogram, b: LatencyHistogram): LatencyHistogram {
  const places = ORIGIN_LATENCY_BUCKETS_MS.length + 1
  const counts = Array.from({ length: places }, (_, i) => (a.counts[i] ?? 0) + (b.counts[i] ?? 0))
  return { counts, sumMs: a.sumMs + b.sumMs }
}
