/**
 * The token bucket behind `new_users_per_minute`.
 *
 * Credit is counted in whole units of admissions x 60,000 (rate per minute x elapsed ms), so no rounding ever adds an
 * admission. It is capped at one check interval's worth + 1: an idle hour is not saved up, and a room slower than one
 * admission per interval still collects a whole one.
 */
import type { LineRules } from './rules.ts'

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
  static full(rules: LineRules, nowMs: number): RateBucket {
    return new RateBucket({ credit: cap(rules), atMs: nowMs })
  }

  /** Adds the elapsed time's credit; a clock that goes back adds none. */
  refill(rules: LineRules, nowMs: number): void {
    this.credit = this.creditAt(rules, nowMs)
    this.atMs = nowMs
  }

  /** Whether it would hold an admission at that time, untouched. */
  wouldHaveAdmission(rules: LineRules, nowMs: number): boolean {
    return this.creditAt(rules, nowMs) >= ADMISSION
  }

  private creditAt(rules: LineRules, nowMs: number): number {
    const elapsedMs = Math.max(nowMs - this.atMs, 0)
    return Math.min(this.credit + rules.ratePerMinute * elapsedMs, cap(rules))
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

function cap(rules: LineRules): number {
  return rules.ratePerMinute * rules.checkIntervalSeconds * 1000 + ADMISSION
}
