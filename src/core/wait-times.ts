/**
 * How long those admitted had waited; who was let in at once waited 0 s. Percentiles of the last admissions and of those
 * since the last sample (in memory), and a histogram since the run began (stored).
 */
import { bucketOf } from './histogram.ts'
import { WAIT_BUCKETS_SECONDS, WAIT_SAMPLES } from './limits.ts'

export interface WaitHistogram {
  /** Admissions per bucket of `WAIT_BUCKETS_SECONDS`, and at the end those that waited longer than its last bound. */
  readonly counts: readonly number[]
  readonly sumSeconds: number
}

export class WaitTimes {
  private readonly recent = new Uint32Array(WAIT_SAMPLES)
  private recentCount = 0
  private sinceSample: number[] = []
  private readonly counts: number[]
  private sumSeconds: number

  constructor(histogram?: WaitHistogram) {
    this.counts = WAIT_BUCKETS_SECONDS.map((_, i) => histogram?.counts[i] ?? 0)
    this.counts.push(histogram?.counts[WAIT_BUCKETS_SECONDS.length] ?? 0)
    this.sumSeconds = histogram?.sumSeconds ?? 0
  }

  push(waitSeconds: number): void {
    const seconds = Math.max(0, waitSeconds)
    this.recent[this.recentCount++ % WAIT_SAMPLES] = seconds
    // More than a tick can admit in a room of the largest rate is not needed for its percentiles.
    if (this.sinceSample.length < WAIT_SAMPLES) this.sinceSample.push(seconds)
    const bucket = bucketOf(WAIT_BUCKETS_SECONDS, seconds)
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sumSeconds += seconds
  }

  /** Of the last admissions, nearest rank, seconds; null while nobody was admitted. */
  recentPercentiles(shares: readonly number[]): (number | null)[] {
    return percentiles(Array.from(this.recent.subarray(0, Math.min(this.recentCount, WAIT_SAMPLES))), shares)
  }

  /** Of the admissions since the last call. */
  takePercentiles(shares: readonly number[]): (number | null)[] {
    const waits = this.sinceSample
    this.sinceSample = []
    return percentiles(waits, shares)
  }

  toStored(): WaitHistogram {
    return { counts: [...this.counts], sumSeconds: this.sumSeconds }
  }
}

function percentiles(waits: number[], shares: readonly number[]): (number | null)[] {
  const sorted = waits.sort((a, b) => a - b)
  return shares.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null)
}
