/**
 * The origin guard: while the site fails or is slow, it lowers the rate of admission, to 0 if need
 * be, and raises it again step by step. It changes nothing else: visitors on the site stay, order
 * and capacity are unaffected.
 *
 * Additive increase, multiplicative decrease, as in congestion control (Chiu and Jain, 1989). Each
 * tick judges the reports of the isolates since the last judgement:
 * - enough requests, and they went badly: the factor halves; below a tenth it becomes 0;
 * - too few requests, and they went badly: the factor stays, for a few ticks at most;
 * - otherwise, even without requests: the factor rises by a tenth. So an empty site is probed with
 *   a few visitors, whose requests are the next evidence, and no room is stuck for lack of reports.
 */
import { GUARD_REQUESTS_MIN, GUARD_TICKS_MAX, ORIGIN_LATENCY_BUCKETS_MS } from './limits.ts'
import { mergeReports, NO_REPORT, type OriginReport } from './origin-report.ts'
import type { LineRules } from './rules.ts'

export type GuardRules = Pick<LineRules, 'originErrorRatioMax' | 'originLatencyMaxMs'>

/** Steps of a tenth: from 0 to the full rate in ten ticks. */
const STEPS = 10

/**
 * The site is slow if more than this share of requests exceed `originLatencyMaxMs`: its p90 is
 * above the limit.
 */
const SLOW_SHARE_MAX = 0.1

export interface OriginGuardState {
  readonly admissionFactor: number
}

export class OriginGuard {
  private factor: number
  /** Reports since the last judgement, in memory only. */
  private evidence: OriginReport = NO_REPORT
  private ticks = 0

  constructor(state?: OriginGuardState) {
    this.factor = state?.admissionFactor ?? 1
  }

  /** The factor on the rate of admission, 0 to 1. */
  admissionFactor(rules: GuardRules): number {
    return isOn(rules) ? this.factor : 1
  }

  note(report: OriginReport): void {
    this.evidence = mergeReports(this.evidence, report)
  }

  /** Call once per tick. */
  judge(rules: GuardRules): void {
    this.ticks++
    const isBad = wentBadly(this.evidence, rules)
    const isEnough = this.evidence.requests >= GUARD_REQUESTS_MIN
    if (isBad && !isEnough && this.ticks < GUARD_TICKS_MAX) return
    this.factor = isOn(rules) ? nextFactor(this.factor, isBad && isEnough) : 1
    this.evidence = NO_REPORT
    this.ticks = 0
  }

  toStored(): OriginGuardState {
    return { admissionFactor: this.factor }
  }
}

function isOn({ originErrorRatioMax, originLatencyMaxMs }: GuardRules): boolean {
  return originErrorRatioMax > 0 || originLatencyMaxMs > 0
}

function wentBadly({ requests, errors, latency }: OriginReport, rules: GuardRules): boolean {
  const { originErrorRatioMax, originLatencyMaxMs } = rules
  if (originErrorRatioMax > 0 && errors > originErrorRatioMax * requests) return true
  return originLatencyMaxMs > 0 && isSlow({ requests, errors, latency }, originLatencyMaxMs)
}

function isSlow({ requests, errors, latency }: OriginReport, maxMs: number): boolean {
  const timed = latency.counts.reduce((sum, count) => sum + count, 0)
  const inTime = ORIGIN_LATENCY_BUCKETS_MS.reduce(
    (sum, bound, i) => (bound <= maxMs ? sum + (latency.counts[i] ?? 0) : sum),
    0,
  )
  // Failed requests without a latency count as slow: the site could not be reached. Others without
  // one (uploads) do not count.
  const unanswered = Math.min(errors, Math.max(0, requests - timed))
  const judged = timed + unanswered
  return judged - inTime > SLOW_SHARE_MAX * judged
}

function nextFactor(factor: number, isBad: boolean): number {
  if (!isBad) return Math.min(1, (Math.floor(factor * STEPS) + 1) / STEPS)
  return factor / 2 < 1 / STEPS ? 0 : factor / 2
}
