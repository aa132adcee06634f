/**
 * Judges suspensions from storage: a ticket that was live before is live after, in the same order,
 * unless its visitor left. Meanwhile nobody is admitted, ended or forgotten. The order of
 * admissions is judged elsewhere.
 */
import type { JournalEntry } from '../../src/core/journal.ts'
import { SEGMENT_SIZE } from '../../src/core/limits.ts'
import type { Line } from '../../src/core/line.ts'
import { STATE_MASK, State } from '../../src/core/ticket-state.ts'
import type { Renumbering } from './draw.ts'
import type { Findings } from './findings.ts'

const FORBIDDEN: ReadonlySet<JournalEntry['event']> = new Set(['admitted', 'expired', 'forgotten', 'ended'])

export class SuspensionJudge {
  /** Live numbers in order; null: the room is not suspended. */
  private present: Set<number> | null = null
  private readonly findings: Findings

  constructor(findings: Findings) {
    this.findings = findings
  }

  /** A new run has no tickets. */
  startOver(): void {
    this.present = null
  }

  /** A draw gave tickets other numbers. */
  renumber({ lineNumbers }: Renumbering): void {
    if (this.present === null) return
    const numbers = [...this.present].map((number) => lineNumbers.get(number) ?? number)
    this.present = new Set(numbers.sort((a, b) => a - b))
  }

  /** True: this event resumed the room. */
  see(what: string, line: Line, entries: readonly JournalEntry[]): boolean {
    const { suspended } = line.rules
    const wasSuspended = this.present !== null
    if (suspended && wasSuspended) this.judgeMeanwhile(what, entries)
    if (suspended && !wasSuspended) this.present = livingNumbers(line)
    if (suspended || this.present === null) return false
    this.judgeAfter(line, entries)
    this.present = null
    return true
  }

  private judgeMeanwhile(what: string, entries: readonly JournalEntry[]): void {
    for (const { event, number } of entries) {
      if (FORBIDDEN.has(event)) this.findings.violation(`${what}: ${number} ${event} while suspended`)
      if (event === 'left' || event === 'revoked') this.present?.delete(number)
    }
  }

  private judgeAfter(line: Line, entries: readonly JournalEntry[]): void {
    const gone = new Set(entries.filter(({ event }) => event === 'left' || event === 'revoked').map((e) => e.number))
    const after = [...livingNumbers(line)]
    const before = [...(this.present ?? [])].filter((number) => !gone.has(number))
    const kept = after.filter((number) => this.present?.has(number))
    if (before.join() !== kept.join()) this.findings.violation(`before the suspension ${before}, after it ${kept}`)
  }
}

/** Lent slots have no visitors yet. */
function livingNumbers({ tickets, lending }: Line): Set<number> {
  const living = tickets.all().flatMap(({ index, states }) => {
    const offsets = [...states.keys()].filter((offset) => ((states[offset] as number) & STATE_MASK) !== State.gone)
    return offsets.map((offset) => index * SEGMENT_SIZE + offset)
  })
  return new Set(living.filter((number) => !lending.isLent(number)))
}
