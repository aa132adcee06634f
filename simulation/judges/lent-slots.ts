/**
 * Judges lent slots from storage: a number is used before its lease ends, never after it came back,
 * and by nobody while anyone has waited for longer than a lease lives. One that is taken back has
 * no visitor, and while nothing fails none keeps a slot from someone who waits.
 */
import { CALL_PACE_MAX_MS, LEASE_LIFE_MS } from '../../src/core/limits.ts'
import { LENT_FLAG, STATE_MASK, State } from '../../src/core/ticket-state.ts'
import { FLUSH_AFTER_MS } from '../../src/room/limits.ts'
import { WAY_MAX_MS } from '../faults.ts'
import type { Findings } from './findings.ts'

/** The end of the lease, the isolate's next call, and its way. */
const HELD_MAX_MS = LEASE_LIFE_MS + FLUSH_AFTER_MS + CALL_PACE_MAX_MS + 2 * WAY_MAX_MS

/** Whether a stored byte is of a lent slot. */
export function isLentByte(byte: number): boolean {
  return (byte & STATE_MASK) === State.offered && (byte & LENT_FLAG) !== 0
}

/** A lent number that came back although a visitor had been admitted with it. */
export interface TakenBack {
  readonly number: number
  readonly toldMs: number
}

export class LentSlotsJudge {
  /** Numbers given to visitors. */
  used = 0
  /** Numbers that came back and that nobody was told. */
  unused = 0
  /** By number: when it was lent. */
  private readonly lentMs = new Map<number, number>()
  /** By number: when its visitor was admitted with it. */
  private readonly toldMs = new Map<number, number>()
  private readonly back = new Set<number>()
  private waitingSinceMs: number | null = null
  private readonly findings: Findings

  constructor(findings: Findings) {
    this.findings = findings
  }

  /** A new run has no tickets. */
  startOver(): void {
    for (const known of [this.lentMs, this.toldMs, this.back]) known.clear()
    this.unused = 0
    this.waitingSinceMs = null
  }

  /** As of the event before. */
  isLent(number: number): boolean {
    return this.lentMs.has(number)
  }

  all(): number[] {
    return [...this.lentMs.keys()]
  }

  lent(number: number, nowMs: number): void {
    this.lentMs.set(number, nowMs)
  }

  /**
   * The stored byte of a lent number is another now. `noted`: the journal says that its visitor was
   * admitted. Returns null, or when a visitor was told the number that was taken back.
   */
  ended(number: number, byte: number, noted: boolean): number | null {
    this.lentMs.delete(number)
    if (noted) return null
    if ((byte & STATE_MASK) !== State.gone) this.findings.violation(`lent ${number} became ${byte} without a visitor`)
    this.back.add(number)
    const toldMs = this.toldMs.get(number) ?? null
    if (toldMs === null) this.unused++
    return toldMs
  }

  /** @param isWell nothing fails in this run */
  see(waiting: number, nowMs: number, isWell: boolean): void {
    this.waitingSinceMs = waiting > 0 ? (this.waitingSinceMs ?? nowMs) : null
    if (!isWell || this.waitingSinceMs === null) return
    for (const [number, lentMs] of this.lentMs) {
      const heldMs = nowMs - Math.max(lentMs, this.waitingSinceMs)
      if (heldMs > HELD_MAX_MS) this.findings.violation(`${number} was lent for ${heldMs} ms while someone waits`)
    }
  }

  /** A visitor was told a number for the first time. True: a lent one. */
  firstTold(number: number, nowMs: number): boolean {
    if (this.back.has(number)) this.findings.violation(`${number} was used after it came back`)
    const lentMs = this.lentMs.get(number)
    if (lentMs === undefined) return false
    this.used++
    this.toldMs.set(number, nowMs)
    if (nowMs - lentMs > LEASE_LIFE_MS)
      this.findings.violation(`${number} was used ${nowMs - lentMs} ms after it was lent`)
    const passedMs = nowMs - (this.waitingSinceMs ?? nowMs)
    if (passedMs > LEASE_LIFE_MS)
      this.findings.violation(`${number} was used while others had waited for ${passedMs} ms`)
    return true
  }
}
