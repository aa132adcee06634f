/** Figures of all rounds, as one table and as JSON. */
import type { LoadResult } from './load.ts'
import type { Comparison } from './variants.ts'

/** Results of one variant, in the order of the rounds. */
export type Results = ReadonlyMap<string, readonly LoadResult[]>

interface VariantFigures {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly errors: number
}

interface RatioFigures {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly target: number | null
}

export interface Report {
  readonly variants: Readonly<Record<string, VariantFigures>>
  readonly ratios: Readonly<Record<string, RatioFigures>>
}

export function reportOf(results: Results, comparisons: readonly Comparison[]): Report {
  const variants = Object.fromEntries([...results].map(([name, rounds]) => [name, variantFigures(rounds)]))
  const ratios = Object.fromEntries(comparisons.map((each) => [`${each.of}/${each.to}`, ratioFigures(results, each)]))
  return { variants, ratios }
}

export function print({ variants, ratios }: Report): void {
  console.table(
    Object.entries(variants).map(([variant, figures]) => ({
      variant,
      'requests/s': Math.round(figures.requestsPerSecond),
      'p50, ms': rounded(figures.p50Ms),
      'p99, ms': rounded(figures.p99Ms),
      errors: figures.errors,
    })),
  )
  console.table(
    Object.entries(ratios).map(([ratio, { median, min, max, target }]) => ({
      ratio,
      median: rounded(median),
      min: rounded(min),
      max: rounded(max),
      target: target === null ? '' : `${target} or more`,
      '': target === null ? '' : median >= target ? 'met' : 'missed',
    })),
  )
}

function variantFigures(rounds: readonly LoadResult[]): VariantFigures {
  return {
    requestsPerSecond: median(rounds.map((round) => round.requestsPerSecond)),
    p50Ms: median(rounds.map((round) => round.p50Ms)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
  }
}

/** Of the same round each, so that a machine that slows down slows both. */
function ratioFigures(results: Results, { of, to, target }: Comparison): RatioFigures {
  const peers = results.get(to) ?? []
  const ratios = (results.get(of) ?? []).map(
    ({ requestsPerSecond }, round) => requestsPerSecond / (peers[round]?.requestsPerSecond ?? Number.NaN),
  )
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios), target }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
