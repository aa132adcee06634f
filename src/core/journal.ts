/**
 * The last events of the line, in memory, for operators and for tests. A ring that costs a few
 * stores per event and never grows.
 */
import { JOURNAL_SIZE } from './limits.ts'
import { type State, type StateName, stateName } from './ticket-state.ts'

export const LINE_EVENTS = [
  'joined',
  'admitted',
  'claimed',
  'expired',
  'returned',
  'left',
  'ended',
  'forgotten',
  'revoked',
  'missed',
] as const

/**
 * `expired`: silent, now absent (or gone, without grace). `ended`: by the idle timeout or the
 * maximum session time. `forgotten`: absent for longer than the grace, or too often. `revoked`: by
 * an operator. `missed`: the visitor did not come in while the slot was held.
 */
export type LineEvent = (typeof LINE_EVENTS)[number]

const CODES = Object.fromEntries(LINE_EVENTS.map((event, code) => [event, code])) as Record<LineEvent, number>

export interface JournalEntry {
  /** 1, 2, 3, ... since the object started. */
  readonly sequence: number
  /** Wall-clock time of the event, ms since 1970. */
  readonly atMs: number
  readonly number: number
  readonly event: LineEvent
  /** The state before; null for a new ticket. */
  readonly from: StateName | null
}

export interface JournalPage {
  readonly entries: JournalEntry[]
  /** Sequence of the newest event. */
  readonly last: number
  /** Events between `after` and the first entry were overwritten. */
  readonly lost: boolean
}

export class Journal {
  private readonly atMs = new Float64Array(JOURNAL_SIZE)
  private readonly numbers = new Uint32Array(JOURNAL_SIZE)
  private readonly kinds = new Uint8Array(JOURNAL_SIZE)
  private readonly froms = new Int8Array(JOURNAL_SIZE)
  private last = 0

  push(atMs: number, number: number, event: LineEvent, from: State | null): void {
    this.last++
    const slot = this.last % JOURNAL_SIZE
    this.atMs[slot] = atMs
    this.numbers[slot] = number
    this.kinds[slot] = CODES[event]
    this.froms[slot] = from ?? -1
  }

  /**
   * Before `count` events are pushed: skips the first ones, which the rest would overwrite, and
   * returns how many. Halves the time of a tick that finds a million silent.
   */
  skipOverwritten(count: number): number {
    const overwritten = Math.max(0, count - JOURNAL_SIZE)
    this.last += overwritten
    return overwritten
  }

  /** The events after the given sequence, oldest first. */
  after(sequence: number): JournalPage {
    const oldest = Math.max(1, this.last - JOURNAL_SIZE + 1)
    const first = Math.max(sequence + 1, oldest)
    const entries: JournalEntry[] = []
    for (let s = first; s <= this.last; s++) entries.push(this.at(s))
    return { entries, last: this.last, lost: sequence + 1 < oldest }
  }

  /** The events of one number still in memory, oldest first. */
  of(number: number): JournalEntry[] {
    const entries: JournalEntry[] = []
    for (let s = Math.max(1, this.last - JOURNAL_SIZE + 1); s <= this.last; s++) {
      if (this.numbers[s % JOURNAL_SIZE] === number) entries.push(this.at(s))
    }
    return entries
  }

  /** The tickets in [first, end) got other numbers of the same range. */
  renumber(first: number, end: number, lineNumber: (number: number) => number): void {
    for (let slot = 0; slot < JOURNAL_SIZE; slot++) {
      const number = this.numbers[slot] as number
      if (number >= first && number < end) this.numbers[slot] = lineNumber(number)
    }
  }

  private at(sequence: number): JournalEntry {
    const slot = sequence % JOURNAL_SIZE
    const from = this.froms[slot] as number
    return {
      sequence,
      atMs: this.atMs[slot] as number,
      number: this.numbers[slot] as number,
      event: LINE_EVENTS[this.kinds[slot] as number] as LineEvent,
      from: from < 0 ? null : stateName(from as State),
    }
  }
}
