/** Figures of all rounds, as tables and as JSON. */
import { BUNDLE_TARGETS, type BundleFigures } from './bundle.ts'
import type { LoadResult } from './load.ts'
import { COST_TARGETS, type Comparison } from './variants.ts'

export interface RoundFigures extends LoadResult {
  /** Cores that the server's process used. NaN if the platform does not report them. */
  readonly serverBusy: number
  /** Processor time of the server per request. */
  readonly cpuMicroseconds: number
  readonly objectCallsPer1000: number
  readonly rowsWrittenPer1000: number
}

/** Results of one variant, in the order of the rounds. */
export type Results = ReadonlyMap<string, readonly RoundFigures[]>

interface RatioFigures {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly target: number | null
}

export interface Report {
  readonly variants: Readonly<Record<string, Omit<RoundFigures, 'requests'>>>
  readonly ratios: Readonly<Record<string, RatioFigures>>
  /** The same ratio by processor time, which other work on the machine disturbs less. */
  readonly cpuRatios: Readonly<Record<string, RatioFigures>>
}

export function reportOf(results: Results, comparisons: readonly Comparison[]): Report {
  const variants = Object.fromEntries([...results].map(([name, rounds]) => [name, variantFigures(rounds)]))
  const ratiosBy = (speed: (round: RoundFigures) => number) =>
    Object.fromEntries(comparisons.map((each) => [`${each.of}/${each.to}`, ratioFigures(results, each, speed)]))
  return {
    variants,
    ratios: ratiosBy((round) => round.requestsPerSecond),
    cpuRatios: ratiosBy((round) => 1 / round.cpuMicroseconds),
  }
}

export function print({ variants, ratios, cpuRatios }: Report, bundle: BundleFigures): void {
  console.table(
    Object.entries(variants).map(([variant, figures]) => ({
      variant,
      'requests/s': Math.round(figures.requestsPerSecond),
      'p50, ms': rounded(figures.p50Ms),
      'p99, ms': rounded(figures.p99Ms),
      errors: figures.errors,
      'calls/1,000': rounded(figures.objectCallsPer1000),
      'rows/1,000': rounded(figures.rowsWrittenPer1000),
      'cpu, us': Math.round(figures.cpuMicroseconds),
      busy: rounded(figures.serverBusy),
    })),
  )
  console.table(
    Object.entries(ratios).map(([ratio, { median, min, max, target }]) => ({
      ratio,
      median: rounded(median),
      min: rounded(min),
      max: rounded(max),
      'by cpu': rounded(cpuRatios[ratio]?.median ?? Number.NaN),
      target: target === null ? '' : `${target} or more`,
      '': target === null ? '' : verdict(median, (value) => value >= target),
    })),
  )
  const costs = COST_TARGETS.filter(({ of }) => of in variants).map(({ of, cost, target }) =>
    row(`${of}, ${cost}`, variants[of]?.[cost] ?? Number.NaN, target),
  )
  const size = bundle.gzipKiB
  const start = bundle.startUpMs ?? Number.NaN
  console.table([
    ...costs,
    row('bundle, minified and gzipped, KiB', size, BUNDLE_TARGETS.gzipKiB),
    row('start-up CPU, ms', start, BUNDLE_TARGETS.startUpMs),
  ])
}

function row(what: string, value: number, target: number) {
  return {
    what,
    value: rounded(value),
    target: `${target} or less`,
    '': verdict(value, (measured) => measured <= target),
  }
}

function verdict(value: number, isMet: (value: number) => boolean): string {
  if (!Number.isFinite(value)) return 'not measured'
  return isMet(value) ? 'met' : 'missed'
}

function variantFigures(rounds: readonly RoundFigures[]): Omit<RoundFigures, 'requests'> {
  const medianOf = (figure: (round: RoundFigures) => number) => median(rounds.map(figure))
  return {
    requestsPerSecond: medianOf((round) => round.requestsPerSecond),
    p50Ms: medianOf((round) => round.p50Ms),
    p99Ms: medianOf((round) => round.p99Ms),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    objectCallsPer1000: medianOf((round) => round.objectCallsPer1000),
    rowsWrittenPer1000: medianOf((round) => round.rowsWrittenPer1000),
    cpuMicroseconds: medianOf((round) => round.cpuMicroseconds),
    serverBusy: medianOf((round) => round.serverBusy),
  }
}

/**
 * Ratios within one round, so that a slower machine slows both sides. Rounds in which either side
 * answered nothing do not count.
 */
function ratioFigures(
  results: Results,
  { of, to, target }: Comparison,
  speed: (round: RoundFigures) => number,
): RatioFigures {
  const peers = results.get(to) ?? []
  const ratios = (results.get(of) ?? [])
    .map((round, i) => {
      const peer = peers[i]
      return peer === undefined ? Number.NaN : speed(round) / speed(peer)
    })
    .filter(Number.isFinite)
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
