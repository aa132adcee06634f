/**
 * Planned changes of the rate of admission and of the capacity.
 *
 * Before the first step the base holds: the room's own rate or capacity. Functions of this file
 * take any time, so a plan has no state that a restart or a clock step could break.
 */

export interface RateStep {
  /** When the step is reached, ms since 1970. */
  readonly atMs: number
  /** Admissions per minute from then on. */
  readonly ratePerMinute: number
  /** The capacity from then on; null: unchanged. */
  readonly capacity: number | null
  /**
   * The values rise or fall linearly from the previous step's; otherwise they change at once. The
   * first step has none before it, so there this has no effect.
   */
  readonly ramp: boolean
}

/** Steps by ascending time. */
export type RatePlan = readonly RateStep[]

/** A constant rate from a time until the next piece. */
export interface RatePiece {
  readonly fromMs: number
  readonly ratePerMinute: number
}

/** A piece of the plan on which a value changes linearly. */
interface Slope {
  readonly fromMs: number
  readonly toMs: number
  readonly from: number
  readonly to: number
}

/** For estimates, a ramp is this many pieces of constant rate. */
export const PIECES_PER_RAMP = 4

export function rateAt(plan: RatePlan, baseRate: number, nowMs: number): number {
  return valueAt(slopesOf(plan, baseRate, rateOf), nowMs)
}

/** A whole number, rounded down on a ramp. */
export function capacityAt(plan: RatePlan, baseCapacity: number, nowMs: number): number {
  return Math.floor(valueAt(slopesOf(plan, baseCapacity, capacityOf), nowMs))
}

/** The mean rate of an interval, exactly; of an empty one, the rate at its end. */
export function meanRate(plan: RatePlan, baseRate: number, fromMs: number, toMs: number): number {
  if (toMs <= fromMs) return rateAt(plan, baseRate, toMs)
  let integral = 0
  for (const slope of slopesOf(plan, baseRate, rateOf)) {
    const startMs = Math.max(slope.fromMs, fromMs)
    const endMs = Math.min(slope.toMs, toMs)
    if (startMs >= endMs) continue
    integral += ((onSlope(slope, startMs) + onSlope(slope, endMs)) / 2) * (endMs - startMs)
  }
  return integral / (toMs - fromMs)
}

/**
 * The plan from a time on, as at most `count` (1 or more) pieces of constant rate, each with its
 * exact mean; the last one never ends. If the plan has more pieces, the later ones are left out.
 */
export function ratePieces(plan: RatePlan, baseRate: number, fromMs: number, count: number): RatePiece[] {
  const pieces: RatePiece[] = []
  for (const slope of slopesOf(plan, baseRate, rateOf)) {
    if (slope.toMs <= fromMs) continue
    for (const piece of piecesOf(slope, fromMs)) {
      if (piece.ratePerMinute === pieces.at(-1)?.ratePerMinute) continue
      if (pieces.length === count) return pieces
      pieces.push(piece)
    }
  }
  return pieces
}

/** A slope from a time on, in pieces. */
function* piecesOf(slope: Slope, fromMs: number): Iterable<RatePiece> {
  const startMs = Math.max(slope.fromMs, fromMs)
  if (slope.from === slope.to) {
    yield { fromMs: startMs, ratePerMinute: slope.from }
    return
  }
  const lengthMs = (slope.toMs - startMs) / PIECES_PER_RAMP
  for (let i = 0; i < PIECES_PER_RAMP; i++) {
    const pieceMs = startMs + i * lengthMs
    yield { fromMs: pieceMs, ratePerMinute: onSlope(slope, pieceMs + lengthMs / 2) }
  }
}

/** `stepValue`: a step's value, given the value before it. */
function* slopesOf(
  plan: RatePlan,
  base: number,
  stepValue: (step: RateStep, before: number) => number,
): Iterable<Slope> {
  let fromMs = Number.NEGATIVE_INFINITY
  let from = base
  for (const step of plan) {
    const value = stepValue(step, from)
    const isRamp = step.ramp && fromMs !== Number.NEGATIVE_INFINITY
    if (step.atMs > fromMs) yield { fromMs, toMs: step.atMs, from, to: isRamp ? value : from }
    fromMs = step.atMs
    from = value
  }
  yield { fromMs, toMs: Number.POSITIVE_INFINITY, from, to: from }
}

function rateOf(step: RateStep): number {
  return step.ratePerMinute
}

function capacityOf(step: RateStep, before: number): number {
  return step.capacity ?? before
}

/** At a border, the later slope counts. */
function valueAt(slopes: Iterable<Slope>, nowMs: number): number {
  for (const slope of slopes) if (nowMs < slope.toMs) return onSlope(slope, nowMs)
  throw new RangeError('the time is not a number')
}

function onSlope({ fromMs, toMs, from, to }: Slope, nowMs: number): number {
  return from === to ? from : from + ((to - from) * (nowMs - fromMs)) / (toMs - fromMs)
}
