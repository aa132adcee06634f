/**
 * The rate in every window at once: its admissions are at most rate x length + one interval's worth
 * + 1.
 *
 * With A(t) the admissions that the rate allows from the beginning to t, and n(t) those made, the
 * bound is n(b) - n(a) <= A(b) - A(a) + cap for all a <= b, which holds when n - A never rises by
 * more than the cap above the lowest value that it had just before an admission. Time is the
 * object's clock, ignoring steps back.
 */
import type { LineRules } from '../../src/core/rules.ts'

export class RateWindow {
  private atMs: number | null = null
  private excess = 0
  private lowest = 0
  private cap = 0
  private rules: LineRules | null = null

  pass(nowMs: number, rules: LineRules): void {
    const { ratePerMinute, checkIntervalSeconds } = rules
    // A new rate starts new windows.
    if (this.rules?.ratePerMinute !== ratePerMinute) {
      this.excess = 0
      this.lowest = 0
      this.cap = (ratePerMinute * checkIntervalSeconds) / 60 + 1
    }
    this.rules = rules
    this.excess -= (Math.max(0, nowMs - (this.atMs ?? nowMs)) * ratePerMinute) / 60_000
    this.lowest = Math.min(this.lowest, this.excess)
    this.atMs = nowMs
  }

  /** False: too many admissions. */
  admit(count: number): boolean {
    this.excess += count
    return this.excess - this.lowest <= this.cap + 1e-6
  }
}
