/**
 * The Durable Object of one room: a thin shell around the line (src/core).
 *
 * Each event reads the clock once, lets the line decide, writes the changes in the same turn, and
 * answers. The platform holds the answer until the writes are durable.
 *
 * Owns the order of steps in an event. The line in memory and storage is in room-line.ts; storage,
 * clockwork, controls, alerts and samples have separate files in this folder. Owns no rule of the
 * line.
 */
import { DurableObject } from 'cloudflare:workers'
import type { DeliveryRecord, DeliveryTurn } from '../src/alerts/ledger.ts'
import { type Advice, advise } from '../src/core/advice.ts'
import { Callers } from '../src/core/callers.ts'
import type { CheckMessage } from '../src/core/check-chains.ts'
import { applyExchanges, type ExchangeAnswer, type ExchangeRequest, type LineAnswer } from '../src/core/exchange.ts'
import type { GatheredAnswer, GatheredRequest } from '../src/core/gathered.ts'
import type { Line } from '../src/core/line.ts'
import { lineStats } from '../src/core/line-stats.ts'
import { observes } from '../src/core/rules.ts'
import type { Sample } from '../src/core/sample.ts'
import { NO_RECENT_SITE } from '../src/core/site-health.ts'
import { type TicketReport, ticketReport } from '../src/core/ticket-report.ts'
import { logWarning, sendHeldReports } from '../src/log/log.ts'
import type { AuditEntry, AuditValues } from '../src/room/audit-entry.ts'
import type { RoomNamespace } from '../src/room/room-clients.ts'
import type { EventAnswer, EventCommand, EventDetails, EventsView } from '../src/room/room-events.ts'
import type { KeyReport, RevokedKey } from '../src/room/room-keys.ts'
import type {
  AlertOverview,
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
import { type RoomSettings, roomAlerts } from '../src/settings/rooms.ts'
import { AccessStore } from './access-store.ts'
import { applyCommand } from './commands.ts'
import type { RoomDeploy } from './deployed-room.ts'
import { keyReport, revokeKey } from './key-commands.ts'
import { LineStore } from './line-store.ts'
import { blockedUntil } from './login-guard.ts'
import { isUsed } from './migrations.ts'
import { RoomAlerts } from './room-alerts.ts'
import { RoomClockwork } from './room-clockwork.ts'
import { RoomControls } from './room-controls.ts'
import { RoomEvents } from './room-events.ts'
import { RoomJurisdiction } from './room-jurisdiction.ts'
import { RoomLine } from './room-line.ts'
import { RoomReadiness } from './room-readiness.ts'
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
  private readonly roomLine: RoomLine
  private readonly jurisdiction: RoomJurisdiction
  private readonly readiness: RoomReadiness
  private readonly callers = new Callers()

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
    const registry = (room: string) => (bindings.WAITING_ROOM as unknown as RoomNamespace).getByName(room)
    this.jurisdiction = new RoomJurisdiction(ctx.storage.sql, ctx.id.jurisdiction, registry)
    const { source, store, clockwork, controls, access, roomEvents } = this
    this.roomLine = new RoomLine(ctx, { source, store, clockwork, controls, access, roomEvents })
    this.readiness = new RoomReadiness(this.jurisdiction, source, this.roomLine)
    sendHeldReports()
  }

  /** Null: nobody has come yet. */
  private get line(): Line | null {
    return this.roomLine.line
  }

  private get room(): string {
    return this.roomLine.room
  }

  exchange(request: ExchangeRequest): ExchangeAnswer {
    if (!this.readiness.isReady(request.room)) return this.readiness.settled(request.room, () => this.exchange(request))
    return this.roomLine.event(request.room, (line, nowMs) => {
      const nextCallAfterMs = this.callers.direct(request, nowMs)
      const { answers, snapshot } = this.apply(line, [request], nowMs)
      return { ...(answers[0] as LineAnswer), snapshot, nextCallAfterMs }
    })
  }

  exchangeAll(all: GatheredRequest): GatheredAnswer {
    if (!this.readiness.isReady(all.room)) return this.readiness.settled(all.room, () => this.exchangeAll(all))
    return this.roomLine.event(all.room, (line, nowMs) => {
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
    this.roomLine.commit(line, nowMs, changes.length > 0)
    this.access.write(changes)
    return { answers, snapshot: this.roomLine.snapshot.get(line, nowMs, this.callers.gatherersNow(nowMs)) }
  }

  takeDocument(room: string, document: RoomDocument): Promise<void> | undefined {
    return this.readiness.onceSettled(room, () => {
      if (!this.source.isOld(document)) this.roomLine.adopt(room, document)
      return undefined
    })
  }

  retireRoom(room: string, version: number, isForced: boolean): RetiredRoom {
    return this.readiness.onceSettled(room, () => this.roomLine.retire(room, version, isForced))
  }

  fixJurisdiction(jurisdiction: string): string {
    return this.jurisdiction.fix(jurisdiction)
  }

  check(message: CheckMessage): void {
    const { room, run, segment } = message
    if (this.line?.run !== run) return
    this.roomLine.event(room, (line, nowMs) => {
      const next = this.clockwork.nextCheck(message, nowMs)
      if (next === null) return
      line.beginInternalEvent(nowMs)
      const isAlive = line.check(segment)
      this.roomLine.commit(line, nowMs, false)
      this.clockwork.continueChain(room, line, next, isAlive)
    })
  }

  /**
   * The tick, as two events. First the alarm is armed again, durably, so that the next tick comes
   * whatever happens. An error in the tick itself uses none of the platform's few retries.
   */
  override async alarm(): Promise<void> {
    if (this.line === null) return
    this.clockwork.armAlarm(Date.now(), this.roomLine.rules().checkIntervalSeconds)
    this.store.writeAlarm(this.clockwork.alarmAtMs)
    await this.ctx.storage.sync()
    try {
      this.tick()
    } catch {
      // `guarded` has logged it and aborted the object.
    }
  }

  private tick(): void {
    this.roomLine.event(this.room, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      const factorBefore = line.admissionFactor
      line.advance()
      if (line.tickets.live === 0) this.clockwork.clearAlarm()
      const sample = line.takeSample()
      this.roomLine.commit(line, nowMs, true)
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
    return this.readiness.withSettings(room, (known) => this.controls.view(known))
  }

  operate(name: string, command: Command, who: string): CommandAnswer {
    return this.change(name, (line, nowMs, room) => {
      const outcome = applyCommand(command, line, { room, controls: this.controls, who, nowMs })
      if (outcome.state === 'refused') {
        // Even so, borders of the room's events may have been applied.
        this.roomLine.commit(line, nowMs, false)
        return { ...outcome, settings: this.controls.view(room) }
      }
      this.roomLine.snapshot.clear()
      if (outcome.line !== line) this.roomLine.replace(outcome.line)
      this.roomLine.commit(outcome.line, nowMs, true)
      outcome.record()
      return { state: 'done', result: outcome.result, settings: this.controls.view(room) }
    })
  }

  events(room: string): EventsView {
    return this.readiness.withSettings(room, (known) =>
      this.roomEvents.view(known, this.line?.course ?? null, Date.now()),
    )
  }

  eventDetails(room: string, id: string): EventDetails | null {
    return this.readiness.withSettings(room, (known) =>
      this.roomEvents.details(known, id, this.line?.course ?? null, Date.now()),
    )
  }

  changeEvents(name: string, command: EventCommand, who: string): EventAnswer {
    return this.change(name, (line, nowMs, room) => {
      const { answer, record } = this.roomEvents.change(command, room, line.course, who, nowMs)
      this.roomLine.snapshot.clear()
      line.admit()
      this.roomLine.commit(line, nowMs, record !== null)
      record?.()
      return answer
    })
  }

  accessKey(id: string): KeyReport | null {
    return keyReport(id, this.line, this.access)
  }

  auditKeys(name: string, made: AuditValues, who: string): Promise<void> | undefined {
    return this.change(name, (line, nowMs) => {
      this.roomLine.commit(line, nowMs, true)
      this.controls.audit(who, 'make-keys', {}, made, nowMs)
      return undefined
    })
  }

  revokeAccessKey(name: string, id: string, keepPlaces: boolean, who: string): RevokedKey | null {
    return this.change(name, (line, nowMs) => {
      // Makes the tables of a new room.
      this.roomLine.commit(line, nowMs, true)
      const revoked = revokeKey(id, keepPlaces, line, this.access, nowMs)
      if (revoked === 'too-many') return null
      this.roomLine.snapshot.clear()
      this.roomLine.commit(line, nowMs, true)
      revoked.record()
      this.controls.audit(who, 'revoke-key', {}, { id, ended: revoked.result.ended, keepPlaces }, nowMs)
      return revoked.result
    })
  }

  /** A change by an operator, as one event of a room that is in the settings. */
  private change<T>(name: string, work: (line: Line, nowMs: number, room: RoomSettings) => T): T {
    if (!this.readiness.isReady(name)) return this.readiness.settled(name, () => this.change(name, work))
    const room = this.source.must(name)
    return this.roomLine.event(name, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      return work(line, nowMs, room)
    })
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
    if (!this.readiness.isReady(room)) return this.readiness.settled(room, () => this.report(minute, room))
    this.roomLine.event(room, (line, nowMs) => {
      const settings = this.source.of(room)
      const alerts = settings === undefined ? [] : roomAlerts(settings)
      const pushesFigures = settings?.stats_push_url !== undefined
      this.alerts.report(line, { name: room, alerts, pushesFigures, events: this.roomEvents.events }, minute, nowMs)
      this.roomLine.commit(line, nowMs, false)
    })
    return undefined
  }

  async history(fromMs: number, toMs: number, stepMs: number): Promise<HistoryPoint[]> {
    return isUsed(this.ctx.storage.sql) ? this.alerts.samples.history(fromMs, toMs, stepMs) : []
  }

  async period(fromMs: number, toMs: number, stepMs: number): Promise<RoomPeriod> {
    if (!isUsed(this.ctx.storage.sql)) return { points: [], changes: [] }
    const points = await this.alerts.samples.days.points(fromMs, toMs, stepMs)
    return { points, changes: this.controls.changesBetween(fromMs, toMs) }
  }

  async advice(fromMs: number, toMs: number): Promise<Advice | null> {
    if (!isUsed(this.ctx.storage.sql)) return null
    return advise(await this.alerts.samples.demand(fromMs, toMs), this.line !== null && observes(this.line.rules))
  }

  alertOverview(rules: readonly string[]): AlertOverview | null {
    return isUsed(this.ctx.storage.sql) ? this.alerts.overview(rules) : null
  }

  testAlerts(room: string, channels: readonly string[]): string[] {
    if (!this.readiness.isReady(room)) return this.readiness.settled(room, () => this.testAlerts(room, channels))
    return this.roomLine.guarded(room, (nowMs) => this.alerts.test(room, channels, nowMs))
  }

  beginDelivery(id: string, channel: string, receiver: string): DeliveryTurn {
    if (!isUsed(this.ctx.storage.sql)) return 'done'
    return this.roomLine.guarded(this.room, () => this.alerts.beginDelivery(id, channel, receiver))
  }

  recordDelivery(record: DeliveryRecord, receiver: string): void {
    if (!isUsed(this.ctx.storage.sql)) return
    this.roomLine.guarded(this.room, (nowMs) => this.alerts.recordDelivery(record, receiver, nowMs))
  }
}
