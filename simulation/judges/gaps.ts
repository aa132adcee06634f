/**
 * Gaps in what the object's clock counts: a step of its clock, nothing at all for a while, or no
 * isolate's call. The line protects everyone
 * from one gap (all silence counts from there), and again once every limit can have run out since; of a second one within
 * that time each may cost as much silence as one step of the listening clock (docs/guarantees.md).
 */
import { CLOCK_SLACK_SECONDS, NO_BEACON_LIMIT_SECONDS } from '../../src/core/limits.ts'
import type { LineRules } from '../../src/core/rules.ts'

export class Gaps {
  private objectMs: number | null = null
  private callMs: number | null = null
  /** Virtual times of the gaps that came too soon after another one. */
  private readonly uncovered: number[] = []
  private lastMs = Number.NEGATIVE_INFINITY

  pass(what: string, nowMs: number, objectNowMs: number, rules: LineRules): void {
    const passedMs = objectNowMs - (this.objectMs ?? objectNowMs)
    const quietMs = what === 'exchange' ? nowMs - (this.callMs ?? nowMs) : 0
    this.objectMs = objectNowMs
    if (what === 'exchange') this.callMs = nowMs
    if (Math.max(passedMs, quietMs) <= stepSeconds(rules) * 1000) return
    if (nowMs - this.lastMs < 2 * protectedSeconds(rules) * 1000) this.uncovered.push(nowMs)
    this.lastMs = nowMs
  }

  /** How much earlier than its limit a silence since then may end. */
  uncoveredMs(sinceMs: number, rules: LineRules): number {
    return this.uncovered.filter((atMs) => atMs >= sinceMs).length * stepSeconds(rules) * 1000
  }
}

function stepSeconds({ checkIntervalSeconds }: LineRules): number {
  return checkIntervalSeconds + CLOCK_SLACK_SECONDS
}

function protectedSeconds({ heartbeatTimeoutSeconds, sessionTimeoutSeconds, checkIntervalSeconds }: LineRules): number {
  return Math.max(heartbeatTimeoutSeconds, sessionTimeoutSeconds, NO_BEACON_LIMIT_SECONDS) + 2 * checkIntervalSeconds
}
