/**
 * One isolate's side of the exchange with one room's object, as requests use it: they ask (`join`,
 * `claim`, `leave`, `refresh`) and wait, and report presence (`hear`, `depart`), which rides along
 * with a call within about a second. The calls are in room-calls.ts.
 *
 * Owns no rule of the line. The port provides the clock, timers, ids and the call itself.
 */

import { ageMs } from '../core/age.ts'
import type { CallCounts, ClaimRequest, JoinDetails } from '../core/exchange.ts'
import type { BeaconObstacle } from '../core/origin-report.ts'
import type { SnapshotView } from '../core/snapshot-view.ts'
import type { Answers, Unreachable } from './entry-queue.ts'
import type { KnownRoom } from './known-room.ts'
import type { Leases } from './leases.ts'
import {
  CONFIRMATION_MAY_WAIT_MS,
  FLUSH_AFTER_MS,
  LEASE_REFILL_AFTER_MS,
  ORIGIN_FLUSH_AFTER_MS,
  SNAPSHOT_FRESH_MS,
} from './limits.ts'
import type { OriginOutcome } from './pending-reports.ts'
import { type KeepAlive, RoomCalls, type RoomPort } from './room-calls.ts'

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
  | 'fullAnswers'
>

/** The limits of newcomers, by the count of their refusals. */
export type JoinLimit = Extract<keyof CallCounts, 'limited' | 'limitedByNetwork' | 'limitedByClient'>

export class RoomClient {
  private readonly port: RoomPort
  private readonly calls: RoomCalls
  private readonly known: KnownRoom
  private readonly leases: Leases
  private keptFreshMs = Number.NEGATIVE_INFINITY

  constructor(room: string, port: RoomPort) {
    this.port = port
    this.calls = new RoomCalls(room, port)
    this.known = this.calls.known
    this.leases = this.calls.leases
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
    return this.calls.ask({ kind: 'join', key, details }, keepAlive)
  }

  /**
   * The number of a slot that the object lent, for a newcomer who needs nothing else from it. Null:
   * the newcomer has to join.
   */
  takeLent(keepAlive: KeepAlive, details: JoinDetails = {}): { readonly run: number; readonly number: number } | null {
    const number = this.leases.take(this.port.nowMs(), details)
    if (number === null) return null
    this.calls.scheduleFlush(keepAlive, this.leases.isLow ? LEASE_REFILL_AFTER_MS : FLUSH_AFTER_MS)
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
    await this.calls.learnRun(run, keepAlive)
    const claim = { kind: 'claim', run, claim: { number, ...details } } as const
    const answer = await this.calls.ask(claim, keepAlive, mayWait ? CONFIRMATION_MAY_WAIT_MS : 0)
    if (answer.state === 'unreachable') this.keepHeard(run, number, askedMs, keepAlive)
    return answer
  }

  /** Reports the presence of a visitor whose claim was not answered in time. */
  private keepHeard(run: number, number: number, heardMs: number, keepAlive: KeepAlive): void {
    if (run !== this.known.run) return
    this.calls.reports.hearClaim(number, heardMs)
    this.calls.scheduleFlush(keepAlive)
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
    await this.calls.learnRun(run, keepAlive)
    return this.calls.ask({ kind: 'leave', run, number, holder }, keepAlive)
  }

  /** Makes sure that the snapshot is fresh; false when the object is unreachable. */
  async refresh(run: number, keepAlive: KeepAlive): Promise<boolean> {
    await this.calls.learnRun(run, keepAlive)
    if (this.isFresh) return true
    return (await this.calls.ask<'refresh'>({ kind: 'refresh' }, keepAlive)).state === 'fresh'
  }

  /** The holder of a number is present. */
  hear(run: number, number: number, keepAlive: KeepAlive): void {
    const heardMs = this.port.nowMs()
    this.report(run, () => this.calls.reports.hear(number, heardMs), keepAlive)
  }

  /** The holder of a number uses the site: present, and the session is not idle. */
  use(run: number, number: number, keepAlive: KeepAlive): void {
    const usedMs = this.port.nowMs()
    const note = () => {
      this.calls.reports.hear(number, usedMs)
      if (this.known.hasIdleLimit) this.calls.reports.touch(number, usedMs)
    }
    this.report(run, note, keepAlive)
  }

  /**
   * The page of a number's holder was closed or left.
   * @param holder which device left: one that no longer holds the place changes nothing
   */
  depart(run: number, number: number, keepAlive: KeepAlive, holder = 0): void {
    const departedMs = this.port.nowMs()
    this.report(run, () => this.calls.reports.depart(number, departedMs, holder), keepAlive)
  }

  /** Notes a report for the next call. The object must confirm a newer run first. */
  private report(run: number, note: () => void, keepAlive: KeepAlive): void {
    this.calls.learnFirstRun(run)
    if (run > this.known.run) {
      const learning = this.calls.learnRun(run, keepAlive)
      keepAlive.waitUntil(learning.then(() => run === this.known.run && this.report(run, note, keepAlive)))
    }
    if (run !== this.known.run) return
    note()
    this.calls.scheduleFlush(keepAlive)
  }

  /** An authentic pass was honoured while the object was out of reach. */
  countHonoured(): void {
    this.calls.reports.count('honoured')
  }

  /**
   * Checks before joining, answers in the infinite queue, uses or lack of access keys. They ride
   * along with the calls of others: a crowd of programs must not cause calls.
   */
  countCheck(what: CheckCount): void {
    this.calls.reports.count(what)
  }

  /**
   * Newcomers over a join limit, tokens presented by another client, or keys that do not count.
   * Justifies a call.
   */
  countRefused(what: JoinLimit | 'foreign' | 'keysRefused', keepAlive: KeepAlive, count = 1): void {
    this.calls.reports.count(what, count)
    this.calls.scheduleFlush(keepAlive)
  }

  /** The outcome of a request to the origin. Waits longer for a call than presence does. */
  countOrigin(outcome: OriginOutcome, keepAlive: KeepAlive): void {
    this.calls.reports.countOrigin(outcome)
    this.calls.scheduleFlush(keepAlive, ORIGIN_FLUSH_AFTER_MS)
  }

  /** A page of the site got no beacon script. Rides along with the outcome of its request. */
  countPageWithoutBeacon(obstacle: BeaconObstacle): void {
    this.calls.reports.countPageWithoutBeacon(obstacle)
  }

  /** Refreshes a stale snapshot in the background, so that requests without calls see changes. */
  keepFresh(keepAlive: KeepAlive): void {
    const nowMs = this.port.nowMs()
    if (this.isFresh || ageMs(this.keptFreshMs, nowMs) < SNAPSHOT_FRESH_MS) return
    this.keptFreshMs = nowMs
    keepAlive.waitUntil(this.calls.ask({ kind: 'refresh' }, keepAlive))
  }

  private get isFresh(): boolean {
    return this.known.isFresh(this.port.nowMs(), this.calls.pace.paceMs)
  }
}
