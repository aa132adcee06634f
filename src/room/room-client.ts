/**
 * One isolate's side of the exchange with one room's object: group commit, presence, snapshot and pacing.
 *
 * Requests ask (`join`, `claim`, `leave`, `refresh`) and wait. While no call is under way the first one leads a call at once;
 * questions that arrive during a call share the next one. Presence (`hear`, `depart`) waits about a second at most and rides
 * along.
 *
 * The platform may cancel the work of a request that has ended, including its timers and calls. So nothing here relies on one
 * request: a request that has heard nothing for a while leads another call for everyone in the same case. Calls may repeat: a
 * join has a key, everything else is idempotent. A request only awaits promises that it made itself. Another request's call may
 * resolve them; the runtime then resumes the waiting request in its own context (`handle_cross_request_promise_resolution`).
 *
 * Owns no rule of the line. Clock, timers, ids and the call itself are given by the port.
 */

import { ageMs } from '../core/age.ts'
import type { ClaimDetails } from '../core/answers.ts'
import type { BeaconObstacle } from '../core/beacon-obstacles.ts'
import type { ExchangeAnswer, ExchangeRequest } from '../core/exchange.ts'
import { longestSilenceSeconds } from '../core/silence.ts'
import type { SnapshotView } from '../core/snapshot-view.ts'
import {
  ATTEMPTS_MAX,
  CONFIRMATION_MAY_WAIT_MS,
  FLUSH_AFTER_MS,
  FLUSH_TAKEOVER_MS,
  GIVE_UP_AFTER_MS,
  ORIGIN_FLUSH_AFTER_MS,
  SNAPSHOT_FRESH_MS,
  WORDS_KEPT_UNKNOWN_SECONDS,
} from '../limits.ts'
import { CallPace } from './call-pace.ts'
import {
  type Answers,
  type Entry,
  newEntry,
  type Question,
  restartWait,
  toQuestions,
  UNREACHABLE,
  type Unreachable,
} from './entries.ts'
import { EntryQueue } from './entry-queue.ts'
import { KnownRoom } from './known-room.ts'
import { News, toCarried } from './news.ts'
import type { OriginTurn } from './origin-tally.ts'

export interface RoomPort {
  /** One call of the object. `overloaded` on the error: do not try again. */
  call(request: ExchangeRequest): Promise<ExchangeAnswer>
  nowMs(): number
  /** Calls back once after `ms`; the result cancels it. */
  after(ms: number, callback: () => void): () => void
  randomId(): string
  /** 0 to 1. */
  random(): number
  onCallFailed(error: unknown): void
}

/** What keeps work alive after its request was answered. */
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
  private readonly news = new News()
  private flushDueMs: number | null = null
  private keptFreshMs = Number.NEGATIVE_INFINITY

  constructor(room: string, port: RoomPort) {
    this.room = room
    this.port = port
    this.isolate = port.randomId()
  }

  /** The newest snapshot, null before the first answer. */
  get view(): SnapshotView | null {
    return this.known.view
  }

  /** The run that the newest answer, or before any the newest authentic token, belongs to. */
  get knownRun(): number {
    return this.known.run
  }

  join(keepAlive: KeepAlive): Promise<Answers['join'] | Unreachable> {
    return this.ask({ kind: 'join', key: this.port.randomId() }, keepAlive)
  }

  /**
   * Asks what a number's holder may do; also tells that the holder is here. `mayWait`: nothing has changed as far as is
   * known, so it can wait for company for a moment.
   */
  async claim(
    run: number,
    number: number,
    details: ClaimDetails,
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

  /** The object could not be asked in time, but it can still be told that the visitor was here. */
  private keepHeard(run: number, number: number, heardMs: number, keepAlive: KeepAlive): void {
    if (run !== this.known.run) return
    this.news.hearClaim(number, heardMs)
    this.scheduleFlush(keepAlive)
  }

  /** Gives a number up for good. */
  async leave(
    run: number,
    number: number,
    keepAlive: KeepAlive,
  ): Promise<Answers['leave'] | Answers['claim'] | Unreachable> {
    await this.learnRun(run, keepAlive)
    return this.ask({ kind: 'leave', run, number }, keepAlive)
  }

  /** Makes sure that the snapshot is fresh enough to answer from; false when the object is out of reach. */
  async refresh(run: number, keepAlive: KeepAlive): Promise<boolean> {
    await this.learnRun(run, keepAlive)
    if (this.isFresh) return true
    return (await this.ask<'refresh'>({ kind: 'refresh' }, keepAlive)).state === 'fresh'
  }

  /** A number's holder is here now. */
  hear(run: number, number: number, keepAlive: KeepAlive): void {
    const heardMs = this.port.nowMs()
    this.tell(run, () => this.news.hear(number, heardMs), keepAlive)
  }

  /** A number's holder uses the site: a sign of life, and its session is not idle. */
  use(run: number, number: number, keepAlive: KeepAlive): void {
    const usedMs = this.port.nowMs()
    const note = () => {
      this.news.hear(number, usedMs)
      if (this.known.hasIdleLimit) this.news.touch(number, usedMs)
    }
    this.tell(run, note, keepAlive)
  }

  /** A number's page said goodbye. */
  depart(run: number, number: number, keepAlive: KeepAlive): void {
    const saidMs = this.port.nowMs()
    this.tell(run, () => this.news.depart(number, saidMs), keepAlive)
  }

  /** Notes something of a run for the next call. Of a newer run than is known only once the object has told of it: a reset. */
  private tell(run: number, note: () => void, keepAlive: KeepAlive): void {
    this.learnFirstRun(run)
    if (run > this.known.run) {
      const learning = this.learnRun(run, keepAlive)
      keepAlive.waitUntil(learning.then(() => run === this.known.run && this.tell(run, note, keepAlive)))
    }
    if (run !== this.known.run) return
    note()
    this.scheduleFlush(keepAlive)
  }

  /** An authentic pass was honoured though the object is out of reach. */
  countHonoured(): void {
    this.news.count('honoured')
  }

  /** Newcomers that the join limit refused, or tokens that came from another client. They are told even if nothing else is. */
  countRefused(what: 'limited' | 'foreign', keepAlive: KeepAlive, count = 1): void {
    this.news.count(what, count)
    this.scheduleFlush(keepAlive)
  }

  /** How the origin did with a request of this room. Rides along; alone it goes later than presence would. */
  countOrigin(turn: OriginTurn, keepAlive: KeepAlive): void {
    this.news.countOrigin(turn)
    this.scheduleFlush(keepAlive, ORIGIN_FLUSH_AFTER_MS)
  }

  /** A page of the site got no beacon script. Rides along with what its request tells of the origin. */
  countPageWithoutBeacon(obstacle: BeaconObstacle): void {
    this.news.countPageWithoutBeacon(obstacle)
  }

  /**
   * Has the snapshot fetched anew where it is not fresh, without anyone waiting for it: for requests that need no answer
   * of the object, so that what operators changed is learned all the same.
   */
  keepFresh(keepAlive: KeepAlive): void {
    const nowMs = this.port.nowMs()
    if (this.isFresh || ageMs(this.keptFreshMs, nowMs) < SNAPSHOT_FRESH_MS) return
    this.keptFreshMs = nowMs
    keepAlive.waitUntil(this.ask({ kind: 'refresh' }, keepAlive))
  }

  private get isFresh(): boolean {
    return this.known.isFresh(this.port.nowMs(), this.pace.objectsPaceMs)
  }

  private learnFirstRun(run: number): void {
    if (this.known.learnFirstRun(run)) this.news.forgetNumbers()
  }

  /** A token of a newer run than ours shows that the room was reset: ask before judging it. */
  private async learnRun(run: number, keepAlive: KeepAlive): Promise<void> {
    this.learnFirstRun(run)
    if (run > this.known.run) await this.ask({ kind: 'refresh' }, keepAlive)
  }

  private async ask<K extends keyof Answers>(
    question: Extract<Question, { kind: K }>,
    keepAlive: KeepAlive,
    mayWaitMs = 0,
  ): Promise<Answers[K] | Unreachable> {
    const entry = newEntry(question, this.port.nowMs(), mayWaitMs)
    if (!this.entries.add(entry)) return UNREACHABLE
    await this.settle(entry, keepAlive)
    return entry.answer as Answers[K] | Unreachable
  }

  /** Waits for an entry's answer; leads a call whenever that is this request's turn. */
  private async settle(entry: Entry, keepAlive: KeepAlive): Promise<void> {
    while (entry.answer === null) {
      const nowMs = this.port.nowMs()
      if (nowMs < entry.askedMs) restartWait(entry, nowMs)
      const giveUpMs = entry.askedMs + GIVE_UP_AFTER_MS
      if (nowMs >= giveUpMs) {
        this.entries.giveUp(entry)
        return
      }
      const turnMs = this.pace.turnMs(entry, this.entries.next(nowMs) === entry, nowMs)
      if (nowMs < turnMs) await this.untilWoken(entry, Math.min(turnMs, giveUpMs) - nowMs)
      else keepAlive.waitUntil(this.call(this.entries.takeBatch(nowMs, this.known.run, this.pace.patienceMs), nowMs))
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.port.after(ms, resolve))
  }

  /** Until this request is woken by another one's call, but no longer than this. */
  private async untilWoken(entry: Entry, ms: number): Promise<void> {
    let cancel = () => {}
    await new Promise<void>((resolve) => {
      cancel = this.port.after(ms, resolve)
      entry.wake = resolve
    })
    cancel()
  }

  private async call(batch: readonly Entry[], startMs: number): Promise<void> {
    this.flushDueMs = null
    // All that was asked turned out to be void.
    if (batch.length === 0 && this.news.isEmpty) return
    const news = this.news.take()
    const call = this.pace.begin(startMs, batch.length)
    try {
      const answer = await this.port.call({
        room: this.room,
        isolate: this.isolate,
        run: this.known.run,
        ...toQuestions(batch, startMs),
        ...toCarried(news, startMs),
      })
      const nowMs = this.port.nowMs()
      this.pace.succeeded(call, nowMs, answer.nextCallAfterMs)
      if (this.known.adopt(answer, nowMs)) this.news.forgetNumbers()
      this.entries.answered(batch, answer)
    } catch (error) {
      const nowMs = this.port.nowMs()
      this.pace.failed(call, nowMs, this.port.random())
      this.port.onCallFailed(error)
      // They wait for the next call, unless the object asks to be left alone.
      this.entries.failed(batch, (error as { overloaded?: unknown } | null)?.overloaded === true)
      this.news.putBack(news, nowMs, this.wordsKeptMs)
      if (!this.news.isEmpty) this.flushDueMs ??= this.pace.nextCallMs(nowMs)
    }
    this.entries.next(this.port.nowMs())?.wake()
  }

  /** Words of a failed call are kept for as long as they can still keep someone's slot or place. */
  private get wordsKeptMs(): number {
    const snapshot = this.known.view?.snapshot
    return (snapshot === undefined ? WORDS_KEPT_UNKNOWN_SECONDS : longestSilenceSeconds(snapshot)) * 1000
  }

  /** One request keeps the flush deadline; when it seems dead, or is later than wished, any other takes over. */
  private scheduleFlush(keepAlive: KeepAlive, afterMs = FLUSH_AFTER_MS): void {
    const nowMs = this.port.nowMs()
    const overdue = this.flushDueMs !== null && nowMs > this.flushDueMs + FLUSH_TAKEOVER_MS
    const dueMs = Math.max(overdue ? nowMs : nowMs + afterMs, this.pace.nextCallMs(nowMs))
    if (this.flushDueMs !== null && !overdue && this.flushDueMs <= dueMs) return
    this.flushDueMs = dueMs
    keepAlive.waitUntil(this.flush(dueMs))
  }

  /** Flushes at that time, and again after a pause where the call fails; later any other request takes over. */
  private async flush(firstDueMs: number): Promise<void> {
    let dueMs = firstDueMs
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const waitMs = dueMs - this.port.nowMs()
      if (waitMs > 0) await this.sleep(waitMs)
      // A call since then took everything along, or another request took the flush over.
      if (this.flushDueMs !== dueMs) return
      const nowMs = this.port.nowMs()
      await this.call(this.entries.takeBatch(nowMs, this.known.run, this.pace.patienceMs), nowMs)
      if (this.flushDueMs === null) return
      dueMs = this.flushDueMs
    }
  }
}
