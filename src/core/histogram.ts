/** Histograms as plain counts: one for each bucket, and a last one beyond the highest bound. */

/** The value that a share (0 to 1) of all values does not exceed; null when there are none. */
export type Percentiles = (share: number) => number | null

/** Index of the first bucket whose bound is not below the value. */
export function bucketOf(bounds: readonly number[], value: number): number {
  const bucket = bounds.findIndex((bound) => value <= bound)
  return bucket < 0 ? bounds.length : bucket
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
