/**
 * Reports of isolates about the origin: requests, errors and latency, and pages without the beacon
 * script.
 *
 * The latency is kept as two histograms: one since the run began (stored) and one since the last
 * sample (in memory).
 */
import { type Percentiles, percentileOf } from './histogram.ts'
import { ORIGIN_LATENCY_BUCKETS_MS } from './limits.ts'

/**
 * Counts of one isolate since its last call. When a call's response is lost, its counts are sent
 * again.
 */
export interface OriginReport {
  /** Requests from admitted visitors and CORS preflights sent to the origin. */
  readonly requests: number
  /** Those that failed, timed out or were answered with 5xx. */
  readonly errors: number
  readonly latency: LatencyHistogram
}

export interface LatencyHistogram {
  /**
   * Requests per bucket of `ORIGIN_LATENCY_BUCKETS_MS`; the last count is beyond its last bound.
   * Requests that failed without a response are not in it.
   */
  readonly counts: readonly number[]
  readonly sumMs: number
}

export const NO_LATENCY: LatencyHistogram = { counts: [], sumMs: 0 }

export const NO_REPORT: OriginReport = { requests: 0, errors: 0, latency: NO_LATENCY }

export class OriginLatency {
  private total: LatencyHistogram
  private sinceSample: LatencyHistogram = NO_LATENCY

  constructor(histogram: LatencyHistogram = NO_LATENCY) {
    this.total = mergeLatency(histogram, NO_LATENCY)
  }

  add(latency: LatencyHistogram): void {
    this.total = mergeLatency(this.total, latency)
    this.sinceSample = mergeLatency(this.sinceSample, latency)
  }

  /** Of the requests since the last call, in whole ms. */
  takePercentiles(): Percentiles {
    const { counts } = this.sinceSample
    this.sinceSample = NO_LATENCY
    return (share) => {
      const value = percentileOf(ORIGIN_LATENCY_BUCKETS_MS, counts, share)
      return value === null ? null : Math.round(value)
    }
  }

  toStored(): LatencyHistogram {
    return this.total
  }
}

export function mergeReports(a: OriginReport, b: OriginReport): OriginReport {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    latency: mergeLatency(a.latency, b.latency),
  }
}

/** Has a count for each bucket of this version, whatever buckets another version sent. */
function mergeLatency(a: LatencyHistogram, b: LatencyHistogram): LatencyHistogram {
  const length = ORIGIN_LATENCY_BUCKETS_MS.length + 1
  const counts = Array.from({ length }, (_, i) => (a.counts[i] ?? 0) + (b.counts[i] ?? 0))
  return { counts, sumMs: a.sumMs + b.sumMs }
}

export const BEACON_OBSTACLES = ['amp', 'charset', 'coding', 'head', 'markup', 'no-transform', 'policy'] as const

/**
 * Why a page gets no beacon script. `amp`: AMP pages allow no foreign scripts. `charset`: its
 * encoding is not ASCII-compatible. `coding`: its content coding cannot be decoded. `head`: its
 * head does not end within the size limit. `markup`: it does not start like HTML. `no-transform`:
 * its `Cache-Control` forbids changes. `policy`: its Content-Security-Policy would block the script
 * or its calls.
 */
export type BeaconObstacle = (typeof BEACON_OBSTACLES)[number]

export type ObstacleCounts = Record<BeaconObstacle, number>

export function noObstacles(): ObstacleCounts {
  return { amp: 0, charset: 0, coding: 0, head: 0, markup: 0, 'no-transform': 0, policy: 0 }
}

/** Adds `more` to `counts`. `more` may come from another version, with other reasons or none. */
export function countObstacles(counts: ObstacleCounts, more: Partial<ObstacleCounts> = {}): ObstacleCounts {
  for (const reason of BEACON_OBSTACLES) counts[reason] += more[reason] ?? 0
  return counts
}
