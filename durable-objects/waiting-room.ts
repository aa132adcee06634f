/**
 * The Durable Object of one room: a thin shell around the line (src/core).
 *
 * Each event reads the clock once, lets the line decide, writes the changes in the same turn, and
 * answers. The platform holds the answer until the writes are durable. If memory could differ from
 * storage (a broken invariant, a failed write) the object aborts, and the next event starts from
 * storage.
 *
 * Owns the order of steps in an event. Storage, clockwork, controls, alerts and samples have
 * separate files in this folder. Owns no rule of the line.
 */
import { DurableObject } from 'cloudflare:workers'
import type { DeliveryRecord, DeliveryTurn } from '../src/alerts/ledger.ts'
import { type Advice, advise } from '../src/core/advice.ts'
import { Callers } from '../src/core/callers.ts'
import type { CheckMessage } from '../src/core/check-chains.ts'
import { applyExchanges, type ExchangeAnswer, type ExchangeRequest, type LineAnswer } from '../src/core/exchange.ts'
import type { GatheredAnswer, GatheredRequest } from '../src/core/gathered.ts'
import { Line } from '../src/core/line.ts'
import { lineStats } from '../src/core/line-stats.ts'
import type { LineRules } from '../src/core/rules.ts'
import type { Sample } from '../src/core/sample.ts'
import { NO_RECENT_SITE } from '../src/core/site-health.ts'
import { SnapshotCache } from '../src/core/snapshot.ts'
import { type TicketReport, ticketReport } from '../src/core/ticket-report.ts'
import { logError, logWarning, sendHeldReports } from '../src/log/log.ts'
import { abortReason } from '../src/room/call-errors.ts'
import type { RoomNamespace } from '../src/room/room-clients.ts'
import type { EventAnswer, EventCommand, EventDetails, EventsView } from '../src/room/room-events.ts'
import type { KeyReport, RevokedKey } from '../src/room/room-keys.ts'
import type {
  AlertOverview,
  AuditEntry,
  AuditValues,
  Command,
  CommandAnswer,
  HistoryPoint,
  RetiredRoom,
  RoomDocument,
  RoomJournal,
  RoomObject,
  RoomPeriod,
  RoomStats,
  SettingsView,
} from '../src/room/room-object.ts'
import { lineRules, type RoomSettings, roomAlerts } from '../src/settings/rooms.ts'
import { AccessStore } from './access-store.ts'
import { applyCommand } from './commands.ts'
import type { RoomDeploy } from './deployed-room.ts'
import { DrawBeacon } from './draw-beacon.ts'
import { keyReport, revokeKey } from './key-commands.ts'
import { LineStore } from './line-store.ts'
import { blockedUntil } from './login-guard.ts'
import { isUsed } from './migrations.ts'
import { RoomAlerts } from './room-alerts.ts'
import { RoomClockwork } from './room-clockwork.ts'
import { RoomControls } from './room-controls.ts'
import { RoomEvents } from './room-events.ts'
import { RoomJurisdiction } from './room-jurisdiction.ts'
import { RoomSource } from './room-source.ts'

/** The class of a waiting room extends it by its own deploy. */
export class WaitingRoomObject<E = unknown> extends DurableObject<E> implements RoomObject {
  private readonly source: RoomSource
  private readonly store: LineStore
  private readonly clockwork: RoomClockwork
  private readonly alerts: RoomAlerts
  private readonly controls: RoomControls
  private readonly access: AccessStore
  private readonly roomEvents: RoomEvents
  private readonly beacon: DrawBeacon
  private readonly jurisdiction: RoomJurisdiction
  private readonly callers = new Callers()
  private readonly snapshot = new SnapshotCache()
  private line: Line | null = null
  private room = ''

  constructor(ctx: DurableObjectState, env: E, deploy: RoomDeploy) {
    super(ctx, env)
    const { bindings } = deploy
    this.source = new RoomSource(ctx.storage.sql, deploy)
    this.store = new LineStore(ctx.storage.sql)
    this.clockwork = new RoomClockwork(ctx, bindings.CHECKS)
    this.alerts = new RoomAlerts(ctx, bindings)
    this.controls = new RoomControls(ctx.storage.sql)
    this.access = new AccessStore(ctx.storage.sql)
    this.roomEvents = new RoomEvents(ctx.storage.sql, this.controls)
    this.beacon = new DrawBeacon(ctx, (work) => this.publicRandomness(work))
    const registry = (room: string) => (bindings.WAITING_ROOM as unknown as RoomNamespace).getByName(room)
    this.jurisdiction = new RoomJurisdiction(ctx.storage.sql, ctx.id.jurisdiction, registry)
    this.snapshot.settingsVersion = this.source.version
    this.load(Date.now())
    sendHeldReports()
  }

  /** Takes the line from storage, with the current rules. */
  private load(nowMs: number): void {
    const stored = this.store.load()
    if (stored === null) return
    this.room = stored.room
    this.controls.load(this.deployed, nowMs)
    this.clockwork.alarmAtMs = stored.alarmAtMs
    this.line = Line.restore(this.rules(), stored.line, stored.line.head.clock.touchedMs)
    this.line.holders.restore(this.access.moved(this.line.run))
    this.openEvents(this.line, nowMs)
  }

  exchange(request: ExchangeRequest): ExchangeAnswer {
    if (!this.isReady(request.room)) return this.settled(request.room, () => this.exchange(request))
    return this.event(request.room, (line, nowMs) => {
      const nextCallAfterMs = this.callers.direct(request, nowMs)
      const { answers, snapshot } = this.apply(line, [request], nowMs)
      return { ...(answers[0] as LineAnswer), snapshot, nextCallAfterMs }
    })
  }

  exchangeAll(all: GatheredRequest): GatheredAnswer {
    if (!this.isReady(all.room)) return this.settled(all.room, () => this.exchangeAll(all))
    return this.event(all.room, (line, nowMs) => {
      const nextCallAfterMs = this.callers.gathered(all, nowMs)
      return { ...this.apply(line, all.requests, nowMs), nextCallAfterMs }
    })
  }

  /** Applies requests in their order, and makes all their changes durable together. */
  private apply(
    line: Line,
    requests: readonly ExchangeRequest[],
    nowMs: number,
  ): Pick<GatheredAnswer, 'answers' | 'snapshot'> {
    line.beginCall(nowMs)
    const keys = this.access.rowsFor(requests)
    const answers = applyExchanges(line, requests, keys)
    const { changes } = keys
    this.commit(line, nowMs, changes.length > 0)
    this.access.write(changes)
    return { answers, snapshot: this.snapshot.get(line, nowMs, this.callers.gatherersNow(nowMs)) }
  }

  private isReady(room: string): boolean {
    return this.jurisdiction.isSettled && this.source.isKnown(room, Date.now)
  }

  /**
   * Does the first work of an object whose jurisdiction must be settled first, or that does not
   * know its settings. The promise counts as its result, because over RPC every result is a
   * promise.
   */
  private settled<T>(room: string, work: () => T): T {
    return this.prepare(room).then(work) as T
  }

  private async prepare(room: string): Promise<void> {
    if (!this.jurisdiction.isSettled) await this.jurisdiction.settle(room)
    if (this.source.isKnown(room, Date.now)) return
    const document = await this.source.ask(room)
    // It may have been given meanwhile.
    if (document !== null && this.source.of(room) === undefined) this.adopt(room, document)
  }

  /** For work that needs no settings. */
  private onceSettled<T>(room: string, work: () => T): T {
    return this.jurisdiction.isSettled ? work() : (this.jurisdiction.settle(room).then(work) as T)
  }

  /** A read of a room that nobody may have come to yet. */
  private withSettings<T>(name: string, work: (room: RoomSettings) => T): T {
    const answer = () => work(this.source.must(name))
    return this.source.isKnown(name, Date.now) ? answer() : this.settled(name, answer)
  }

  takeDocument(room: string, document: RoomDocument): Promise<void> | undefined {
    return this.onceSettled(room, () => {
      if (!this.source.isOld(document)) this.adopt(room, document)
      return undefined
    })
  }

  private adopt(room: string, document: RoomDocument): void {
    const settings = this.source.read(room, document)
    this.guarded(room, (nowMs) => {
      const { line } = this
      const before = this.source.version
      line?.beginInternalEvent(nowMs)
      if (line !== null) this.commit(line, nowMs, true)
      this.source.take(settings, document)
      this.snapshot.settingsVersion = document.version
      this.snapshot.clear()
      const { by, version, draining } = document
      this.controls.audit(by, 'document', { version: before }, { version, draining }, nowMs)
      // As after a deploy: the line goes on from storage, under the new rules.
      this.load(nowMs)
      if (this.line === null) return
      this.line.beginInternalEvent(nowMs)
      this.line.admit()
      this.commit(this.line, nowMs, true)
    })
  }

  retireRoom(room: string, version: number, isForced: boolean): RetiredRoom {
    return this.onceSettled(room, () => this.guarded(room, (nowMs) => this.retire(room, version, isForced, nowMs)))
  }

  private retire(room: string, version: number, isForced: boolean, nowMs: number): RetiredRoom {
    const { line } = this
    if (line === null) {
      this.source.drop(room, version)
      return { state: 'gone' }
    }
    line.beginInternalEvent(nowMs)
    const { waiting, occupied } = line.tickets
    this.commit(line, nowMs, true)
    if (!isForced && waiting + occupied > 0) return { state: 'occupied', waiting, active: occupied }
    this.source.drop(room, version)
    this.snapshot.clear()
    const empty = Line.start(this.rules(), Math.max(line.run + 1, nowMs), nowMs)
    this.replaceLine(empty)
    this.controls.clear()
    this.roomEvents.clear()
    this.commit(empty, nowMs, true)
    return { state: 'gone' }
  }

  fixJurisdiction(jurisdiction: string): string {
    return this.jurisdiction.fix(jurisdiction)
  }

  check(message: CheckMessage): void {
    const { room, run, segment } = message
    if (this.line?.run !== run) return
    this.event(room, (line, nowMs) => {
      const next = this.clockwork.nextCheck(message, nowMs)
      if (next === null) return
      line.beginInternalEvent(nowMs)
      const isAlive = line.check(segment)
      this.commit(line, nowMs, false)
      this.clockwork.continueChain(room, line, next, isAlive)
    })
  }

  /**
   * The tick, as two events. First the alarm is armed again, durably, so that the next tick comes
   * whatever happens. An error in the tick itself uses none of the platform's few retries.
   */
  override async alarm(): Promise<void> {
    if (this.line === null) return
    this.clockwork.armAlarm(Date.now(), this.rules().checkIntervalSeconds)
    this.store.writeAlarm(this.clockwork.alarmAtMs)
    await this.ctx.storage.sync()
    try {
      this.tick()
    } catch {
      // `guarded` has logged it and aborted the object.
    }
  }

  private tick(): void {
    this.event(this.room, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      const factorBefore = line.admissionFactor
      line.advance()
      if (line.tickets.live === 0) this.clockwork.clearAlarm()
      const sample = line.takeSample()
      this.commit(line, nowMs, true)
      this.alerts.samples.write(sample)
      this.alerts.noteTick(this.room, nowMs)
      this.access.forgetExpired(nowMs, ({ run, number }) => run === line.run && line.isLive(number))
      this.logGuard(factorBefore, sample)
      this.clockwork.restartOverdueChains(this.room, line, nowMs)
    })
  }

  /** Logs when the origin guard starts to slow admission, stops it, or is content again. */
  private logGuard(
    before: number,
    { admissionFactor, originRequests, originErrors, originLatencyMsP90 }: Sample,
  ): void {
    const isNotable = admissionFactor !== before && (before === 1 || admissionFactor === 1 || admissionFactor === 0)
    if (!isNotable) return
    const fields = { room: this.room, admissionFactor, originRequests, originErrors, originLatencyMsP90 }
    logWarning('admission_factor_changed', fields)
  }

  stats(): RoomStats | null {
    if (this.line === null) return null
    const { room, store } = this
    const { calls, gatheredCalls } = this.callers
    const nowMs = Date.now()
    const recentSite = isUsed(this.ctx.storage.sql) ? this.alerts.samples.recentSite(nowMs) : NO_RECENT_SITE
    return { room, calls, gatheredCalls, rowsWritten: store.rowsWritten, recentSite, ...lineStats(this.line, nowMs) }
  }

  settings(room: string): SettingsView {
    return this.withSettings(room, (known) => this.controls.view(known))
  }

  operate(name: string, command: Command, who: string): CommandAnswer {
    if (!this.isReady(name)) return this.settled(name, () => this.operate(name, command, who))
    const room = this.source.must(name)
    return this.event(name, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      const outcome = applyCommand(command, line, { room, controls: this.controls, who, nowMs })
      if (outcome.state === 'refused') {
        // Even so, borders of the room's events may have been applied.
        this.commit(line, nowMs, false)
        return { ...outcome, settings: this.controls.view(room) }
      }
      this.snapshot.clear()
      if (outcome.line !== line) this.replaceLine(outcome.line)
      this.commit(outcome.line, nowMs, true)
      outcome.record()
      return { state: 'done', result: outcome.result, settings: this.controls.view(room) }
    })
  }

  events(room: string): EventsView {
    return this.withSettings(room, (known) => this.roomEvents.view(known, this.line?.course ?? null, Date.now()))
  }

  eventDetails(room: string, id: string): EventDetails | null {
    return this.withSettings(room, (known) => this.roomEvents.details(known, id, this.line?.course ?? null, Date.now()))
  }

  changeEvents(name: string, command: EventCommand, who: string): EventAnswer {
    if (!this.isReady(name)) return this.settled(name, () => this.changeEvents(name, command, who))
    const room = this.source.must(name)
    return this.event(name, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      const { answer, record } = this.roomEvents.change(command, room, line.course, who, nowMs)
      this.snapshot.clear()
      line.admit()
      this.commit(line, nowMs, record !== null)
      record?.()
      return answer
    })
  }

  accessKey(id: string): KeyReport | null {
    return keyReport(id, this.line, this.access)
  }

  auditKeys(name: string, made: AuditValues, who: string): Promise<void> | undefined {
    if (!this.isReady(name)) return this.settled(name, () => this.auditKeys(name, made, who))
    this.source.must(name)
    this.event(name, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      this.commit(line, nowMs, true)
      this.controls.audit(who, 'make-keys', {}, made, nowMs)
    })
    return undefined
  }

  revokeAccessKey(name: string, id: string, keepPlaces: boolean, who: string): RevokedKey | null {
    if (!this.isReady(name)) return this.settled(name, () => this.revokeAccessKey(name, id, keepPlaces, who))
    this.source.must(name)
    return this.event(name, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      // Makes the tables of a new room.
      this.commit(line, nowMs, true)
      const revoked = revokeKey(id, keepPlaces, line, this.access, nowMs)
      if (revoked === 'too-many') return null
      this.snapshot.clear()
      this.commit(line, nowMs, true)
      revoked.record()
      this.controls.audit(who, 'revoke-key', {}, { id, ended: revoked.result.ended, keepPlaces }, nowMs)
      return revoked.result
    })
  }

  /** The beacon was read. */
  private publicRandomness(work: (line: Line) => void): void {
    this.event(this.room, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      work(line)
      line.admit()
      this.commit(line, nowMs, true)
    })
  }

  private replaceLine(line: Line): void {
    this.line = line
    this.store.clear()
    this.access.clear()
    this.clockwork.reset()
  }

  ticket(number: number): TicketReport | null {
    return this.line === null ? null : ticketReport(this.line, number)
  }

  audit(beforeId: number, count: number): AuditEntry[] {
    return isUsed(this.ctx.storage.sql) ? this.controls.auditEntries(beforeId, count) : []
  }

  loginBlockedUntil(address: string): number {
    const { sql } = this.ctx.storage
    return isUsed(sql) ? blockedUntil(sql, address, Date.now()) : 0
  }

  journal(after: number): RoomJournal | null {
    const { line, room } = this
    return line === null ? null : { room, run: line.run, ...line.journal.after(after) }
  }

  report(minute: number, room = this.room): Promise<void> | undefined {
    // A line that has only answered "void" was never stored.
    const isUnused = this.line === null || !isUsed(this.ctx.storage.sql)
    if (isUnused && !this.source.of(room)?.events.length) return undefined
    if (!this.isReady(room)) return this.settled(room, () => this.report(minute, room))
    this.event(room, (line, nowMs) => {
      const settings = this.deployed
      const alerts = settings === undefined ? [] : roomAlerts(settings)
      const pushesFigures = settings?.stats_push_url !== undefined
      this.alerts.report(line, { name: room, alerts, pushesFigures, events: this.roomEvents.events }, minute, nowMs)
      this.commit(line, nowMs, false)
    })
    return undefined
  }

  history(fromMs: number, toMs: number, stepMs: number): HistoryPoint[] {
    return isUsed(this.ctx.storage.sql) ? this.alerts.samples.history(fromMs, toMs, stepMs) : []
  }

  period(fromMs: number, toMs: number, stepMs: number): RoomPeriod {
    if (!isUsed(this.ctx.storage.sql)) return { points: [], changes: [] }
    const points = this.alerts.samples.days.points(fromMs, toMs, stepMs)
    return { points, changes: this.controls.changesBetween(fromMs, toMs) }
  }

  advice(fromMs: number, toMs: number): Advice | null {
    if (!isUsed(this.ctx.storage.sql)) return null
    return advise(this.alerts.samples.demand(fromMs, toMs), this.line?.rules.method === 'passthrough')
  }

  alertOverview(rules: readonly string[]): AlertOverview | null {
    return isUsed(this.ctx.storage.sql) ? this.alerts.overview(rules) : null
  }

  testAlerts(room: string, channels: readonly string[]): string[] {
    if (!this.isReady(room)) return this.settled(room, () => this.testAlerts(room, channels))
    return this.guarded(room, (nowMs) => this.alerts.test(room, channels, nowMs))
  }

  beginDelivery(id: string, channel: string, receiver: string): DeliveryTurn {
    if (!isUsed(this.ctx.storage.sql)) return 'done'
    return this.guarded(this.room, () => this.alerts.beginDelivery(id, channel, receiver))
  }

  recordDelivery(record: DeliveryRecord, receiver: string): void {
    if (!isUsed(this.ctx.storage.sql)) return
    this.guarded(this.room, (nowMs) => this.alerts.recordDelivery(record, receiver, nowMs))
  }

  /** Runs one event of the line. */
  private event<T>(room: string, work: (line: Line, nowMs: number) => T): T {
    return this.guarded(room, (nowMs) => work(this.line ?? this.open(room, nowMs), nowMs))
  }

  /**
   * Reads the clock, once per event. After a failure the object aborts, so half-changed memory is
   * never used.
   */
  private guarded<T>(room: string, work: (nowMs: number) => T): T {
    const nowMs = Date.now()
    try {
      return work(nowMs)
    } catch (error) {
      logError('room_aborted', error, { room }, 'at_next_start')
      this.ctx.abort(abortReason(error))
      throw error
    }
  }

  private open(room: string, nowMs: number): Line {
    this.room = room
    const line = Line.start(this.rules(), nowMs, nowMs)
    this.line = line
    this.openEvents(line, nowMs)
    return line
  }

  private openEvents(line: Line, nowMs: number): void {
    if (this.deployed !== undefined) this.roomEvents.open(this.deployed, line.course, nowMs)
  }

  /** Undefined: the room is no longer in the settings. */
  private get deployed(): RoomSettings | undefined {
    return this.source.of(this.room)
  }

  private rules(): LineRules {
    const { deployed } = this
    return lineRules(deployed, deployed && this.controls.values(deployed))
  }

  /** Makes the changes of an event durable: verifies the invariants, then writes once. */
  private commit(line: Line, nowMs: number, everything: boolean): void {
    line.verify()
    const alarmBefore = this.clockwork.alarmAtMs
    this.clockwork.keepAlarm(this.room, line, nowMs)
    const changes = line.takeChanges(everything)
    const { alarmAtMs } = this.clockwork
    if (changes !== null) this.store.write(this.room, alarmAtMs, changes)
    else if (alarmAtMs !== alarmBefore) this.store.writeAlarm(alarmAtMs)
    this.clockwork.startChains(this.room, line, nowMs)
    this.beacon.follow(this.room, line, this.deployed?.draw_beacon, nowMs)
  }
}
