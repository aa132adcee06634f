/**
 * One isolate's side of the exchange with one room's object: group commit, presence, snapshot and
 * pacing.
 *
 * Requests ask (`join`, `claim`, `leave`, `refresh`) and wait. While no call is under way the first
 * one leads a call at once; questions that arrive during a call share the next one. Presence
 * (`hear`, `depart`) waits about a second at most and rides along.
 *
 * The platform may cancel the work of a request that has ended, including its timers and calls. So
 * nothing here relies on one request: a request that has heard nothing for a while leads another
 * call for everyone in the same case. Calls may repeat: a join has a key, everything else is
 * idempotent. No request awaits a promise that another request's call resolves: under load the
 * runtime may resume it in the other request's context, where its own I/O fails (figures in
 * docs/architecture.md). Requests that do not lead look for their answer by their own timer.
 *
 * Owns no rule of the line. The port provides the clock, timers, ids and the call itself.
 */

import { ageMs } from '../core/age.ts'
import type { CallCounts, ClaimRequest, ExchangeAnswer, JoinDetails } from '../core/exchange.ts'
import type { BeaconObstacle } from '../core/origin-report.ts'
import { longestSilenceSeconds } from '../core/silence.ts'
import type { SnapshotView } from '../core/snapshot-view.ts'
import {
  ATTEMPTS_MAX,
  CONFIRMATION_MAY_WAIT_MS,
  FLUSH_AFTER_MS,
  FLUSH_TAKEOVER_MS,
  GATHERER_HINT_PATIENCE_MS,
  GATHERER_HINT_SECONDS,
  GIVE_UP_AFTER_MS,
  LEASE_REFILL_AFTER_MS,
  ORIGIN_FLUSH_AFTER_MS,
  REPORTS_KEPT_UNKNOWN_SECONDS,
  SNAPSHOT_FRESH_MS,
} from '../limits.ts'
import { isOverloaded } from './call-errors.ts'
import { CallPace } from './call-pace.ts'
import { type CallPorts, CallRoute } from './call-route.ts'
import { type Answers, Entry, EntryQueue, type Question, toWire, UNREACHABLE, type Unreachable } from './entry-queue.ts'
import type { GathererHint } from './gatherer-hint.ts'
import { KnownRoom } from './known-room.ts'
import { allowsLeases, Leases } from './leases.ts'
import { type OriginOutcome, PendingReports } from './pending-reports.ts'

export interface RoomPort extends CallPorts {
  /** Calls back once after `ms`; the result cancels it. */
  after(ms: number, callback: () => void): () => void
  nowMs(): number
  randomId(): string
  /** 0 to 1. */
  random(): number
  onCallFailed(error: unknown): void
  /** Missing: there are no gatherers, or nothing knows of them. */
  readonly hint?: GathererHint
}

/** See `CallCounts`. */
export type CheckCount = Extract<
  keyof CallCounts,
  | 'checksPassed'
  | 'checksFailed'
  | 'checksOverlooked'
  | 'checksUnreachable'
  | 'infiniteAnswers'
  | 'proofsSolved'
  | 'proofsRefused'
  | 'slowJoins'
  | 'keysMissing'
  | 'keyPasses'
>

/** The limits of newcomers, by the count of their refusals. */
export type JoinLimit = Extract<keyof CallCounts, 'limited' | 'limitedByNetwork' | 'limitedByClient'>

/** Keeps work alive after its request was answered. */
export interface KeepAlive {
  waitUntil(work: Promise<unknown>): void
}

export class RoomClient {
  private readonly room: string
  private readonly port: RoomPort
  private readonly isolate: string

  private readonly known = new KnownRoom()
  private readonly entries = new EntryQueue()
  private readonly pace = new CallPace()
  private readonly leases = new Leases()
  private readonly route: CallRoute
  private reports = new PendingReports()
  private flushDueMs: number | null = null
  private keptFreshMs = Number.NEGATIVE_INFINITY
  private hintedMs = Number.NEGATIVE_INFINITY

  constructor(room: string, port: RoomPort) {
    this.room = room
    this.port = port
    this.isolate = port.randomId()
    this.route = new CallRoute(port)
  }

  /** The newest snapshot, null before the first answer. */
  get view(): SnapshotView | null {
    return this.known.view
  }

  /** The run of the newest answer, or before any answer that of the newest authentic token. */
  get knownRun(): number {
    return this.known.run
  }

  /**
   * Before the first answer, an authentic token that was confirmed recently tells how many
   * gatherers there are: many isolates that are new at once must not all call the object.
   */
  learnGatherers({ gatherers = 0, seenSeconds }: { readonly gatherers?: number; readonly seenSeconds: number }): void {
    if (gatherers > 0) this.known.learnGatherers(gatherers, ageMs(seenSeconds * 1000, this.port.nowMs()))
  }

  /** @param key makes repeated joins one: see `JOIN_KEY_SECONDS`; by default a random one */
  join(
    keepAlive: KeepAlive,
    details: JoinDetails = {},
    key = this.port.randomId(),
  ): Promise<Answers['join'] | Unreachable> {
    return this.ask({ kind: 'join', key, details }, keepAlive)
  }

  /**
   * The number of a slot that the object lent, for a newcomer who needs nothing else from it. Null:
   * the newcomer has to join.
   */
  takeLent(keepAlive: KeepAlive, details: JoinDetails = {}): { readonly run: number; readonly number: number } | null {
    const number = this.leases.take(this.port.nowMs(), details)
    if (number === null) return null
    this.scheduleFlush(keepAlive, this.leases.isLow ? LEASE_REFILL_AFTER_MS : FLUSH_AFTER_MS)
    return { run: this.known.run, number }
  }

  /**
   * Asks what the holder of a number may do, and reports the holder's presence. `mayWait`: the
   * answer is not urgent, so the claim may wait a moment for a call that others need.
   */
  async claim(
    run: number,
    number: number,
    details: Omit<ClaimRequest, 'number' | 'ageMs'>,
    keepAlive: KeepAlive,
    mayWait = false,
  ): Promise<Answers['claim'] | Unreachable> {
    const askedMs = this.port.nowMs()
    await this.learnRun(run, keepAlive)
    const claim = { kind: 'claim', run, claim: { number, ...details } } as const
    const answer = await this.ask(claim, keepAlive, mayWait ? CONFIRMATION_MAY_WAIT_MS : 0)
    if (answer.state === 'unreachable') this.keepHeard(run, number, askedMs, keepAlive)
    return answer
  }

  /** Reports the presence of a visitor whose claim was not answered in time. */
  private keepHeard(run: number, number: number, heardMs: number, keepAlive: KeepAlive): void {
    if (run !== this.known.run) return
    this.reports.hearClaim(number, heardMs)
    this.scheduleFlush(keepAlive)
  }

  /**
   * Gives a number up for good.
   * @param holder which device gives it up: one that no longer holds the place cannot
   */
  async leave(
    run: number,
    number: number,
    keepAlive: KeepAlive,
    holder = 0,
  ): Promise<Answers['leave'] | Answers['claim'] | Unreachable> {
    await this.learnRun(run, keepAlive)
    return this.ask({ kind: 'leave', run, number, holder }, keepAlive)
  }

  /** Makes sure that the snapshot is fresh; false when the object is unreachable. */
  async refresh(run: number, keepAlive: KeepAlive): Promise<boolean> {
    await this.learnRun(run, keepAlive)
    if (this.isFresh) return true
    return (await this.ask<'refresh'>({ kind: 'refresh' }, keepAlive)).state === 'fresh'
  }

  /** The holder of a number is present. */
  hear(run: number, number: number, keepAlive: KeepAlive): void {
    const heardMs = this.port.nowMs()
    this.report(run, () => this.reports.hear(number, heardMs), keepAlive)
  }

  /** The holder of a number uses the site: present, and the session is not idle. */
  use(run: number, number: number, keepAlive: KeepAlive): void {
    const usedMs = this.port.nowMs()
    const note = () => {
      this.reports.hear(number, usedMs)
      if (this.known.hasIdleLimit) this.reports.touch(number, usedMs)
    }
    this.report(run, note, keepAlive)
  }

  /**
   * The page of a number's holder was closed or left.
   * @param holder which device left: one that no longer holds the place changes nothing
   */
  depart(run: number, number: number, keepAlive: KeepAlive, holder = 0): void {
    const departedMs = this.port.nowMs()
    this.report(run, () => this.reports.depart(number, departedMs, holder), keepAlive)
  }

  /** Notes a report for the next call. The object must confirm a newer run first. */
  private report(run: number, note: () => void, keepAlive: KeepAlive): void {
    this.learnFirstRun(run)
    if (run > this.known.run) {
      const learning = this.learnRun(run, keepAlive)
      keepAlive.waitUntil(learning.then(() => run === this.known.run && this.report(run, note, keepAlive)))
    }
    if (run !== this.known.run) return
    note()
    this.scheduleFlush(keepAlive)
  }

  /** An authentic pass was honoured while the object was out of reach. */
  countHonoured(): void {
    this.reports.count('honoured')
  }

  /**
   * Checks before joining, answers in the infinite queue, uses or lack of access keys. They ride
   * along with the calls of others: a crowd of programs must not cause calls.
   */
  countCheck(what: CheckCount): void {
    this.reports.count(what)
  }

  /**
   * Newcomers over a join limit, tokens presented by another client, or keys that do not count.
   * Justifies a call.
   */
  countRefused(what: JoinLimit | 'foreign' | 'keysRefused', keepAlive: KeepAlive, count = 1): void {
    this.reports.count(what, count)
    this.scheduleFlush(keepAlive)
  }

  /** The outcome of a request to the origin. Waits longer for a call than presence does. */
  countOrigin(outcome: OriginOutcome, keepAlive: KeepAlive): void {
    this.reports.countOrigin(outcome)
    this.scheduleFlush(keepAlive, ORIGIN_FLUSH_AFTER_MS)
  }

  /** A page of the site got no beacon script. Rides along with the outcome of its request. */
  countPageWithoutBeacon(obstacle: BeaconObstacle): void {
    this.reports.countPageWithoutBeacon(obstacle)
  }

  /** Refreshes a stale snapshot in the background, so that requests without calls see changes. */
  keepFresh(keepAlive: KeepAlive): void {
    const nowMs = this.port.nowMs()
    if (this.isFresh || ageMs(this.keptFreshMs, nowMs) < SNAPSHOT_FRESH_MS) return
    this.keptFreshMs = nowMs
    keepAlive.waitUntil(this.ask({ kind: 'refresh' }, keepAlive))
  }

  private get isFresh(): boolean {
    return this.known.isFresh(this.port.nowMs(), this.pace.paceMs)
  }

  private learnFirstRun(run: number): void {
    if (this.known.learnFirstRun(run)) this.forgetNumbers()
  }

  /** A token of a newer run means that the room was reset: it is judged by a new snapshot. */
  private async learnRun(run: number, keepAlive: KeepAlive): Promise<void> {
    this.learnFirstRun(run)
    if (run <= this.known.run) return
    this.known.sawRun(run)
    await this.ask({ kind: 'refresh' }, keepAlive)
  }

  /** Waits for an answer. Leads a call whenever it is this request's turn. */
  private async ask<K extends keyof Answers>(
    question: Extract<Question, { kind: K }>,
    keepAlive: KeepAlive,
    mayWaitMs = 0,
  ): Promise<Answers[K] | Unreachable> {
    const entry = new Entry(question, this.port.nowMs(), mayWaitMs)
    if (!this.entries.add(entry)) return UNREACHABLE
    while (entry.answer === null) {
      const nowMs = this.port.nowMs()
      if (nowMs < entry.askedMs) entry.restartWait(nowMs)
      if (nowMs - entry.askedMs >= GIVE_UP_AFTER_MS) this.entries.giveUp(entry)
      else if (this.pace.isTurnOf(entry, nowMs)) await this.leadCall(nowMs, keepAlive)
      else await this.sleep(this.pace.msUntilLook(entry, this.entries.isNext(entry, nowMs), nowMs))
    }
    return entry.answer as Answers[K] | Unreachable
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.port.after(ms, resolve))
  }

  /** Waits for the call of this request, but no longer than `patienceMs`. */
  private async leadCall(nowMs: number, keepAlive: KeepAlive): Promise<void> {
    const call = this.call(nowMs, keepAlive)
    keepAlive.waitUntil(call)
    let cancel = () => {}
    const patience = new Promise<void>((resolve) => {
      cancel = this.port.after(this.pace.patienceMs, resolve)
    })
    await Promise.race([call, patience])
    cancel()
  }

  /** One call with everything that waits for one. */
  private async call(startMs: number, keepAlive: KeepAlive): Promise<void> {
    this.flushDueMs = null
    this.leases.endLeases(startMs)
    const { patienceMs } = this.pace
    // Numbers are of this run, whatever a token tells while the call is prepared.
    const { run } = this.known
    const batch = this.entries.takeBatch(startMs, run, patienceMs)
    if (batch.length === 0 && this.reports.isEmpty && this.leases.isEmpty) return
    const { reports } = this
    const leases = this.leases.toWire(startMs)
    this.reports = new PendingReports()
    const call = this.pace.begin(startMs, batch.length)
    if (this.known.needsGatherers) await this.readHint()
    try {
      const request = {
        room: this.room,
        isolate: this.isolate,
        ...this.known.toWire(),
        run,
        ...toWire(batch, startMs),
        ...reports.toWire(startMs),
        ...leases,
      }
      const answer = await this.route.call(request, startMs, patienceMs)
      const nowMs = this.port.nowMs()
      this.pace.succeeded(call, nowMs, answer.nextCallAfterMs)
      this.leases.answered(leases)
      if (this.known.adopt(answer, nowMs)) this.forgetNumbers()
      this.writeHint(nowMs, keepAlive)
      this.entries.answered(batch, answer)
      this.keepLease(answer, startMs, keepAlive)
    } catch (error) {
      const nowMs = this.port.nowMs()
      this.pace.failed(call, nowMs, this.port.random())
      this.port.onCallFailed(error)
      this.entries.failed(batch, isOverloaded(error))
      this.reports.putBack(reports, nowMs, this.reportsKeptMs)
      if (!this.reports.isEmpty || !this.leases.isEmpty) this.flushDueMs ??= this.pace.nextCallMs(nowMs)
      else this.reportLeasesAtEnd(keepAlive)
    }
  }

  /** Before the first call of an isolate whose visitors have no token that tells of gatherers. */
  private async readHint(): Promise<void> {
    const { hint } = this.port
    if (hint === undefined) return
    const gatherers = await Promise.race([hint.read(), this.sleep(GATHERER_HINT_PATIENCE_MS).then(() => 0)])
    this.known.learnGatherers(gatherers, 0)
  }

  private writeHint(nowMs: number, keepAlive: KeepAlive): void {
    const { hint } = this.port
    const gatherers = this.known.view?.snapshot.gatherers ?? 0
    if (hint === undefined || gatherers === 0) return
    if (ageMs(this.hintedMs, nowMs) < (GATHERER_HINT_SECONDS * 1000) / 2) return
    this.hintedMs = nowMs
    keepAlive.waitUntil(hint.write(gatherers))
  }

  private forgetNumbers(): void {
    this.reports.forgetNumbers()
    this.leases.forget()
  }

  /** Keeps the lease of an answer while the newest snapshot allows it, and reports in time. */
  private keepLease({ lease, run }: ExchangeAnswer, startMs: number, keepAlive: KeepAlive): void {
    const { leases, known } = this
    const nowMs = this.port.nowMs()
    if (lease !== undefined && run === known.run) leases.add(lease, startMs, nowMs)
    if (known.view === null || !allowsLeases(known.view.snapshot)) leases.endAll()
    if (!leases.isEmpty) this.scheduleFlush(keepAlive)
    else this.reportLeasesAtEnd(keepAlive)
  }

  /** Numbers that nobody used come back without another request. */
  private reportLeasesAtEnd(keepAlive: KeepAlive): void {
    const { endsMs } = this.leases
    if (endsMs !== null) this.scheduleFlush(keepAlive, endsMs - this.port.nowMs())
  }

  /** Reports of a failed call are kept for as long as they can still preserve a slot or a place. */
  private get reportsKeptMs(): number {
    const snapshot = this.known.view?.snapshot
    return (snapshot === undefined ? REPORTS_KEPT_UNKNOWN_SECONDS : longestSilenceSeconds(snapshot)) * 1000
  }

  /** One request keeps the deadline; another takes over when it seems dead or is due too late. */
  private scheduleFlush(keepAlive: KeepAlive, afterMs = FLUSH_AFTER_MS): void {
    const nowMs = this.port.nowMs()
    const overdue = this.flushDueMs !== null && nowMs > this.flushDueMs + FLUSH_TAKEOVER_MS
    const dueMs = Math.max(overdue ? nowMs : nowMs + afterMs, this.pace.nextCallMs(nowMs))
    if (this.flushDueMs !== null && !overdue && this.flushDueMs <= dueMs) return
    this.flushDueMs = dueMs
    keepAlive.waitUntil(this.flush(dueMs, keepAlive))
  }

  /** Flushes when due, and again when the call fails; in the end any other request takes over. */
  private async flush(firstDueMs: number, keepAlive: KeepAlive): Promise<void> {
    let dueMs = firstDueMs
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const waitMs = dueMs - this.port.nowMs()
      if (waitMs > 0) await this.sleep(waitMs)
      // Another call carried everything, or another request took over.
      if (this.flushDueMs !== dueMs) return
      await this.call(this.port.nowMs(), keepAlive)
      if (this.flushDueMs === null) return
      dueMs = this.flushDueMs
    }
  }
}
