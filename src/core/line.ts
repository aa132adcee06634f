/**
 * The ordered line of one room: who joined, waits, is on the site, fell silent, left.
 *
 * Every event is: `beginCall` or `beginOther` with the time, any of the methods below, `verify`, then `takeChanges`, whose
 * result is durable before anyone is told. No clock, no randomness, no I/O: times are passed in.
 * Owns how a ticket moves. Who is admitted is in admission.ts, who is silent in silence.ts, how time counts in
 * listening-clock.ts, where tickets are kept in tickets.ts.
 */
import { admitByHand, admitWaiting, mayAdmitNewcomer } from './admission.ts'
import type { ClaimAnswer, ClaimDetails, JoinAnswer } from './answers.ts'
import { joinedSeconds, noteJoinTime } from './join-times.ts'
import { Journal, type LineEvent } from './journal.ts'
import { SEGMENT_SIZE } from './limits.ts'
import { ListeningClock } from './listening-clock.ts'
import { OriginGuard } from './origin-guard.ts'
import { OriginLatency, type OriginReport } from './origin-latency.ts'
import { type Pace, RateBucket } from './rate-bucket.ts'
import { RecentJoins } from './recent-joins.ts'
import { RecentRates } from './recent-rates.ts'
import { isClosed, type LineRules, type SteeredRules } from './rules.ts'
import { type Sample, Sampler } from './sample.ts'
import { Segment } from './segment.ts'
import { Sessions } from './sessions.ts'
import { afterSilence, silenceLimits, silentBefore, silentOffsets } from './silence.ts'
import {
  type LineChanges,
  NO_TOTALS,
  type StoredHead,
  type StoredLine,
  type StoredSegment,
  type Totals,
} from './stored.ts'
import { BEACON_FLAG, DEPARTING_FLAG, STATE_MASK, State } from './ticket-state.ts'
import { BrokenInvariant, Tickets } from './tickets.ts'
import { WaitTimes } from './wait-times.ts'

export class Line {
  readonly run: number
  readonly tickets = new Tickets()
  readonly journal = new Journal()
  readonly waits: WaitTimes
  readonly originLatency: OriginLatency
  readonly rates: RecentRates
  readonly totals: Totals
  /** 1 + the highest number ever admitted in this run. Never falls. */
  frontier = 1
  /** When the newest number joined, wall-clock seconds. */
  lastJoinSeconds = 0

  private readonly clock: ListeningClock
  private readonly bucket: RateBucket
  private guard: OriginGuard
  private readonly joins = new RecentJoins()
  private readonly sessions = new Sessions()
  private readonly limits: Uint32Array
  private readonly afterSilence: Uint8Array
  private readonly sampler: Sampler
  private currentRules: LineRules
  private nowMs: number
  private occupiedAtBegin = 0

  private constructor(rules: LineRules, run: number, nowMs: number, head?: StoredHead) {
    this.currentRules = rules
    this.run = run
    this.nowMs = nowMs
    this.limits = silenceLimits(rules)
    this.afterSilence = afterSilence(rules)
    this.clock = head ? new ListeningClock(head.clock, rules) : ListeningClock.start(nowMs, rules)
    this.bucket = head ? new RateBucket(head.bucket) : RateBucket.full(rules, nowMs)
    this.rates = new RecentRates(head?.rates)
    this.totals = { ...NO_TOTALS, ...head?.totals }
    this.sampler = new Sampler({ ...this.totals, ...head?.sampled })
    this.waits = new WaitTimes(head?.waits)
    this.originLatency = new OriginLatency(head?.originLatency)
    this.guard = new OriginGuard(head?.originGuard)
    this.frontier = head?.frontier ?? 1
    this.lastJoinSeconds = head?.lastJoinSeconds ?? 0
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
   * forgotten, too: they may have been taken back since.
   */
  static restore(rules: LineRules, stored: StoredLine, nowMs: number): Line {
    const line = new Line(rules, stored.head.run, nowMs, stored.head)
    const heard = line.clock.restoredHeardSeconds(rules.checkIntervalSeconds)
    const segments: Segment[] = []
    for (const row of stored.segments) {
      const segment = new Segment(row.index, row.states, row.joinSeconds)
      segment.heard.fill(heard)
      segment.forgetFlags(DEPARTING_FLAG)
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
    this.bucket.refill(this.pace, this.nowMs)
  }

  private begin(nowMs: number, count: () => void): void {
    const before = this.clock.listeningMs
    count()
    this.rates.pass(this.clock.listeningMs - before, this.tickets.waiting)
    this.bucket.refill(this.pace, nowMs)
    this.nowMs = nowMs
    this.occupiedAtBegin = this.tickets.occupied
  }

  /** A visitor was heard `ageMs` ago. Who was absent waits again with the old number. Unknown numbers are ignored. */
  hear(number: number, ageMs: number): void {
    const segment = this.tickets.segmentOf(number)
    if (segment === undefined) return
    const offset = number % SEGMENT_SIZE
    const byte = segment.states[offset] as number
    const state = byte & STATE_MASK
    if (state === State.gone) return
    const heard = this.clock.heardSeconds(ageMs, this.rules.checkIntervalSeconds)
    if (state === State.absent) {
      // A word that was under way for so long says nothing about now.
      if (ageMs >= this.rules.heartbeatTimeoutSeconds * 1000) return
      this.comeBack(number)
      segment.heard[offset] = heard
    } else {
      // After a restore the time last heard lies ahead of now; a goodbye is taken back all the same.
      const known = segment.heard[offset] as number
      const isNews = heard >= Math.min(known, this.clock.nowSeconds)
      if (isNews && (byte & DEPARTING_FLAG) !== 0) this.tickets.clearFlags(number, DEPARTING_FLAG)
      segment.heard[offset] = Math.max(known, heard)
    }
  }

  private comeBack(number: number): void {
    this.tickets.move(number, State.waiting)
    this.totals.returned++
    if (number >= this.frontier) this.rates.returned()
    this.note(number, 'returned', State.absent)
  }

  /** A page said goodbye `ageMs` ago: a hint that shortens the silence limit until the visitor is heard again. */
  depart(number: number, ageMs: number): void {
    const state = this.tickets.stateOf(number)
    if (state === State.gone || state === State.absent) return
    const known = this.tickets.segmentOf(number)?.heard[number % SEGMENT_SIZE] ?? 0
    const said = this.clock.goodbyeSeconds(ageMs)
    // Overtaken on its way: the visitor was heard after it.
    if (said < Math.min(known, this.clock.nowSeconds)) return
    this.hear(number, ageMs)
    this.tickets.setFlags(number, DEPARTING_FLAG)
  }

  /** A visitor gave up the place, finally; or an operator revoked it. False: it was gone before. */
  leave(number: number, event: 'left' | 'revoked' = 'left'): boolean {
    const state = this.tickets.stateOf(number)
    if (state === State.gone) return false
    this.end(number, state)
    this.totals.left++
    this.note(number, event, state)
    return true
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
    this.rates.admitted()
    const nowSeconds = Math.floor(this.nowMs / 1000)
    const joined = joinedSeconds(this.tickets, number, this.lastJoinSeconds) ?? nowSeconds
    this.noteAdmission(number, State.waiting, nowSeconds - joined)
  }

  /** What a visitor that was just heard is told; who was offered a place has it from now on. */
  claim(number: number, { beacon, touched }: ClaimDetails): ClaimAnswer {
    const state = this.tickets.stateOf(number)
    if (state === State.gone || state === State.absent) return { state: 'gone' }
    if (state === State.waiting) return { state: 'waiting', position: this.tickets.waitingBefore(number) + 1 }
    if (state === State.offered) {
      this.tickets.move(number, State.active)
      this.sessions.start(number, this.rules, this.clock.nowSeconds)
      this.note(number, 'claimed', state)
    }
    if (beacon) this.tickets.setFlags(number, BEACON_FLAG)
    if (touched) this.sessions.touch(number, this.clock.nowSeconds)
    return { state: 'active' }
  }

  /** A newcomer. The same key gets the same number for a minute. */
  join(key: string): JoinAnswer {
    const known = this.joins.find(key)
    // One that is gone, too: who asked has left since, and the call was delivered once more.
    if (known !== undefined) return this.joinAgain(known)
    if (this.rules.suspended) return { state: 'full', why: 'suspended' }
    if (isClosed(this.rules, this.nowMs)) return { state: 'full', why: 'closed' }
    if (this.tickets.isFull || this.tickets.waiting >= this.rules.maxWaiting) return { state: 'full' }
    const atOnce = mayAdmitNewcomer(this.tickets, this.bucket, this.rules)
    const heard = this.clock.heardSeconds(0, this.rules.checkIntervalSeconds)
    const number = this.tickets.issue(atOnce ? State.active : State.waiting, heard)
    this.lastJoinSeconds = Math.floor(this.nowMs / 1000)
    noteJoinTime(this.tickets, number, this.lastJoinSeconds)
    this.joins.remember(key, number, this.nowMs)
    this.totals.joined++
    this.note(number, 'joined', null)
    if (!atOnce) return { state: 'waiting', number }
    this.bucket.take()
    this.sessions.start(number, this.rules, this.clock.nowSeconds)
    this.noteAdmission(number, null, 0)
    return { state: 'active', number }
  }

  private joinAgain(number: number): JoinAnswer {
    this.hear(number, 0)
    const claimed = this.claim(number, { beacon: false, touched: false })
    return { state: claimed.state === 'active' ? 'active' : 'waiting', number }
  }

  /** How the origin did with those on the site. */
  noteOrigin(report: OriginReport): void {
    this.totals.originRequests += report.requests
    this.totals.originErrors += report.errors
    this.originLatency.add(report.latency)
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
    this.bucket.refill(this.pace, this.nowMs)
    this.expireSilent(this.tickets.all())
    for (const number of this.sessions.overdue(this.rules, this.clock.nowSeconds)) {
      this.end(number, State.active)
      this.totals.ended++
      this.note(number, 'ended', State.active)
    }
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
    const { tickets, rules } = this
    const isOpen = rules.mode === 'open' && !rules.suspended
    const possible = isOpen && tickets.waiting > 0 && tickets.occupied < rules.capacity
    const idleMs = nowMs - this.nowMs
    return possible && idleMs >= 2000 * rules.checkIntervalSeconds && this.bucket.wouldHaveAdmission(this.pace, nowMs)
  }

  /** The figures of this tick, and of what happened since the last one. */
  takeSample(): Sample {
    return this.sampler.take(this, this.nowMs)
  }

  /** Expires the silent of one segment and admits the next. False when that segment has no live ticket. */
  check(segmentIndex: number): boolean {
    const segment = this.tickets.segmentAt(segmentIndex)
    if (segment === undefined) return false
    this.expireSilent([segment])
    this.admit()
    return segment.live > 0
  }

  private expireSilent(segments: readonly Segment[]): void {
    const { nowSeconds, floorSeconds } = this.clock
    const before = silentBefore(this.limits, nowSeconds, floorSeconds)
    const silent = segments.map((segment) => ({ segment, offsets: silentOffsets(segment, before) }))
    let unnoted = this.journal.skipOverwritten(silent.reduce((sum, { offsets }) => sum + offsets.length, 0))
    for (const { segment, offsets } of silent) {
      if (offsets.length === 0) continue
      this.noteSilent(segment, offsets.subarray(unnoted))
      unnoted = Math.max(0, unnoted - offsets.length)
      this.sessions.endMany(segment, offsets)
      const from = this.tickets.moveMany(segment, offsets, this.afterSilence)
      segment.hearMany(offsets, nowSeconds)
      this.rates.leftLine(from[State.waiting])
      this.totals.forgotten += from[State.absent] as number
      this.totals.expired += offsets.length - (from[State.absent] as number)
    }
  }

  private noteSilent(segment: Segment, offsets: Uint16Array): void {
    for (const offset of offsets) {
      const from = segment.stateAt(offset)
      this.note(segment.index * SEGMENT_SIZE + offset, from === State.absent ? 'forgotten' : 'expired', from)
    }
  }

  private end(number: number, from: State): void {
    this.tickets.move(number, State.gone)
    this.noteEnd(number, from)
  }

  private noteEnd(number: number, from: State): void {
    if (from === State.waiting) this.rates.leftLine()
    if (from === State.active) this.sessions.end(number)
  }

  private noteAdmission(number: number, from: State | null, waitSeconds: number): void {
    this.waits.push(waitSeconds)
    this.frontier = Math.max(this.frontier, number + 1)
    this.totals.admitted++
    this.note(number, 'admitted', from)
  }

  private note(number: number, event: LineEvent, from: State | null): void {
    this.journal.push(this.nowMs, number, event, from)
  }

  /** The cheap invariants of every event. Throws before anything is stored. */
  verify(): void {
    this.tickets.verifyMoved()
    const { occupied, next } = this.tickets
    if (occupied > Math.max(this.rules.capacity, this.occupiedAtBegin)) {
      throw new BrokenInvariant(`${occupied} slots taken of ${this.rules.capacity}`)
    }
    if (this.frontier > next) throw new BrokenInvariant(`frontier ${this.frontier} above next number ${next}`)
  }

  /** Every invariant there is. For restore and tests: it looks at each ticket. */
  verifyAll(): void {
    this.tickets.verifyAll()
    if (this.frontier > this.tickets.next) {
      throw new BrokenInvariant(`frontier ${this.frontier} above next number ${this.tickets.next}`)
    }
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
      frontier: this.frontier,
      lastJoinSeconds: this.lastJoinSeconds,
      clock: this.clock.toStored(),
      bucket: this.bucket.toStored(),
      rates: this.rates.toStored(),
      totals: { ...this.totals },
      sampled: this.sampler.toStored(),
      waits: this.waits.toStored(),
      originLatency: this.originLatency.toStored(),
      originGuard: this.guard.toStored(),
    }
  }

  private toStoredSegment(segment: Segment): StoredSegment {
    const { index, states, joinSeconds } = segment
    return { index, states, joinSeconds, sessions: this.sessions.toStored(segment) }
  }
}
