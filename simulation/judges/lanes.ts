/**
 * Judges which lane each admission went to: lanes that go first before all others and in their
 * order, no lane with a weight starved, and nobody admitted at once past someone who waits. Takes
 * the waiting tickets from their states and the journal, not from the line's counters.
 */
import type { JournalEntry } from '../../src/core/journal.ts'
import { SEGMENT_SIZE } from '../../src/core/limits.ts'
import type { Line } from '../../src/core/line.ts'
import { STATE_MASK, State } from '../../src/core/ticket-state.ts'
import type { Findings } from './findings.ts'
import { laneOfNumber, type PromisedLane, promisedLanes } from './specification.ts'

/** Exact but for rounding. */
const ROUNDING = 1e-6

/** An admission of a waiting ticket, or of a newcomer at once. */
interface Admission {
  readonly number: number
  readonly atOnce: boolean
  /** Waiting tickets by lane just before, without a newcomer's own. */
  readonly waiting: ReadonlyMap<number, number>
}

export class LaneJudge {
  /** Admissions in lanes other than the regular one. */
  admitted = 0
  private readonly findings: Findings
  /**
   * By lane: how much less than its share it got, at most, in any run of admissions that ends now
   * and in which it waited all the time.
   */
  private readonly owed = new Map<number, number>()
  private rules = ''

  constructor(findings: Findings) {
    this.findings = findings
  }

  startOver(): void {
    this.owed.clear()
  }

  see(what: string, line: Line, entries: readonly JournalEntry[]): void {
    if (!line.numbers.hasLanes) return
    const { numbers } = line
    const names = new Map(numbers.opened.map((index) => [index, numbers.of(index).name] as const))
    const lanes = promisedLanes(names, line.rules.lanes ?? [])
    // Other weights are another promise.
    const rules = JSON.stringify(line.rules.lanes)
    if (rules !== this.rules) this.owed.clear()
    this.rules = rules
    for (const admission of admissionsOf(line, entries)) {
      if (laneOfNumber(admission.number) !== 0) this.admitted++
      if (admission.atOnce) this.judgeAtOnce(what, admission)
      else this.judgeTurn(what, admission, lanes)
    }
  }

  private judgeAtOnce(what: string, { number, waiting }: Admission): void {
    const others = [...waiting.values()].reduce((sum, count) => sum + count, 0)
    if (others > 0) this.findings.violation(`${what}: ${number} admitted at once while ${others} wait`)
  }

  private judgeTurn(what: string, { number, waiting }: Admission, lanes: ReadonlyMap<number, PromisedLane>): void {
    const lane = laneOfNumber(number)
    const waits = [...lanes.keys()].filter((index) => (waiting.get(index) ?? 0) > 0)
    const placeOf = (index: number) => lanes.get(index)?.before ?? Number.POSITIVE_INFINITY
    const first = Math.min(...waits.map(placeOf))
    if (placeOf(lane) !== first) this.findings.violation(`${what}: ${number} admitted before a lane that goes first`)
    if (first !== Number.POSITIVE_INFINITY) return
    for (const [index, { share }] of lanes) {
      if (!waits.includes(index)) {
        this.owed.delete(index)
        continue
      }
      const owed = Math.max(0, this.owed.get(index) ?? 0) + share - Number(index === lane)
      this.owed.set(index, owed)
      // At least floor(n * share) - 1 of n admissions: fewer than 2 below n * share.
      if (owed >= 2 + ROUNDING) this.findings.violation(`${what}: lane ${index} starves, it is owed ${owed}`)
    }
  }
}

/** The admissions of an event in order, found by undoing its entries from the last to the first. */
function admissionsOf(line: Line, entries: readonly JournalEntry[]): Admission[] {
  if (!entries.some(({ event }) => event === 'admitted')) return []
  const waiting = waitingNow(line)
  const add = (number: number, count: number) => {
    const lane = laneOfNumber(number)
    waiting.set(lane, (waiting.get(lane) ?? 0) + count)
  }
  const admissions: Admission[] = []
  for (const { event, from, number } of entries.toReversed()) {
    if (event === 'admitted') {
      const atOnce = from === null
      if (atOnce) admissions.push({ number, atOnce, waiting: new Map(waiting) })
      add(number, 1)
      if (!atOnce) admissions.push({ number, atOnce, waiting: new Map(waiting) })
    } else if (event === 'joined' || event === 'returned') {
      add(number, -1)
    } else if (from === 'waiting') {
      add(number, 1)
    }
  }
  return admissions.reverse()
}

function waitingNow({ tickets }: Line): Map<number, number> {
  const waiting = new Map<number, number>()
  for (const { index, states } of tickets.all()) {
    const lane = laneOfNumber(index * SEGMENT_SIZE)
    const count = states.reduce((sum, byte) => sum + Number((byte & STATE_MASK) === State.waiting), 0)
    waiting.set(lane, (waiting.get(lane) ?? 0) + count)
  }
  return waiting
}
