/**
 * Judges the events of a seed: nobody is admitted in a lobby, the draw is the permutation that its
 * published record describes, of exactly the tickets issued in the lobby, and the secret is the one
 * that the room committed to.
 */
import type { DrawResult } from '../../src/core/draw-result.ts'
import type { JournalEntry } from '../../src/core/journal.ts'
import type { Line } from '../../src/core/line.ts'
import { randomnessOfRound } from '../beacon.ts'
import type { Findings } from './findings.ts'
import { recomputedCommitment, recomputedLineNumbers } from './recomputed-draw.ts'

/** The tickets of a draw got new numbers. */
export interface Renumbering {
  readonly first: number
  readonly end: number
  /** By issued number. */
  readonly lineNumbers: ReadonlyMap<number, number>
}

/** Where the first arrival of a lobby ended: for the distribution over many seeds. */
export interface DrawnFirst {
  readonly rank: number
  readonly entries: number
}

export class DrawJudge {
  readonly firsts: DrawnFirst[] = []
  withRandomness = 0
  private readonly findings: Findings
  private readonly commitments = new Map<string, string>()
  private readonly openedAt = new Map<string, number>()
  /** Events that were suspended before this step. */
  private readonly suspended = new Set<string>()
  private readonly frozenAt = new Map<string, { readonly next: number; readonly frontier: number }>()
  private run = 0
  private judged = new Set<string>()
  private issuedNumbers = new Map<number, number>()
  private frontier = 1

  constructor(findings: Findings) {
    this.findings = findings
  }

  /** A new run has no entries. */
  startOver(): void {
    this.openedAt.clear()
    this.frozenAt.clear()
    this.issuedNumbers.clear()
    this.frontier = 1
  }

  issuedNumber(lineNumber: number): number {
    return this.issuedNumbers.get(lineNumber) ?? lineNumber
  }

  /**
   * @param nextBefore the next number to issue before this event
   * @returns the draw that this event made; null: none
   */
  see(what: string, line: Line, entries: readonly JournalEntry[], nextBefore: number): Renumbering | null {
    if (this.run !== line.run) this.judged = new Set(line.course.draws.published.map(keyOf))
    this.run = line.run
    const { followedMs: nowMs, draws, events } = line.course
    for (const { id, lobbyAtMs, startAtMs, suspended, draw } of events) {
      const isTimeOfLobby = lobbyAtMs !== null && lobbyAtMs <= nowMs && nowMs < startAtMs
      const isLobby = isTimeOfLobby && !suspended
      // A command that suspends an event finds its lobby open.
      const opens = isTimeOfLobby && !(suspended && this.suspended.has(id))
      if (suspended) this.suspended.add(id)
      else this.suspended.delete(id)
      if (isLobby && entries.some(({ event }) => event === 'admitted')) {
        this.findings.violation(`${what}: admitted in the lobby of ${id}`)
      }
      if (!draw) continue
      if (nowMs < startAtMs) this.frozenAt.delete(id)
      else if (suspended) this.openedAt.delete(id)
      if (opens && !this.openedAt.has(id)) this.openedAt.set(id, nextBefore)
      if (isLobby) this.judgeCommitment(id, line.course.drawOf(id).commitment)
      if (!suspended && nowMs >= startAtMs && !this.frozenAt.has(id)) {
        this.frozenAt.set(id, { next: nextBefore, frontier: this.frontier })
      }
    }
    const result = draws.published.find((each) => each.run === line.run && !this.judged.has(keyOf(each)))
    this.frontier = line.frontier
    if (result === undefined) return null
    this.judged.add(keyOf(result))
    return this.judgeResult(result)
  }

  private judgeCommitment(id: string, commitment: string | null): void {
    if (commitment === null) {
      this.findings.violation(`the lobby of ${id} is open without a commitment`)
      return
    }
    const before = this.commitments.get(id)
    if (before !== undefined && before !== commitment) this.findings.violation(`the commitment of ${id} has changed`)
    this.commitments.set(id, commitment)
  }

  private judgeResult(result: DrawResult): Renumbering {
    const { event, first, end, secret, commitment } = result
    const shown = this.commitments.get(event)
    if (recomputedCommitment(secret) !== commitment || (shown !== undefined && shown !== commitment)) {
      this.findings.violation(`the secret of ${event} is not the one that was committed to`)
    }
    const { beacon, randomness } = result
    if (randomness !== null && (beacon === null || randomness !== randomnessOfRound(beacon.round))) {
      this.findings.violation(`the randomness of ${event} is not that of its round`)
    }
    if (randomness !== null) this.withRandomness++
    const frozen = this.frozenAt.get(event)
    const expectedFirst = Math.max(this.openedAt.get(event) ?? first, frozen?.frontier ?? 1)
    if (first !== expectedFirst)
      this.findings.violation(`the entries of ${event} begin at ${first}, not ${expectedFirst}`)
    if (end !== frozen?.next) this.findings.violation(`the entries of ${event} end at ${end}, not ${frozen?.next}`)
    const numbers = recomputedLineNumbers(result)
    if (new Set(numbers).size !== numbers.length || numbers.some((number) => number < first || number >= end)) {
      this.findings.violation(`the draw of ${event} is no permutation of its entries`)
    }
    for (const [i, number] of numbers.entries()) this.issuedNumbers.set(number, first + i)
    if (end - first > 1) this.firsts.push({ rank: (numbers[0] as number) - first, entries: end - first })
    const lineNumbers = new Map(numbers.map((number, i) => [first + i, number]))
    return { first, end, lineNumbers }
  }
}

function keyOf({ run, event }: DrawResult): string {
  return `${run} ${event}`
}
