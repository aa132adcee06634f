/**
 * The ordered line of one room: who joined, waits, is on the site, fell silent, left.
 *
 * Every event is: `beginCall` or `beginOther` with the time, any of the methods below, `verify`, then `takeChanges`, whose
 * result is durable before anyone is told. No clock, no randomness, no I/O: times are passed in.
 * Owns how a ticket moves. Who is admitted is in admission.ts, who is silent and what becomes of them in silence.ts and
 * expiry.ts, how time counts in listening-clock.ts, where tickets are kept in tickets.ts, what counts as what in line-record.ts.
 */

import { admitByHand, admitWaiting, hasPlace, mayAdmitNewcomer } from './admission.ts'
import { ageMs } from './age.ts'
import type { ClaimAnswer, ClaimDetails, JoinAnswer } from './answers.ts'
import type { ObstacleCounts } from './beacon-obstacles.ts'
import { Expiry } from './expiry.ts'
import type { Totals } from './figures.ts'
import { verifyEvent, verifyWhole } from './invariants.ts'
import type { Journal } from './journal.ts'
import { LineRecord } from './line-record.ts'
import { ListeningClock } from './listening-clock.ts'
import { LostPlaces } from './lost-places.ts'
import { OriginGuard } from './origin-guard.ts'
import type { OriginLatency, OriginReport } from './origin-latency.ts'
import { Presence } from './presence.ts'
import { type Pace, RateBucket } from './rate-bucket.ts'
import { RecentJoins } from './recent-joins.ts'
import type { RecentRates } from './recent-rates.ts'
import { isClosed, type LineRules, type SteeredRules } from './rules.ts'
import { type Sample, Sampler } from './sample.ts'
import { Segment } from './segment.ts'
import { Sessions } from './sessions.ts'
import { isKeptByGoodbye } from './silence.ts'
import type { LineChanges, StoredHead, StoredLine, StoredSegment } from './stored.ts'
import { BEACON_FLAG, DEPARTING_FLAG, State } from './ticket-state.ts'
import { Tickets } from './tickets.ts'
import { joinedSeconds, noteJoinTime, type WaitTimes } from './wait-times.ts'

export class Line {
  readonly run: number
  readonly tickets = new Tickets()
  readonly journal: Journal
  readonly totals: Totals
  readonly rates: RecentRates
  readonly waits: WaitTimes
  readonly originLatency: OriginLatency
  readonly pagesWithoutBeacon: ObstacleCounts

  private readonly record: LineRecord
  private readonly clock: ListeningClock
  private readonly bucket: RateBucket
  private guard: OriginGuard
  private readonly lost: LostPlaces
  private readonly joins = new RecentJoins()
  private readonly sessions = new Sessions()
  private readonly presence: Presence
  private readonly expiry: Expiry
  private readonly sampler: Sampler
  private currentRules: LineRules
  private occupiedAtBegin = 0

  private constructor(rules: LineRules, run: number, nowMs: number, head?: StoredHead) {
    this.currentRules = rules
    this.run = run
    this.record = new LineRecord(nowMs, head)
    this.journal = this.record.journal
    this.totals = this.record.totals
    this.rates = this.record.rates
    this.waits = this.record.waits
    this.originLatency = this.record.originLatency
    this.pagesWithoutBeacon = this.record.pagesWithoutBeacon
    this.clock = head ? new ListeningClock(head.clock, rules) : ListeningClock.start(nowMs, rules)
    this.bucket = head ? new RateBucket(head.bucket) : RateBucket.full(rules, nowMs)
    this.guard = new OriginGuard(head?.originGuard)
    this.lost = new LostPlaces(head?.lostPlaces)
    this.sampler = new Sampler({ ...this.totals, ...head?.sampled })
    const { tickets, sessions, clock, record } = this
    this.presence = new Presence(rules, { tickets, clock, record, onLost: (number) => this.losePlace(number) })
    this.expiry = new Expiry(rules, { tickets, sessions, clock, record })
  }

  /** 1 + the highest number ever admitted in this run. Never falls. */
  get frontier(): number {
    return this.record.frontier
  }
  /** Numbers from the frontier on that lost their place though their holder may still wait. */
  lostPlaces(nowMs: number): Uint32Array {
    return this.lost.numbersFrom(this.frontier, nowMs)
  }
  /** When the newest number joined, wall-clock seconds. */
  get lastJoinSeconds(): number {
    return this.record.lastJoinSeconds
  }

  get rules(): LineRules {
    return this.currentRules
  }

  /** A new, empty line. `run` numbers its life: higher than any run of this room before. */
  static start(rules: LineRules, run: number, nowMs: number): Line {
    return new Line(rules, run, nowMs)
  }

  /** A new, empty line in this one's place: nobody is left, but the site is as well as it was. */
  startOver(run: number, nowMs: number): Line {
    const line = Line.start(this.rules, run, nowMs)
    line.guard = new OriginGuard(this.guard.toStored())
    return line
  }

  /**
   * The line as it was stored; only when each ticket was last heard is not: see `restoredHeardSeconds`. So goodbyes are
   * forgotten, too, as they may have been taken back since; except those that keep a session for longer.
   */
  static restore(rules: LineRules, stored: StoredLine, nowMs: number): Line {
    const line = new Line(rules, stored.head.run, nowMs, stored.head)
    const heard = line.clock.restoredHeardSeconds(rules.checkIntervalSeconds)
    const segments: Segment[] = []
    for (const row of stored.segments) {
      const segment = new Segment(row.index, row.states, row.joinSeconds)
      segment.heard.fill(heard)
      segment.forgetFlags(DEPARTING_FLAG, (byte) => !isKeptByGoodbye(byte, rules))
      line.sessions.restore(segment, row.sessions, rules, line.clock.nowSeconds)
      segments.push(segment)
    }
    line.tickets.restore(segments, stored.head.next)
    // With rules of less capacity than there was: no event has let in too many.
    line.occupiedAtBegin = line.tickets.occupied
    line.verifyAll()
    return line
  }

  /** An isolate called. */
  beginCall(nowMs: number): void {
    this.begin(nowMs, () => this.clock.call(nowMs, this.rules.checkIntervalSeconds))
  }

  /** Anything else happened: a tick, a check, the operator. */
  beginOther(nowMs: number): void {
    this.begin(nowMs, () => this.clock.other(nowMs, this.rules.checkIntervalSeconds, this.tickets.live))
  }

  /** Operators changed what admission goes by. What a faster rate had saved up is cut to the slower one. */
  steer(changes: SteeredRules): void {
    this.currentRules = { ...this.currentRules, ...changes }
    this.clock.follow(this.rules.suspended, this.record.nowMs)
    this.bucket.refill(this.pace, this.record.nowMs)
  }

  private begin(nowMs: number, count: () => void): void {
    const before = this.clock.listeningMs
    this.clock.follow(this.rules.suspended, nowMs)
    count()
    this.rates.pass(this.clock.listeningMs - before, this.tickets.waiting)
    this.bucket.refill(this.pace, nowMs)
    this.record.nowMs = nowMs
    this.occupiedAtBegin = this.tickets.occupied
  }

  /** A visitor was heard `ageMs` ago. Who was absent waits again with the old number. Unknown numbers are ignored. */
  hear(number: number, ageMs: number): void {
    this.presence.hear(number, ageMs)
  }

  /** A session was used `ageMs` ago. */
  touch(number: number, ageMs: number): void {
    this.sessions.touch(number, this.clock.heardSeconds(ageMs, this.rules.checkIntervalSeconds))
  }

  /** A page said goodbye `ageMs` ago: another silence limit holds until the visitor is heard again. */
  depart(number: number, ageMs: number): void {
    this.presence.depart(number, ageMs)
  }

  /** A visitor gave up the place, finally; or an operator revoked it. False: it was gone before. */
  leave(number: number, event: 'left' | 'revoked' = 'left'): boolean {
    const state = this.tickets.stateOf(number)
    if (state === State.gone) return false
    this.end(number, state, event)
    // Whoever gives up a place knows it.
    if (event === 'revoked') this.lost.add(number, this.record.nowMs)
    return true
  }

  /** Back from absence once too often: whoever holds it is told, and may join again at the end. */
  private losePlace(number: number): void {
    this.end(number, State.absent, 'forgotten')
    this.lost.add(number, this.record.nowMs)
  }

  /** Admits as many as capacity and rate allow. */
  admit(): void {
    admitWaiting(this.tickets, this.bucket, this.rules, (number) => this.noteOffer(number))
  }

  /** Admits the next `count` whatever the rate, as far as the capacity allows. Returns how many. */
  admitByHand(count: number): number {
    const before = this.totals.admitted
    admitByHand(this.tickets, this.rules, count, (number) => this.noteOffer(number))
    return this.totals.admitted - before
  }

  private noteOffer(number: number): void {
    this.record.offered(number, joinedSeconds(this.tickets, number, this.lastJoinSeconds))
  }

  /** What a visitor that was just heard is told; who was offered a place has it from now on. */
  claim(number: number, { beacon, touched }: ClaimDetails): ClaimAnswer {
    const state = this.tickets.stateOf(number)
    if (state === State.gone || state === State.absent) return { state: 'gone' }
    if (state === State.waiting) return { state: 'waiting', position: this.tickets.waitingBefore(number) + 1 }
    if (state === State.offered) {
      this.tickets.move(number, State.active)
      this.sessions.start(number, this.rules, this.clock.nowSeconds)
      this.record.claimed(number)
    }
    if (beacon) this.tickets.setFlags(number, BEACON_FLAG)
    if (touched) this.touch(number, 0)
    return { state: 'active' }
  }

  /** A newcomer. The same key gets the same number for a minute. */
  join(key: string): JoinAnswer {
    const known = this.joins.find(key)
    // One that is gone, too: who asked has left since, and the call was delivered once more.
    if (known !== undefined) return this.joinAgain(known)
    if (this.rules.suspended) return { state: 'full', why: 'suspended' }
    if (isClosed(this.rules, this.record.nowMs)) return { state: 'full', why: 'closed' }
    if (this.tickets.isFull || this.tickets.waiting >= this.rules.maxWaiting) return { state: 'full' }
    const atOnce = mayAdmitNewcomer(this.tickets, this.bucket, this.rules)
    const heard = this.clock.heardSeconds(0, this.rules.checkIntervalSeconds)
    const number = this.tickets.issue(atOnce ? State.active : State.waiting, heard)
    this.record.joined(number)
    noteJoinTime(this.tickets, number, this.lastJoinSeconds)
    this.joins.remember(key, number, this.record.nowMs)
    if (!atOnce) return { state: 'waiting', number }
    this.bucket.take()
    this.sessions.start(number, this.rules, this.clock.nowSeconds)
    this.record.admittedAtOnce(number)
    return { state: 'active', number }
  }

  private joinAgain(number: number): JoinAnswer {
    this.hear(number, 0)
    const claimed = this.claim(number, { beacon: false, touched: false })
    return { state: claimed.state === 'active' ? 'active' : 'waiting', number }
  }

  /** How the origin did with those on the site. */
  noteOrigin(report: OriginReport): void {
    this.record.origin(report)
    this.guard.note(report)
  }

  /** What the origin guard scales the rate of admission by, 0 to 1; 1 while it is off or content. */
  get admissionFactor(): number {
    return this.guard.admissionFactor(this.rules)
  }

  /** The rate in force: the set one and what the origin guard makes of it. */
  get pace(): Pace {
    const { ratePerMinute, checkIntervalSeconds } = this.rules
    return { ratePerMinute: ratePerMinute * this.admissionFactor, checkIntervalSeconds }
  }

  /** The tick: judges the origin, expires the silent, ends overdue sessions, admits the next, forgets empty segments. */
  advance(): void {
    this.guard.judge(this.rules)
    // What was saved up at a higher rate is not spent at a lower one.
    this.bucket.refill(this.pace, this.record.nowMs)
    this.expireSilent(this.tickets.all())
    for (const number of this.sessions.overdue(this.rules, this.clock)) this.end(number, State.active, 'ended')
    this.admit()
    this.tickets.dropEmpty()
    this.clock.tickDone()
    this.tickets.verifyOneSegment()
  }

  /**
   * People wait and could be let in, but for two intervals nothing has happened that would do it: every event admits, so
   * the clockwork must have stopped.
   */
  isStalled(nowMs: number): boolean {
    const isPossible = this.tickets.waiting > 0 && hasPlace(this.tickets, this.rules)
    return (
      isPossible &&
      ageMs(this.record.nowMs, nowMs) >= 2000 * this.rules.checkIntervalSeconds &&
      this.bucket.wouldHaveAdmission(this.pace, nowMs)
    )
  }

  /** The figures of this tick, and of what happened since the last one. */
  takeSample(): Sample {
    return this.sampler.take(this, this.record.nowMs)
  }

  /** Expires the silent of one segment and admits the next. False when that segment has no live ticket. */
  check(segmentIndex: number): boolean {
    const segment = this.tickets.segmentAt(segmentIndex)
    if (segment === undefined) return false
    this.expireSilent([segment])
    this.admit()
    return segment.live > 0
  }

  /** Nobody falls silent in a suspended room: its clock stands still, and who was silent before is left as well. */
  private expireSilent(segments: readonly Segment[]): void {
    if (!this.rules.suspended) this.expiry.expireSilent(segments)
  }

  private end(number: number, from: State, event: 'left' | 'revoked' | 'ended' | 'forgotten'): void {
    this.tickets.move(number, State.gone)
    if (from === State.active) this.sessions.end(number)
    this.record.over(number, from, event)
  }

  /** The cheap invariants of every event. Throws before anything is stored. */
  verify(): void {
    verifyEvent(this, this.rules.capacity, this.occupiedAtBegin)
  }

  /** Every invariant there is. For restore and tests: it looks at each ticket. */
  verifyAll(): void {
    verifyWhole(this)
  }

  /** What must be stored before anyone is told; null: nothing. With `everything` (the tick) lazy changes, too. */
  takeChanges(everything: boolean): LineChanges | null {
    const { changed, dropped } = this.tickets.takeChanges(everything)
    const clockHasNews = this.tickets.live > 0 && this.clock.hasNewsToStore(this.rules.checkIntervalSeconds)
    if (!everything && !clockHasNews && changed.length === 0 && dropped.length === 0) return null
    return { head: this.toStoredHead(), segments: changed.map((segment) => this.toStoredSegment(segment)), dropped }
  }

  private toStoredHead(): StoredHead {
    return {
      run: this.run,
      next: this.tickets.next,
      ...this.record.toStored(),
      clock: this.clock.toStored(),
      bucket: this.bucket.toStored(),
      sampled: this.sampler.toStored(),
      originGuard: this.guard.toStored(),
      lostPlaces: this.lost.toStored(),
    }
  }

  private toStoredSegment(segment: Segment): StoredSegment {
    const { index, states, joinSeconds } = segment
    return { index, states, joinSeconds, sessions: this.sessions.toStored(segment) }
  }
}
