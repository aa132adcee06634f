/** The figures of a line for its operators. */
import { DISTRIBUTIONS, type DistributionName, eachFigure, type GaugeName, readGauges, type Totals } from './figures.ts'
import type { SecondsHistogram } from './histogram.ts'
import { firstNumberOf } from './lanes.ts'
import type { Line } from './line.ts'
import type { LatencyHistogram, ObstacleCounts } from './origin-report.ts'
import { isClosed, type LineMode } from './rules.ts'

/** One lane besides the regular line. */
export interface LaneStats {
  readonly name: string
  readonly waiting: number
  /** Numbers that visitors see are within the lane: subtract `firstNumber` and add 1. */
  readonly firstNumber: number
  readonly nextNumber: number
  readonly frontier: number
}

/** `waits` and the other distributions: of this run. */
export interface LineStats
  extends Readonly<Record<GaugeName, number>>,
    Readonly<Record<DistributionName, SecondsHistogram>> {
  readonly run: number
  readonly atMs: number
  readonly mode: LineMode
  /** Newcomers are turned away. */
  readonly closed: boolean
  readonly suspended: boolean
  /** Admission has stopped for good. */
  readonly soldOut: boolean
  readonly nextNumber: number
  readonly frontier: number
  /** Lanes with tickets in this run. Missing: none. */
  readonly lanes?: readonly LaneStats[]
  /** Recent admissions from the line; null before the first one. */
  readonly admittedPerMinute: number | null
  /** Waits of the last admissions; null before the first one. */
  readonly waitSecondsP50: number | null
  readonly waitSecondsP90: number | null
  readonly totals: Readonly<Totals>
  /** Of all origin requests of this run. */
  readonly originLatency: LatencyHistogram
  /** Pages of this run that got no beacon script, by reason. */
  readonly pagesWithoutBeacon: ObstacleCounts
}

export function lineStats(line: Line, nowMs: number): LineStats {
  const { tickets, rules } = line
  const percentile = line.waits.recentPercentiles()
  const { capacity, newUsersPerMinute, admissionFactor, ...counts } = readGauges(line)
  return {
    run: line.run,
    atMs: nowMs,
    mode: rules.mode,
    closed: isClosed(rules, nowMs),
    suspended: rules.suspended,
    soldOut: rules.soldOut,
    capacity,
    newUsersPerMinute,
    admissionFactor,
    ...counts,
    nextNumber: tickets.next,
    frontier: line.frontier,
    ...lanesOf(line),
    admittedPerMinute: line.rates.admittedPerMinute,
    waitSecondsP50: percentile(0.5),
    waitSecondsP90: percentile(0.9),
    totals: { ...line.totals },
    ...eachFigure(DISTRIBUTIONS, (name) => line.distributions[name].toStored()),
    originLatency: line.originLatency.toStored(),
    pagesWithoutBeacon: { ...line.pagesWithoutBeacon },
  }
}

function lanesOf({ numbers, tickets }: Line): Pick<LineStats, 'lanes'> {
  if (!numbers.hasLanes) return {}
  const lanes = numbers.opened.slice(1).map((index) => {
    const { name, next, frontier } = numbers.of(index)
    const waiting = tickets.waitingByLane[index] as number
    return { name, waiting, firstNumber: firstNumberOf(index), nextNumber: next, frontier }
  })
  return { lanes }
}
