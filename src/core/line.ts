/**
 * The ordered line of one room: visitors who join, wait, are on the site, fall silent or leave.
 *
 * Every event calls `beginCall` or `beginInternalEvent` with the time, then any of the methods
 * below, `verify`, and `takeChanges`, whose result must be durable before any visitor is answered.
 * No clock, randomness or I/O: times are passed in. Owns the events. The rule of admission is in
 * admission.ts, joins, claims and leaves in places.ts, presence and expiry in presence.ts and
 * silence.ts, the clock in listening-clock.ts, the table of tickets in tickets.ts, the counters in
 * line-record.ts, what is persisted in line-state.ts.
 */
import { admitByHand, admitWaiting, hasFreeSlot, verifyCapacity } from './admission.ts'
import { ageMs } from './age.ts'
import { EventCourse } from './event-course.ts'
import type { RoomEvent } from './events.ts'
import type { Totals } from './figures.ts'
import { Holders } from './holders.ts'
import type { Journal } from './journal.ts'
import type { LaneNumbers } from './lane-numbers.ts'
import type { LaneOrder } from './lane-order.ts'
import { REGULAR } from './lanes.ts'
import { Lending } from './lending.ts'
import type { LineRecord } from './line-record.ts'
import { type LineChanges, LineState, type StoredLine } from './line-state.ts'
import type { ObstacleCounts, OriginLatency, OriginReport } from './origin-report.ts'
import { Places } from './places.ts'
import { Presence } from './presence.ts'
import type { Pace } from './rate-bucket.ts'
import type { RecentRates } from './recent-rates.ts'
import type { LineRules, RuntimeRules } from './rules.ts'
import type { Distributions, FullSample } from './sample.ts'
import { State } from './ticket-state.ts'
import type { Tickets } from './tickets.ts'
import { joinedSeconds, type WaitTimes } from './wait-times.ts'

export class Line {
  readonly presence: Presence
  /** The places of visitors, from the join on. */
  readonly places: Places
  /** The events of the room, and the rules that they put in force. */
  readonly course: EventCourse
  readonly tickets: Tickets
  /** The slots lent to isolates. */
  readonly lending: Lending
  /** Places that moved to another device. */
  readonly holders = new Holders()
  /** The numbers of the regular line and of each lane. */
  readonly numbers: LaneNumbers
  readonly laneOrder: LaneOrder
  readonly journal: Journal
  readonly totals: Totals
  readonly rates: RecentRates
  readonly waits: WaitTimes
  readonly distributions: Distributions
  readonly originLatency: OriginLatency
  /** Pages of the site that got no beacon script, by reason. */
  readonly pagesWithoutBeacon: ObstacleCounts

  private readonly state: LineState
  private readonly record: LineRecord
  /**
   * Slots taken when the event under way began. After a restore these may exceed the capacity,
   * which a deploy can lower.
   */
  private occupiedAtBegin: number

  private constructor(state: LineState) {
    const { record } = state
    this.state = state
    this.tickets = state.tickets
    this.numbers = state.numbers
    this.laneOrder = state.laneOrder
    this.record = record
    this.journal = record.journal
    this.totals = record.totals
    this.rates = record.rates
    this.waits = record.waits
    this.distributions = record.distributions
    this.originLatency = record.originLatency
    this.pagesWithoutBeacon = record.pagesWithoutBeacon
    this.course = new EventCourse(state)
    this.lending = new Lending(state, this.course)
    this.presence = new Presence(state, this.lending, (number) => this.places.lose(number))
    this.places = new Places(state, this.course, this.presence)
    this.occupiedAtBegin = state.tickets.occupied
  }

  /** A new, empty line. `run`: higher than any run of this room before. */
  static start(rules: LineRules, run: number, nowMs: number, events: readonly RoomEvent[] = []): Line {
    return new Line(new LineState({ rules, events }, run, nowMs))
  }

  /**
   * A new, empty line that replaces this one. It keeps what the origin guard knows of the site, and
   * the published draws.
   */
  startOver(run: number, nowMs: number): Line {
    const { configuredRules: rules, events, guard, draws } = this.state
    const kept = { guard: guard.toStored(), draws: draws.toNextRun() }
    const line = new Line(new LineState({ rules, events }, run, nowMs, undefined, kept))
    // An open lobby continues in the new run.
    line.course.setEvents(events)
    return line
  }

  /** The line as it was stored. @throws BrokenInvariant */
  static restore(rules: LineRules, stored: StoredLine, nowMs: number, events: readonly RoomEvent[] = []): Line {
    return new Line(LineState.restore({ rules, events }, stored, nowMs))
  }

  get run(): number {
    return this.state.run
  }

  /** The rules in force: the configured ones, changed by the event and the plan under way. */
  get rules(): LineRules {
    return this.state.rules
  }

  /** 1 + the highest regular number ever admitted in this run. Never falls. */
  get frontier(): number {
    return this.numbers.of(REGULAR).frontier
  }

  /** Wall-clock time of the event under way, ms. */
  get nowMs(): number {
    return this.record.nowMs
  }

  /** When the newest regular number joined, wall-clock seconds. */
  get lastJoinSeconds(): number {
    return this.numbers.of(REGULAR).lastJoinSeconds
  }

  /** Visitors from this number on may poll less often; infinite: nobody may. */
  get farFrom(): number {
    return this.state.farPolls.told
  }

  /** Numbers from the frontier on that lost their place although their holder may still wait. */
  lostPlaces(nowMs: number): Uint32Array {
    return this.state.lostPlaces.numbersFrom(this.frontier, nowMs)
  }

  /** Numbers from the frontier on that were given up for good. */
  leftPlaces(nowMs: number): Uint32Array {
    return this.state.leftPlaces.numbersFrom(this.frontier, nowMs)
  }

  /** Whether the ticket with this issued number is not gone. */
  isLive(issued: number): boolean {
    return this.tickets.stateOf(this.course.lineNumber(issued)) !== State.gone
  }

  /** An isolate called. */
  beginCall(nowMs: number): void {
    this.begin(nowMs, () => this.state.clock.advanceOnCall(nowMs, this.rules.checkIntervalSeconds))
  }

  /** Anything else happened: a tick, a check, an operator's command. */
  beginInternalEvent(nowMs: number): void {
    const { clock, tickets, rules } = this.state
    this.begin(nowMs, () => clock.advanceOnInternalEvent(nowMs, rules.checkIntervalSeconds, tickets.live))
  }

  private begin(nowMs: number, advanceClock: () => void): void {
    const { clock } = this.state
    this.record.nowMs = nowMs
    const before = clock.listeningMs
    this.course.follow(nowMs)
    advanceClock()
    this.rates.pass(clock.listeningMs - before, this.tickets.waiting)
    this.occupiedAtBegin = this.tickets.occupied
  }

  /** Operators changed the rules. */
  applyRuntimeRules(changes: RuntimeRules): void {
    this.course.applyRuntimeRules(changes)
  }

  /** Admits as many as capacity and rate allow. */
  admit(): void {
    admitWaiting(this.tickets, this.laneOrder, this.state.bucket, this.rules, (number) => this.noteOffer(number))
  }

  /**
   * Admits the next `count` regardless of the rate, within the capacity. Returns how many were
   * admitted.
   */
  admitByHand(count: number): number {
    const before = this.totals.admitted
    admitByHand(this.tickets, this.laneOrder, this.rules, count, (number) => this.noteOffer(number))
    return this.totals.admitted - before
  }

  private noteOffer(number: number): void {
    this.record.offered(number, joinedSeconds(this.tickets, number))
  }

  /** How the origin served admitted visitors. */
  noteOrigin(report: OriginReport): void {
    this.record.origin(report)
    this.state.guard.note(report)
  }

  /**
   * The origin guard's factor on the rate of admission, 0 to 1; 1 while the guard is off or
   * content.
   */
  get admissionFactor(): number {
    return this.state.guard.admissionFactor(this.rules)
  }

  /** The rate in force: the configured rate times the origin guard's factor. */
  get pace(): Pace {
    return this.course.pace
  }

  /**
   * The tick: judges the origin, expires silent tickets, ends overdue sessions, admits, drops empty
   * segments.
   */
  advance(): void {
    const { guard, bucket, clock, sessions, heldOffers, tickets } = this.state
    guard.judge(this.rules)
    // Credit saved at a higher rate is not spent at a lower one.
    bucket.refill(this.pace, this.record.nowMs)
    this.presence.expireSilent(tickets.all())
    for (const number of sessions.overdue(this.rules, clock)) this.places.end(number, State.active, 'ended')
    for (const number of heldOffers.overdue(this.rules, clock)) this.places.missTurn(number)
    this.admit()
    this.state.farPolls.follow(tickets, this.course.flow, this.rules, clock.nowSeconds)
    tickets.dropEmpty()
    this.holders.forgetGone((issued) => this.isLive(issued))
    this.state.draws.forgetOld(this.run, (first, end) => tickets.mayBeLive(first, end))
    clock.endTick()
    tickets.verifyOneSegment()
  }

  /**
   * Expires the silent tickets of one segment and admits. False when the segment has no live
   * ticket.
   */
  check(segmentIndex: number): boolean {
    const segment = this.tickets.segmentAt(segmentIndex)
    if (segment === undefined) return false
    this.presence.expireSilent([segment])
    this.admit()
    return segment.live > 0
  }

  /**
   * A waiting ticket could be admitted, but nothing has happened for two intervals. Every event
   * admits, so the alarm and the checks must have stopped.
   */
  isStalled(nowMs: number): boolean {
    return (
      this.tickets.waiting > 0 &&
      hasFreeSlot(this.tickets, this.rules) &&
      ageMs(this.record.nowMs, nowMs) >= 2000 * this.rules.checkIntervalSeconds &&
      this.state.bucket.wouldHaveAdmission(this.pace, nowMs)
    )
  }

  /** The figures of this tick: the state now, and the counts since the last tick. */
  takeSample(): FullSample {
    return this.state.sampler.take(this, this.record.nowMs)
  }

  /**
   * The cheap invariants of every event, checked before anything is stored. @throws BrokenInvariant
   */
  verify(): void {
    this.tickets.verifyMoved()
    verifyCapacity(this.tickets.occupied, this.rules.capacity, this.occupiedAtBegin)
    this.numbers.verify()
  }

  /** All invariants. Looks at each ticket. @throws BrokenInvariant */
  verifyAll(): void {
    this.state.verifyAll()
  }

  /** See `LineState.takeChanges`. */
  takeChanges(everything: boolean): LineChanges | null {
    return this.state.takeChanges(everything)
  }
}
