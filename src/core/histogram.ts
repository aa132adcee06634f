/**
 * Histograms as plain counts: one per bucket, and one at the end for what is beyond the last bound.
 */

/** The bucket of a value: the first whose bound it does not exceed. */
export function bucketOf(bounds: readonly number[], value: number): number {
  const bucket = bounds.findIndex((bound) => value <= bound)
  return bucket < 0 ? bounds.length : bucket
}

/**
 * The value that this share of all does not exceed, as exact as the buckets are: within one it is taken as spread evenly.
 * Beyond the last bound it is that bound; null where nothing was counted.
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
