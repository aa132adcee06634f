/**
 * Gaps in the object's listening: a step of its clock, no event for a while, or no call of an
 * isolate. The line protects every ticket from one gap (all silence counts from there), and again
 * once every limit can have passed since. A second gap within that time may cost as much silence as
 * one step of the listening clock. A smaller step of the clock counts as elapsed time
 * (docs/guarantees.md).
 */
import type { LineRules } from '../../src/core/rules.ts'
import { listeningStepSeconds, protectedSeconds } from './specification.ts'

export class Gaps {
  private objectMs: number | null = null
  private callMs: number | null = null
  private eventMs: number | null = null
  /**
   * Unprotected gaps, too small or too soon after another: virtual time, and the silence that each
   * may cost.
   */
  private readonly uncovered: { readonly atMs: number; readonly lostMs: number }[] = []
  /**
   * All gaps, protected or not: virtual time, and the silence that each may cost an unprotected
   * ticket.
   */
  private readonly all: { readonly atMs: number; readonly lostMs: number }[] = []
  private lastMs = Number.NEGATIVE_INFINITY

  pass(what: string, nowMs: number, objectNowMs: number, rules: LineRules): void {
    const passedMs = objectNowMs - (this.objectMs ?? objectNowMs)
    const steppedMs = passedMs - (nowMs - (this.eventMs ?? nowMs))
    this.eventMs = nowMs
    const quietMs = what === 'exchange' ? nowMs - (this.callMs ?? nowMs) : 0
    this.objectMs = objectNowMs
    if (what === 'exchange') this.callMs = nowMs
    const stepMs = listeningStepSeconds(rules) * 1000
    // A small step cannot be told from elapsed time.
    if (steppedMs > 0 && passedMs <= stepMs) this.uncovered.push({ atMs: nowMs, lostMs: steppedMs })
    if (Math.max(passedMs, quietMs) <= stepMs) return
    this.all.push({ atMs: nowMs, lostMs: stepMs })
    if (nowMs - this.lastMs < 2 * protectedSeconds(rules) * 1000) this.uncovered.push({ atMs: nowMs, lostMs: stepMs })
    this.lastMs = nowMs
  }

  /** How much before its limit a silence that began then may end. */
  uncoveredMs(sinceMs: number): number {
    return lostSince(this.uncovered, sinceMs)
  }

  /**
   * The same for a ticket that gaps do not protect: its visitor is on a page of another site and
   * not expected to be heard.
   */
  unprotectedMs(sinceMs: number): number {
    return lostSince(this.uncovered, sinceMs) + lostSince(this.all, sinceMs)
  }
}

function lostSince(gaps: readonly { readonly atMs: number; readonly lostMs: number }[], sinceMs: number): number {
  return gaps.reduce((sum, { atMs, lostMs }) => sum + (atMs >= sinceMs ? lostMs : 0), 0)
}
