/**
 * The origin guard: where the site fails or slows, fewer are let in, then nobody, and step by step everyone again. It scales
 * the rate of admission and nothing else: who is on the site stays, the order and the capacity are as ever.
 *
 * Additive increase, multiplicative decrease, as congestion control does it (Chiu and Jain, 1989). At each tick it judges what
 * isolates reported since it last did:
 *   - enough requests, and they went badly: the factor halves, and below a tenth nobody is let in;
 *   - too few to judge, and they went badly: the factor stays, for some ticks at most;
 *   - otherwise, where nothing was asked of the site, too: a tenth more. So an empty site is tried again with a few, whose
 *     requests are the next evidence, and no room stands still for want of news.
 */
import { GUARD_REQUESTS_MIN, GUARD_TICKS_MAX, ORIGIN_LATENCY_BUCKETS_MS } from './limits.ts'
import { mergeReports, NO_REPORT, type OriginReport } from './origin-latency.ts'
import type { LineRules } from './rules.ts'

export type GuardRules = Pick<LineRules, 'originErrorRatioMax' | 'originLatencyMaxMs'>

/** Steps of a tenth: from nobody back to everyone in ten ticks. */
const STEPS = 10

/** More than this share of the requests beyond `originLatencyMaxMs`: the site is slow. Its p90 is above it, that is. */
const SLOW_SHARE_MAX = 0.1

export interface OriginGuardState {
  readonly admissionFactor: number
}

export class OriginGuard {
  private factor: number
  /** Since the last judgement, in memory only. */
  private evidence: OriginReport = NO_REPORT
  private ticks = 0

  constructor(state?: OriginGuardState) {
    this.factor = state?.admissionFactor ?? 1
  }

  /** What the rate of admission is scaled by, 0 to 1. */
  admissionFactor(rules: GuardRules): number {
    return isOn(rules) ? this.factor : 1
  }

  note(report: OriginReport): void {
    this.evidence = mergeReports(this.evidence, report)
  }

  /** To be called once a tick. */
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
  // Of a site that cannot be reached nothing comes in time, either. Others without a time (uploads) say nothing of it.
  const unanswered = Math.min(errors, Math.max(0, requests - timed))
  const judged = timed + unanswered
  return judged - inTime > SLOW_SHARE_MAX * judged
}

function nextFactor(factor: number, isBad: boolean): number {
  if (!isBad) return Math.min(1, (Math.floor(factor * STEPS) + 1) / STEPS)
  return factor / 2 < 1 / STEPS ? 0 : factor / 2
}
