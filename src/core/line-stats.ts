/** The figures of a line for its operators. */
import { type GaugeName, readGauges, type Totals } from './figures.ts'
import type { Line } from './line.ts'
import type { LatencyHistogram, ObstacleCounts } from './origin-report.ts'
import { isClosed, type LineMode } from './rules.ts'
import type { WaitHistogram } from './wait-times.ts'

export interface LineStats extends Readonly<Record<GaugeName, number>> {
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
  /** Recent admissions from the line; null before the first one. */
  readonly admittedPerMinute: number | null
  /** Waits of the last admissions; null before the first one. */
  readonly waitSecondsP50: number | null
  readonly waitSecondsP90: number | null
  readonly totals: Readonly<Totals>
  /** Waits of all admissions of this run. */
  readonly waits: WaitHistogram
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
    admittedPerMinute: line.rates.admittedPerMinute,
    waitSecondsP50: percentile(0.5),
    waitSecondsP90: percentile(0.9),
    totals: { ...line.totals },
    waits: line.waits.toStored(),
    originLatency: line.originLatency.toStored(),
    pagesWithoutBeacon: { ...line.pagesWithoutBeacon },
  }
}
