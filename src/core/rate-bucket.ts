/**
 * The token bucket behind `new_users_per_minute`.
 *
 * Credit is counted in whole units of admissions x 60,000 (rate per minute x elapsed ms), so no rounding ever adds an
 * admission. It is capped at one check interval's worth + 1: an idle hour is not saved up, and a room slower than one
 * admission per interval still collects a whole one. Only at a rate of 0, which the origin guard may ask for, it is empty.
 */
import type { LineRules } from './rules.ts'

/** `ratePerMinute`: the one in force, the set one or less. */
export type Pace = Pick<LineRules, 'ratePerMinute' | 'checkIntervalSeconds'>

const ADMISSION = 60_000

export interface RateBucketState {
  readonly credit: number
  readonly atMs: number
}

export class RateBucket {
  private credit: number
  private atMs: number

  constructor(state: RateBucketState) {
    this.credit = state.credit
    this.atMs = state.atMs
  }

  /** A new room starts with a full bucket. */
  static full(pace: Pace, nowMs: number): RateBucket {
    return new RateBucket({ credit: cap(pace), atMs: nowMs })
  }

  /** Adds the elapsed time's credit; a clock that goes back adds none. */
  refill(pace: Pace, nowMs: number): void {
    this.credit = this.creditAt(pace, nowMs)
    this.atMs = nowMs
  }

  /** Whether it would hold an admission at that time, untouched. */
  wouldHaveAdmission(pace: Pace, nowMs: number): boolean {
    return this.creditAt(pace, nowMs) >= ADMISSION
  }

  private creditAt(pace: Pace, nowMs: number): number {
    const elapsedMs = Math.max(nowMs - this.atMs, 0)
    return Math.min(this.credit + pace.ratePerMinute * elapsedMs, cap(pace))
  }

  get hasAdmission(): boolean {
    return this.credit >= ADMISSION
  }

  take(): void {
    this.credit -= ADMISSION
  }

  toStored(): RateBucketState {
    return { credit: this.credit, atMs: this.atMs }
  }
}

function cap({ ratePerMinute, checkIntervalSeconds }: Pace): number {
  return ratePerMinute === 0 ? 0 : ratePerMinute * checkIntervalSeconds * 1000 + ADMISSION
}
