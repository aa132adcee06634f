/**
 * The calls of one isolate to one room's object: group commit, flushes of presence, and pacing.
 *
 * While no call is under way the first request that asks leads a call at once; questions that
 * arrive during a call share the next one. Presence waits about a second at most and rides along.
 *
 * The platform may cancel the work of a request that has ended, including its timers and calls. So
 * nothing here relies on one request: a request that has heard nothing for a while leads another
 * call for everyone in the same case. Calls may repeat: a join has a key, everything else is
 * idempotent. No request awaits a promise that another request's call resolves: under load the
 * runtime may resume it in the other request's context, where its own I/O fails (figures in
 * docs/architecture.md). Requests that do not lead look for their answer by their own timer.
 */
import { ageMs } from '../core/age.ts'
import type { ExchangeAnswer } from '../core/exchange.ts'
import { longestSilenceSeconds } from '../core/silence.ts'
import { isOverloaded } from './call-errors.ts'
import { CallPace } from './call-pace.ts'
import { type CallPorts, CallRoute } from './call-route.ts'
import { type Answers, Entry, EntryQueue, type Question, toWire, UNREACHABLE, type Unreachable } from './entry-queue.ts'
import type { GathererHint } from './gatherer-hint.ts'
import { KnownRoom } from './known-room.ts'
import { allowsLeases, Leases } from './leases.ts'
import {
  ATTEMPTS_MAX,
  COUNTS_RIDE_AFTER_MS,
  FLUSH_AFTER_MS,
  FLUSH_TAKEOVER_MS,
  GATHERER_HINT_PATIENCE_MS,
  GATHERER_HINT_SECONDS,
  GIVE_UP_AFTER_MS,
  REPORTS_KEPT_UNKNOWN_SECONDS,
} from './limits.ts'
import { PendingReports } from './pending-reports.ts'

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

/** Keeps work alive after its request was answered. */
export interface KeepAlive {
  waitUntil(work: Promise<unknown>): void
}

export class RoomCalls {
  readonly known = new KnownRoom()
  readonly leases = new Leases()
  readonly pace = new CallPace()
  /** The reports that ride along with the next call. */
  reports = new PendingReports()
  private readonly room: string
  private readonly port: RoomPort
  private readonly isolate: string
  private readonly entries = new EntryQueue()
  private readonly route: CallRoute
  private flushDueMs: number | null = null
  private hintedMs = Number.NEGATIVE_INFINITY
  private reportedMs = Number.NEGATIVE_INFINITY

  constructor(room: string, port: RoomPort) {
    this.room = room
    this.port = port
    this.isolate = port.randomId()
    this.route = new CallRoute(port)
  }

  /** Waits for an answer. Leads a call whenever it is this request's turn. */
  async ask<K extends keyof Answers>(
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
    const reports = this.keepsReports(batch, startMs) ? new PendingReports() : this.takeReports(startMs)
    const leases = this.leases.toWire(startMs)
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

  /** Whether a gatherer can answer the call from its copy if nothing rides along. */
  private keepsReports(batch: readonly Entry[], nowMs: number): boolean {
    const { known, reports, leases } = this
    if ((known.view?.snapshot.gatherers ?? 0) === 0 || !reports.isEmpty || !leases.isEmpty) return false
    return (
      batch.every(({ question }) => question.kind === 'refresh') && ageMs(this.reportedMs, nowMs) < COUNTS_RIDE_AFTER_MS
    )
  }

  private takeReports(nowMs: number): PendingReports {
    const { reports } = this
    this.reports = new PendingReports()
    this.reportedMs = nowMs
    return reports
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

  learnFirstRun(run: number): void {
    if (this.known.learnFirstRun(run)) this.forgetNumbers()
  }

  /** A token of a newer run means that the room was reset: it is judged by a new snapshot. */
  async learnRun(run: number, keepAlive: KeepAlive): Promise<void> {
    this.learnFirstRun(run)
    if (run <= this.known.run) return
    this.known.sawRun(run)
    await this.ask({ kind: 'refresh' }, keepAlive)
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
  scheduleFlush(keepAlive: KeepAlive, afterMs = FLUSH_AFTER_MS): void {
    const nowMs = this.port.nowMs()
    const overdue = this.flushDueMs !== null && nowMs > this.flushDueMs + FLUSH_TAKEOVER_MS
    const dueMs = Math.max(overdue ? nowMs : nowMs + afterMs, this.pace.nextCallMs(nowMs))
    if (this.flushDueMs !== null && !overdue && this.flushDueMs <= dueMs) return
    this.flushDueMs = dueMs
    keepAlive.waitUntil(this.flush(dueMs, keepAlive))
  }

  /** Flushes when due, and again when the call fails; after that any other request takes over. */
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
