/** The figures of one tick: what is now, and what happened since the tick before. */
import type { Totals } from './stored.ts'

export interface Sample {
  readonly atMs: number
  /** Slots taken: offered + in a session. */
  readonly active: number
  readonly capacity: number
  readonly waiting: number
  readonly absent: number
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

/** What happened between two states of the totals. */
export function totalsSince(
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
