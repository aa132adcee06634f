/**
 * Figures of a run: order, distributions.
 */

/**
 * The number of pairs out of ascending order. Over all pairs, n (n - 1) / 2, this is the normalised
 * Kendall tau distance (M. G. Kendall, "A New Measure of Rank Correlation", Biometrika 30, 1938).
 * By merge sort, n log n.
 */
export function inversions(values: readonly number[]): number {
  if (values.length < 2) return 0
  const middle = values.length >> 1
  const left = values.slice(0, middle)
  const right = values.slice(middle)
  let count = inversions(left) + inversions(right)
  left.sort((a, b) => a - b)
  right.sort((a, b) => a - b)
  let i = 0
  for (const value of right) {
    while (i < left.length && (left[i] as number) <= value) i++
    count += left.length - i
  }
  return count
}

/** The nearest rank of sorted values, 0 without values. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

export interface Range {
  readonly low: number
  readonly high: number
}

/** For ranges that should hold four times out of five. */
const MISSED = 0.2

/**
 * The interval score of a central prediction interval, lower is better: its width + 2 / alpha times
 * the distance of the value from it (T. Gneiting, A. E. Raftery, "Strictly Proper Scoring Rules,
 * Prediction, and Estimation", JASA 102, 2007, section 6.2).
 */
export function intervalScore({ low, high }: Range, value: number): number {
  return high - low + (2 / MISSED) * (Math.max(0, low - value) + Math.max(0, value - high))
}
