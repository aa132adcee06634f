/**
 * The token bucket behind `new_users_per_minute`.
 *
 * Credit is counted in units of admissions x 60,000 (rate per minute x elapsed ms), so rounding
 * never adds an admission. It is capped at the credit of one check interval + 1 admission: an idle
 * hour is not saved up, and a room slower than one admission per interval still collects a whole
 * one. At a rate of 0, which the origin guard may set, the bucket is empty.
 */
import type { LineRules } from './rules.ts'

/** `ratePerMinute`: the rate in force, at most the configured one. */
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

  /** Adds credit for the elapsed time; a clock that goes back adds none. */
  refill(pace: Pace, nowMs: number): void {
    this.credit = this.creditAt(pace, nowMs)
    this.atMs = nowMs
  }

  /** Whether the bucket would hold an admission at that time. Changes nothing. */
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

  /** Whole admissions above this share (0 to 1) of the cap. */
  admissionsAbove(share: number, pace: Pace): number {
    return Math.max(0, Math.floor((this.credit - share * cap(pace)) / ADMISSION))
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
