/** The figures of one tick: what is now, and what happened since the tick before. */

import type { Totals } from './line-record.ts'
import type { OriginLatency } from './origin-report.ts'
import type { LineRules } from './rules.ts'
import type { Tickets } from './tickets.ts'
import type { WaitTimes } from './wait-times.ts'

export interface Sample {
  readonly atMs: number
  /** Slots taken: offered + in a session. */
  readonly active: number
  readonly capacity: number
  readonly waiting: number
  readonly absent: number
  /** What the origin guard scales the rate of admission by, 0 to 1. */
  readonly admissionFactor: number
  /** Since the sample before. */
  readonly joined: number
  readonly admitted: number
  readonly expired: number
  readonly left: number
  readonly returned: number
  readonly roomErrors: number
  readonly originRequests: number
  readonly originErrors: number
  /** Of those admitted since the sample before, null when nobody was. */
  readonly waitSecondsP50: number | null
  readonly waitSecondsP90: number | null
  /** Of the origin's answers since the sample before, null when there were none. */
  readonly originLatencyMsP90: number | null
}

/** The parts of a line that are sampled. */
interface Sampled {
  readonly tickets: Tickets
  readonly rules: LineRules
  readonly admissionFactor: number
  readonly waits: WaitTimes
  readonly totals: Totals
  readonly originLatency: OriginLatency
}

/** Takes the samples of a line and remembers what the last one had counted. */
export class Sampler {
  /** The totals at the last sample. */
  private sampled: Totals

  constructor(sampled: Totals) {
    this.sampled = sampled
  }

  take(line: Sampled, nowMs: number): Sample {
    const { tickets, rules, waits, totals, originLatency } = line
    const [p50, p90] = waits.takePercentiles([0.5, 0.9])
    const since = totalsSince(this.sampled, totals)
    this.sampled = { ...totals }
    return {
      atMs: nowMs,
      active: tickets.occupied,
      capacity: rules.capacity,
      waiting: tickets.waiting,
      absent: tickets.absent,
      admissionFactor: line.admissionFactor,
      ...since,
      waitSecondsP50: p50 ?? null,
      waitSecondsP90: p90 ?? null,
      originLatencyMsP90: originLatency.takePercentile(0.9),
    }
  }

  toStored(): Totals {
    return this.sampled
  }
}

/** What happened between two states of the totals. */
function totalsSince(
  before: Totals,
  now: Totals,
): Pick<
  Sample,
  'joined' | 'admitted' | 'expired' | 'left' | 'returned' | 'roomErrors' | 'originRequests' | 'originErrors'
> {
  return {
    joined: now.joined - before.joined,
    admitted: now.admitted - before.admitted,
    expired: now.expired - before.expired,
    left: now.left - before.left,
    returned: now.returned - before.returned,
    roomErrors: now.roomErrors - before.roomErrors,
    originRequests: now.originRequests - before.originRequests,
    originErrors: now.originErrors - before.originErrors,
  }
}
