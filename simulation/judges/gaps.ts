/**
 * Gaps in what the object's clock counts: a step of its clock, nothing at all for a while, or no isolate's call. The line
 * protects everyone from one gap (all silence counts from there), and again once every limit can have run out since. A
 * second one within that time may cost as much silence as one step of the listening clock, and a step of the clock that is
 * smaller than that counts as time that passed (docs/guarantees.md).
 */
import type { LineRules } from '../../src/core/rules.ts'
import { listeningStepSeconds, protectedSeconds } from './specification.ts'

export class Gaps {
  private objectMs: number | null = null
  private callMs: number | null = null
  private eventMs: number | null = null
  /** Virtual times of the gaps that were too small, or came too soon after another one, and what each may cost. */
  private readonly uncovered: { readonly atMs: number; readonly lostMs: number }[] = []
  /** Of all gaps, whether they were protected or not: when, and what each may cost someone who is not protected. */
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
    // What could as well be time that passed is taken for that.
    if (steppedMs > 0 && passedMs <= stepMs) this.uncovered.push({ atMs: nowMs, lostMs: steppedMs })
    if (Math.max(passedMs, quietMs) <= stepMs) return
    this.all.push({ atMs: nowMs, lostMs: stepMs })
    if (nowMs - this.lastMs < 2 * protectedSeconds(rules) * 1000) this.uncovered.push({ atMs: nowMs, lostMs: stepMs })
    this.lastMs = nowMs
  }

  /** How much earlier than its limit a silence since then may end. */
  uncoveredMs(sinceMs: number): number {
    return lostSince(this.uncovered, sinceMs)
  }

  /** The same for someone whom gaps do not protect: away on a page of another site, not expected to be heard. */
  unprotectedMs(sinceMs: number): number {
    return lostSince(this.uncovered, sinceMs) + lostSince(this.all, sinceMs)
  }
}

function lostSince(gaps: readonly { readonly atMs: number; readonly lostMs: number }[], sinceMs: number): number {
  return gaps.reduce((sum, { atMs, lostMs }) => sum + (atMs >= sinceMs ? lostMs : 0), 0)
}
