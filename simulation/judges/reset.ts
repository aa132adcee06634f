/**
 * Judges resets: a new run has a higher number than any before and no tickets, nothing of the old
 * run stays stored, and its tokens are void as soon as isolates know the new run, except passes,
 * which stay valid until they expire.
 */

import { MAX_NUMBER } from '../../src/core/limits.ts'
import type { Line } from '../../src/core/line.ts'
import type { SimulatedObject } from '../simulated-object.ts'
import type { Findings } from './findings.ts'
import { passLifeSeconds } from './specification.ts'

/** A snapshot serves for 5 s, and an answer takes up to 8 s. */
const HEARD_OF_MS = 13_000

export class ResetJudge {
  private run: number | null = null
  private sinceMs = 0
  private passLifeMs = 0
  /** Of the isolates that told anything: the clock that is ahead the most. */
  private aheadMs = Number.NEGATIVE_INFINITY
  private readonly findings: Findings

  constructor(findings: Findings) {
    this.findings = findings
  }

  /** True: this event started a new run. */
  see(what: string, line: Line, object: SimulatedObject, nowMs: number): boolean {
    const before = this.run
    if (before === line.run) return false
    // A line that only refused commands is not stored, and nobody knows its run.
    if (object.storage.read('SELECT head FROM line').length === 0) return false
    this.run = line.run
    this.sinceMs = nowMs
    this.passLifeMs = passLifeSeconds(line.rules) * 1000
    if (before === null) return false
    if (line.run < before) this.findings.violation(`run ${line.run} after ${before}`)
    if (what === 'reset' && line.tickets.live > 0) this.findings.violation(`${line.tickets.live} live after a reset`)
    const [{ kept } = { kept: 0 }] = object.storage.read(
      `SELECT COUNT(*) AS kept FROM segments WHERE segment <= ${MAX_NUMBER}`,
    )
    if (what === 'reset' && kept !== 0) this.findings.violation(`${kept} segments of the previous run are stored`)
    return true
  }

  isCurrent(run: number): boolean {
    return this.run === null || run >= this.run
  }

  /**
   * A visitor was told a number of a run.
   * @param skewMs how far the isolate's clock is ahead: a pass lives longer by a clock that is
   * behind the one by which it was issued
   */
  told(number: number, run: number, skewMs: number, nowMs: number): void {
    this.aheadMs = Math.max(this.aheadMs, skewMs)
    const allowedMs = HEARD_OF_MS + this.passLifeMs + this.aheadMs - skewMs
    if (this.isCurrent(run) || nowMs - this.sinceMs <= allowedMs) return
    this.findings.violation(`${number} of a previous run was told ${nowMs - this.sinceMs} ms after the reset`)
  }
}
