/**
 * The events and the rate plan of a room, applied to its line: which rules are in force, which
 * credit the rate has earned, when a lobby opens and when its draw is made.
 *
 * Owns the order of these steps. The rules of events are in events.ts, lobbies and draws in
 * draws.ts.
 */

import { type DrawResult, lineNumbersOf } from './draw-result.ts'
import type { Draws, LineNumbers } from './draws.ts'
import type { ExpectedFlow } from './estimate.ts'
import {
  bordersBetween,
  currentEvent,
  type EventPhase,
  effectiveRules,
  meanRatePerMinute,
  phaseUnderWay,
  plannedPieces,
  type RoomEvent,
} from './events.ts'
import { REGULAR } from './lanes.ts'
import type { LineState } from './line-state.ts'
import type { Pace } from './rate-bucket.ts'
import type { RatePiece } from './rate-plan.ts'
import type { RuntimeRules } from './rules.ts'

/** The rate in force: the configured one, scaled by the origin guard. */
export function paceOf({ rules, guard }: LineState): Pace {
  const { ratePerMinute, checkIntervalSeconds } = rules
  return { ratePerMinute: ratePerMinute * guard.admissionFactor(rules), checkIntervalSeconds }
}

export class EventCourse {
  private readonly line: LineState

  constructor(line: LineState) {
    this.line = line
  }

  get events(): readonly RoomEvent[] {
    return this.line.events
  }

  get draws(): Draws {
    return this.line.draws
  }

  /** The time up to which events have been applied, ms since 1970. */
  get followedMs(): number {
    return this.line.followedMs
  }

  /** The event under way, from the opening of its lobby; null: none. */
  get current(): RoomEvent | null {
    return currentEvent(this.events, this.followedMs)
  }

  /** A lobby is open, or its draw is not made yet: nobody is admitted. */
  get isBeforeStart(): boolean {
    const { current } = this
    return this.draws.isDrawing || (current !== null && this.followedMs < current.startAtMs)
  }

  /** See events.ts. */
  get plannedPieces(): RatePiece[] | null {
    return plannedPieces(this.line.configuredRules, this.events, this.followedMs)
  }

  /** The rate in force. */
  get pace(): Pace {
    return paceOf(this.line)
  }

  /** The figures that estimates are made from. */
  get flow(): ExpectedFlow {
    const { record, rules, guard } = this.line
    const { admittedPerMinute, observedAdmissions, leaverSharePerMinute } = record.rates
    const pieces = this.plannedPieces
    return {
      atMs: record.nowMs,
      mode: rules.mode,
      event: this.isBeforeStart ? { phase: 'lobby' } : null,
      ratePerMinute: paceOf(this.line).ratePerMinute,
      admissionFactor: guard.admissionFactor(rules),
      admittedPerMinute,
      observedAdmissions,
      leaverSharePerMinute,
      ...(pieces === null ? {} : { ratePieces: pieces }),
    }
  }

  /** `none` for an event that is unknown, suspended or still to come. */
  phaseOf(eventId: string): EventPhase {
    const event = this.find(eventId)
    if (event === undefined || event.suspended) return 'none'
    if (event === this.current) return phaseUnderWay(event, this.followedMs, this.draws.isDrawing)
    return this.followedMs >= event.endAtMs ? 'ended' : 'none'
  }

  /** The published parts of an event's draw. */
  drawOf(eventId: string): { readonly commitment: string | null; readonly draw: DrawResult | null } {
    const event = this.find(eventId)
    if (event === undefined) return { commitment: null, draw: null }
    return { commitment: this.draws.commitmentOf(event), draw: this.draws.resultOf(event) }
  }

  /** The draw's commitment has been published. */
  isCommitted(eventId: string): boolean {
    return this.drawOf(eventId).commitment !== null
  }

  /** The entries of the draw are frozen: it is made, or waits for public randomness. */
  isFrozen(eventId: string): boolean {
    const event = this.find(eventId)
    return event !== undefined && this.draws.isFrozen(event)
  }

  private find(eventId: string): RoomEvent | undefined {
    return this.events.find(({ id }) => id === eventId)
  }

  /** The line number of an issued number: another one only for entries of a draw. */
  lineNumber(issued: number): number {
    return this.draws.lineNumber(this.line.run, issued)
  }

  /**
   * Applies every border of an event up to now, in order and each at its time, however late this
   * call is. So nothing depends on the alarm.
   */
  follow(nowMs: number): void {
    const { followedMs } = this
    const untilMs = Math.max(nowMs, followedMs)
    for (const atMs of bordersBetween(this.events, followedMs, untilMs)) this.enter(atMs, atMs)
    this.enter(untilMs, nowMs)
  }

  /** @param nowMs the clock of the rate's credit, which may go back */
  private enter(untilMs: number, nowMs: number): void {
    const { line, events, draws } = this
    const ratePerMinute = meanRatePerMinute(line.configuredRules, events, line.followedMs, untilMs)
    const { checkIntervalSeconds } = line.rules
    const factor = line.guard.admissionFactor(line.rules)
    line.bucket.refill({ ratePerMinute: ratePerMinute * factor, checkIntervalSeconds }, nowMs)
    line.followedMs = untilMs
    draws.follow(events, this.current, untilMs, this.numbers)
    this.makeDraw(null)
    this.applyRules(nowMs)
  }

  /**
   * Puts the rules of `followedMs` in force. Credit saved at a faster rate is cut to the new cap.
   */
  private applyRules(nowMs: number): void {
    const { line, events, draws } = this
    line.rules = effectiveRules(line.configuredRules, events, line.followedMs, draws.isDrawing)
    line.clock.setSuspended(line.rules.suspended, nowMs)
    line.bucket.refill(paceOf(line), nowMs)
  }

  /** Operators changed the rules. */
  applyRuntimeRules(changes: RuntimeRules): void {
    this.line.configuredRules = { ...this.line.configuredRules, ...changes }
    this.applyRules(this.line.record.nowMs)
  }

  /** Operators changed the events: by ascending time, not overlapping. */
  setEvents(events: readonly RoomEvent[]): void {
    this.line.events = events
    this.follow(this.line.record.nowMs)
  }

  /** The public randomness of a round is known. Ignored unless a draw waits for it. */
  provideRandomness(round: number, randomness: string): void {
    if (this.draws.awaitedRound?.round !== round) return
    this.makeDraw(randomness)
    this.applyRules(this.line.record.nowMs)
  }

  /**
   * Makes the frozen draw if its time has come: gives every entry its line number.
   * @param randomness of the awaited round, hex; null: not known
   */
  private makeDraw(randomness: string | null): void {
    const { draws, line } = this
    const result = draws.conclude(this.numbers, randomness)
    if (result === null || result.first === result.end) return
    const { first, end, frozenAtMs } = result
    const lineNumber = lineNumbersOf(result)
    line.tickets.renumber(first, end, lineNumber, Math.floor(frozenAtMs / 1000))
    line.lostPlaces.renumber(first, end, lineNumber)
    line.leftPlaces.renumber(first, end, lineNumber)
    line.record.journal.renumber(first, end, lineNumber)
    line.farPolls.renumbered(first, line.clock.nowSeconds)
  }

  private get numbers(): LineNumbers {
    const { run, tickets, record, numbers } = this.line
    const waitingBefore = (number: number) => tickets.waitingBefore(number)
    // Other lanes take part in no draw.
    const { next, frontier } = numbers.of(REGULAR)
    return { nowMs: record.nowMs, run, next, frontier, waitingBefore }
  }
}
