/** Histograms as plain counts: one for each bucket, and a last one beyond the highest bound. */

/** The value that a share (0 to 1) of all values does not exceed; null when there are none. */
export type Percentiles = (share: number) => number | null

/** Index of the first bucket whose bound is not below the value. */
export function bucketOf(bounds: readonly number[], value: number): number {
  let bucket = 0
  while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
  return bucket
}

export interface SecondsHistogram {
  /** Values per bucket; the last count is beyond the highest bound. */
  readonly counts: readonly number[]
  readonly sumSeconds: number
}

/** Counts durations by bucket. */
export class Distribution {
  private readonly bounds: readonly number[]
  private readonly counts: number[]
  private sumSeconds: number

  /** @param stored by this version or another, which may have other buckets at the end */
  constructor(bounds: readonly number[], stored?: SecondsHistogram) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, (_, i) => stored?.counts[i] ?? 0)
    this.sumSeconds = stored?.sumSeconds ?? 0
  }

  /** A negative duration, measured while the clock went back, counts as 0. */
  push(seconds: number): void {
    const bucket = bucketOf(this.bounds, seconds)
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sumSeconds += Math.max(0, seconds)
  }

  toStored(): SecondsHistogram {
    return { counts: [...this.counts], sumSeconds: this.sumSeconds }
  }
}

/**
 * A histogram as one list that can be added up place by place: the sum of the values, then the
 * counts.
 */
export type Additive = readonly number[]

export function additiveOf({ counts, sumSeconds }: SecondsHistogram): Additive {
  return [sumSeconds, ...counts]
}

export function histogramOf([sumSeconds = 0, ...counts]: Additive): SecondsHistogram {
  return { counts, sumSeconds }
}

/** Adds `sign` times the second list to the first. Missing places count as 0. */
export function addLists(a: Additive, b: Additive, sign: 1 | -1 = 1): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + sign * (b[i] ?? 0))
}

/**
 * Interpolates as if the values of a bucket were spread evenly over it. A percentile beyond the
 * highest bound is reported as that bound.
 */
export function percentileOf(bounds: readonly number[], counts: readonly number[], share: number): number | null {
  const rank = share * counts.reduce((sum, count) => sum + count, 0)
  if (rank === 0) return null
  let below = 0
  for (const [i, bound] of bounds.entries()) {
    const count = counts[i] ?? 0
    const lower = bounds[i - 1] ?? 0
    if (below + count >= rank) return lower + ((bound - lower) * (rank - below)) / count
    below += count
  }
  return bounds.at(-1) ?? null
}

/** Sorts the values in place. */
export function nearestRank(values: number[]): Percentiles {
  const sorted = values.sort((a, b) => a - b)
  return (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}
