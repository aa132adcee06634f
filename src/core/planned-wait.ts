/**
 * The wait under a changing rate: the equation of estimate.ts, dP/dt = -(a + h P), integrated piece
 * by piece.
 */
import { RATE_WINDOW_SECONDS } from './limits.ts'
import type { RatePiece } from './rate-plan.ts'

const MINUTE_MS = 60_000

/** Below this share of leavers the wait and the rest are linear; the exact formulas lose digits. */
const LEAVING_MIN = 1e-6

/** From a time until the next piece: what the room admits. */
export interface FlowPiece {
  readonly fromMs: number
  readonly admittedPerMinute: number
  /** Sessions limit the admissions; otherwise the rate does, which is like clockwork. */
  readonly boundBySessions: boolean
}

export interface PlannedWait {
  /** Infinite if nobody is admitted any more before it is this visitor's turn. */
  readonly minutes: number
  /** The share of these minutes in which sessions bound the room. */
  readonly sessionShare: number
}

/**
 * The time until `position` people have left the line. `slowness`: people take this many times as
 * long for everything, while the pieces keep their times.
 */
export function plannedWait(
  position: number,
  leaverSharePerMinute: number,
  pieces: readonly FlowPiece[],
  nowMs: number,
  slowness: number,
): PlannedWait {
  let people = position
  let minutes = 0
  let sessionMinutes = 0
  for (const [i, { admittedPerMinute, boundBySessions }] of pieces.entries()) {
    const endMs = pieces[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY
    const length = (endMs - nowMs) / MINUTE_MS - minutes
    if (length <= 0) continue
    const wait = constantWait(people, admittedPerMinute, leaverSharePerMinute) * slowness
    const spent = Math.min(wait, length)
    if (boundBySessions) sessionMinutes += spent
    minutes += spent
    if (wait <= length) break
    people = peopleAfter(length / slowness, people, admittedPerMinute, leaverSharePerMinute)
  }
  return { minutes, sessionShare: Number.isFinite(minutes) && minutes > 0 ? sessionMinutes / minutes : 0 }
}

/** ln(1 + h P / a) / h minutes, or P / a if nobody leaves. */
function constantWait(people: number, admittedPerMinute: number, share: number): number {
  if (admittedPerMinute === 0) return Number.POSITIVE_INFINITY
  const straight = people / admittedPerMinute
  const leaving = share * straight
  return leaving < LEAVING_MIN ? straight : Math.log1p(leaving) / share
}

/** The last one is the visitor, who has not left. */
function peopleAfter(minutes: number, people: number, admittedPerMinute: number, share: number): number {
  const gone = -Math.expm1(-share * minutes)
  const admitted = share * minutes < LEAVING_MIN ? admittedPerMinute * minutes : (admittedPerMinute * gone) / share
  return Math.max(1, people - people * gone - admitted)
}

/** The plan in the recent past, which the measured admissions are compared with. */
export interface RecentPlan {
  /** The mean rate, weighted as in recent-rates.ts. */
  readonly ratePerMinute: number
  /** The weight of the time in which the plan admitted anyone at all. */
  readonly openShare: number
}

/** The first piece also counts for the time before it. */
export function recentPlan(pieces: readonly RatePiece[], nowMs: number): RecentPlan {
  let mean = 0
  let openShare = 0
  for (const [i, { fromMs, ratePerMinute }] of pieces.entries()) {
    const startMs = i === 0 ? Number.NEGATIVE_INFINITY : fromMs
    const endMs = Math.min(pieces[i + 1]?.fromMs ?? nowMs, nowMs)
    if (startMs >= endMs) continue
    const windowMs = RATE_WINDOW_SECONDS * 1000
    const weight = Math.exp((endMs - nowMs) / windowMs) - Math.exp((startMs - nowMs) / windowMs)
    mean += weight * ratePerMinute
    if (ratePerMinute > 0) openShare += weight
  }
  return { ratePerMinute: mean, openShare }
}
