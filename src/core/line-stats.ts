/** The figures of a line for its operators. */

import type { Line } from './line.ts'
import type { Totals } from './line-record.ts'
import type { LatencyHistogram, ObstacleCounts } from './origin-report.ts'
import { isClosed, type LineMode } from './rules.ts'
import type { WaitHistogram } from './wait-times.ts'

export interface LineStats {
  readonly run: number
  readonly atMs: number
  readonly mode: LineMode
  /** Newcomers are turned away. */
  readonly closed: boolean
  readonly suspended: boolean
  readonly capacity: number
  readonly newUsersPerMinute: number
  /** What the origin guard scales that rate by, 0 to 1; 1 while it is off or content. */
  readonly admissionFactor: number
  /** Slots taken: offered + in a session. */
  readonly active: number
  readonly offered: number
  readonly waiting: number
  readonly absent: number
  readonly nextNumber: number
  readonly frontier: number
  /** Recent admissions from the line, null while there were none. */
  readonly admittedPerMinute: number | null
  /** Waits of the last admissions, null while there were none. */
  readonly waitSecondsP50: number | null
  readonly waitSecondsP90: number | null
  readonly totals: Totals
  /** Waits of all admissions of this run. */
  readonly waits: WaitHistogram
  /** Of all requests to the origin of this run. */
  readonly originLatency: LatencyHistogram
  /** Pages of this run that got no beacon script, by reason. */
  readonly pagesWithoutBeacon: ObstacleCounts
}

export function lineStats(line: Line, nowMs: number): LineStats {
  const { tickets, rules } = line
  const [p50, p90] = line.waits.recentPercentiles([0.5, 0.9])
  return {
    run: line.run,
    atMs: nowMs,
    mode: rules.mode,
    closed: isClosed(rules, nowMs),
    suspended: rules.suspended,
    capacity: rules.capacity,
    newUsersPerMinute: rules.ratePerMinute,
    admissionFactor: line.admissionFactor,
    active: tickets.occupied,
    offered: tickets.offered,
    waiting: tickets.waiting,
    absent: tickets.absent,
    nextNumber: tickets.next,
    frontier: line.frontier,
    admittedPerMinute: line.rates.admittedPerMinute,
    waitSecondsP50: p50 ?? null,
    waitSecondsP90: p90 ?? null,
    totals: { ...line.totals },
    waits: line.waits.toStored(),
    originLatency: line.originLatency.toStored(),
    pagesWithoutBeacon: { ...line.pagesWithoutBeacon },
  }
}
