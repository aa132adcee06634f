/**
 * How long admitted visitors waited; one who was admitted at once waited 0 s. Keeps the last
 * admissions and those since the last sample in memory for percentiles, and stores a histogram
 * of the whole run.
 */
import { bucketOf, type Percentiles } from './histogram.ts'
import { WAIT_BUCKETS_SECONDS, WAIT_SAMPLES } from './limits.ts'

export interface WaitHistogram {
  /** Admissions per bucket of `WAIT_BUCKETS_SECONDS`; the last count is beyond its last bound. */
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
    this.counts = Array.from({ length: WAIT_BUCKETS_SECONDS.length + 1 }, (_, i) => histogram?.counts[i] ?? 0)
    this.sumSeconds = histogram?.sumSeconds ?? 0
  }

  push(waitSeconds: number): void {
    const seconds = Math.max(0, waitSeconds)
    this.recent[this.recentCount++ % WAIT_SAMPLES] = seconds
    // Enough for percentiles, whatever the rate of the room.
    if (this.sinceSample.length < WAIT_SAMPLES) this.sinceSample.push(seconds)
    const bucket = bucketOf(WAIT_BUCKETS_SECONDS, seconds)
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sumSeconds += seconds
  }

  /** Of the last `WAIT_SAMPLES` admissions, in seconds. */
  recentPercentiles(): Percentiles {
    return nearestRank([...this.recent.subarray(0, Math.min(this.recentCount, WAIT_SAMPLES))])
  }

  /** Of the admissions since the last call, in seconds. */
  takePercentiles(): Percentiles {
    const waits = this.sinceSample
    this.sinceSample = []
    return nearestRank(waits)
  }

  toStored(): WaitHistogram {
    return { counts: [...this.counts], sumSeconds: this.sumSeconds }
  }
}

function nearestRank(waits: number[]): Percentiles {
  const sorted = waits.sort((a, b) => a - b)
  return (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}
