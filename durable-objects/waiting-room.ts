/**
 * The object of one room: a thin shell around the line (src/core).
 *
 * Each event reads the clock once, lets the line decide, writes what changed in the same turn, and answers; the platform
 * holds the answer until the writes are durable. Where memory could differ from storage (a broken invariant, a failed
 * write) the object aborts: the next event starts from storage.
 *
 * Owns the order of what an event does. Each thing that it keeps has a file of its own beside this one: the line's rows, the
 * alarm, the checks, the controls of operators, alerts and figures. Owns no rule of the line.
 */
import { DurableObject } from 'cloudflare:workers'
import type { DeliveryRecord, DeliveryTurn } from '../src/alerts/delivery-ledger.ts'
import { applyExchange, type ExchangeAnswer, type ExchangeRequest } from '../src/core/exchange.ts'
import type { JournalPage } from '../src/core/journal.ts'
import { Line } from '../src/core/line.ts'
import { type LineStats, lineStats } from '../src/core/line-stats.ts'
import { Pacing } from '../src/core/pacing.ts'
import type { LineRules } from '../src/core/rules.ts'
import type { Sample } from '../src/core/sample.ts'
import { NO_RECENT_SITE, type RecentSite } from '../src/core/site-health.ts'
import { SnapshotCache } from '../src/core/snapshot.ts'
import { type TicketReport, ticketReport } from '../src/core/ticket-report.ts'
import { logError, logWarning, sendHeldReports } from '../src/log/log.ts'
import type { CheckMessage } from '../src/queues/check-message.ts'
import { abortReason } from '../src/room/aborted.ts'
import { deployedSettings } from '../src/settings/deployed-settings.ts'
import { lineRules, type RoomSettings, roomAlerts } from '../src/settings/rooms.ts'
import { type Command, type CommandAnswer, perform } from './commands.ts'
import type { AuditEntry } from './control-store.ts'
import { LineStore } from './line-store.ts'
import { LoginStore } from './login-store.ts'
import { isUsed } from './migrations.ts'
import { RoomAlarm } from './room-alarm.ts'
import { type AlertOverview, RoomAlerts } from './room-alerts.ts'
import { RoomChecks } from './room-checks.ts'
import { RoomControls, type SettingsView } from './room-controls.ts'
import type { HistoryPoint } from './sample-store.ts'

export interface RoomStats extends LineStats {
  readonly room: string
  /** Calls of isolates, and rows of the line written, since the object started. */
  readonly calls: number
  readonly rowsWritten: number
  readonly recentSite: RecentSite
}

export interface RoomJournal extends JournalPage {
  readonly room: string
  readonly run: number
}

export class WaitingRoom extends DurableObject<Env> {
  private readonly store: LineStore
  private readonly alarmClock: RoomAlarm
  private readonly checks: RoomChecks
  private readonly alerts: RoomAlerts
  private readonly controls: RoomControls
  private readonly pacing = new Pacing()
  private readonly snapshot = new SnapshotCache()
  private line: Line | null = null
  private room = ''
  private calls = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.store = new LineStore(ctx.storage.sql)
    this.alarmClock = new RoomAlarm(ctx.storage)
    this.checks = new RoomChecks(ctx, env)
    this.alerts = new RoomAlerts(ctx, env)
    this.controls = new RoomControls(ctx.storage.sql)
    const stored = this.store.load()
    if (stored !== null) {
      this.room = stored.room
      this.controls.load(this.deployed, Date.now())
      this.alarmClock.atMs = stored.alarmAtMs
      this.line = Line.restore(this.rules(), stored.line, stored.line.head.clock.touchedMs)
    }
    sendHeldReports()
  }

  /** The one call of the hot path: everything an isolate has to say and ask. */
  exchange(request: ExchangeRequest): ExchangeAnswer {
    return this.event(request.room, (line, nowMs) => {
      this.calls++
      line.beginCall(nowMs)
      const answer = applyExchange(line, request)
      this.commit(line, nowMs, false)
      return {
        ...answer,
        snapshot: this.snapshot.get(line, nowMs),
        nextCallAfterMs: this.pacing.nextCallAfterMs(request.isolate, nowMs),
      }
    })
  }

  /** A delayed check of one segment: expires its silent tickets, admits the next, and goes on while any ticket lives. */
  check(message: CheckMessage): void {
    const { room, run, segment } = message
    if (this.line?.run !== run) return
    this.event(room, (line, nowMs) => {
      const next = this.checks.next(message, nowMs)
      if (next === null) return
      line.beginInternalEvent(nowMs)
      const isAlive = line.check(segment)
      this.commit(line, nowMs, false)
      this.checks.goOn(room, line, next, isAlive)
    })
  }

  /**
   * The tick. Two events: it is armed again first, durably, so that whatever happens then there is a next one; an error in
   * the tick itself is reported and spends none of the platform's few retries.
   */
  override async alarm(): Promise<void> {
    if (this.line === null) return
    this.alarmClock.arm(Date.now(), this.rules().checkIntervalSeconds)
    this.store.writeAlarm(this.alarmClock.atMs)
    await this.ctx.storage.sync()
    try {
      this.tick()
    } catch {
      // Reported where it happened, and the object starts again from storage.
    }
  }

  private tick(): void {
    this.event(this.room, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      const factorBefore = line.admissionFactor
      line.advance()
      if (line.tickets.live === 0) this.alarmClock.clear()
      const sample = line.takeSample()
      this.commit(line, nowMs, true)
      this.alerts.samples.write(sample)
      this.logGuard(factorBefore, sample)
      this.checks.restartOverdue(this.room, line, nowMs)
    })
  }

  /** When the origin guard begins to slow admission, stops it, or is content again. */
  private logGuard(
    before: number,
    { admissionFactor, originRequests, originErrors, originLatencyMsP90 }: Sample,
  ): void {
    const isNews = admissionFactor !== before && (before === 1 || admissionFactor === 1 || admissionFactor === 0)
    if (!isNews) return
    const fields = { room: this.room, admissionFactor, originRequests, originErrors, originLatencyMsP90 }
    logWarning('admission_factor_changed', fields)
  }

  /** The figures, null for a room that nobody has come to yet. */
  stats(): RoomStats | null {
    if (this.line === null) return null
    const { room, calls, store } = this
    const nowMs = Date.now()
    const recentSite = isUsed(this.ctx.storage.sql) ? this.alerts.samples.recentSite(nowMs) : NO_RECENT_SITE
    return { room, calls, rowsWritten: store.rowsWritten, recentSite, ...lineStats(this.line, nowMs) }
  }

  /** The settings that operators may change, as they hold now. */
  settings(room: string): SettingsView {
    return this.controls.view(mustBeDeployed(room))
  }

  /** What an operator has the room do: stored and noted in the audit before it is answered. */
  operate(name: string, command: Command, who: string): CommandAnswer {
    const room = mustBeDeployed(name)
    return this.event(name, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      const outcome = perform(command, line, { room, controls: this.controls, who, nowMs })
      if (outcome.state === 'refused') return { ...outcome, settings: this.controls.view(room) }
      this.snapshot.clear()
      if (outcome.line !== line) this.replaceLine(outcome.line)
      this.commit(outcome.line, nowMs, true)
      outcome.note()
      return { state: 'done', result: outcome.result, settings: this.controls.view(room) }
    })
  }

  /** Nothing of the line before must be left: its segments, its alarm, its checks. */
  private replaceLine(line: Line): void {
    this.line = line
    this.checks.forget()
    this.store.clear()
    if (this.alarmClock.atMs !== 0) this.alarmClock.clear()
  }

  /** What is known of a number, null for one that was never handed out in this run. */
  ticket(number: number): TicketReport | null {
    return this.line === null ? null : ticketReport(this.line, number)
  }

  /** What operators did, before an entry's id, the newest first. */
  audit(beforeId: number, count: number): AuditEntry[] {
    return isUsed(this.ctx.storage.sql) ? this.controls.audit(beforeId, count) : []
  }

  /** Of the one object that counts for all: when an address may try to log in again, ms since 1970; 0: at once. */
  loginBlockedUntil(address: string): number {
    return new LoginStore(this.ctx.storage.sql).blockedUntil(address, Date.now())
  }

  noteFailedLogin(address: string): number {
    return new LoginStore(this.ctx.storage.sql).note(address, Date.now())
  }

  /** The events after a sequence number that are still in memory. */
  journal(after: number): RoomJournal | null {
    const { line, room } = this
    return line === null ? null : { room, run: line.run, ...line.journal.after(after) }
  }

  /** Reports the minutes up to this one (since 1970, completed) that were not yet; arms a dead alarm. */
  report(minute: number): void {
    // A line that only ever answered "void" was never stored.
    if (this.line === null || !isUsed(this.ctx.storage.sql)) return
    this.event(this.room, (line, nowMs) => {
      const settings = this.deployed
      const alerts = settings === undefined ? [] : roomAlerts(settings)
      const pushesFigures = settings?.stats_push_url !== undefined
      this.alerts.report(line, { name: this.room, alerts, pushesFigures }, minute, nowMs)
      this.commit(line, nowMs, false)
    })
  }

  /** Samples in steps; empty for a room that nobody has come to yet. */
  history(fromMs: number, toMs: number, stepMs: number): HistoryPoint[] {
    return isUsed(this.ctx.storage.sql) ? this.alerts.samples.history(fromMs, toMs, stepMs) : []
  }

  /** Alert states of these rules, and what became of messages; null where there was nothing to tell yet. */
  alertOverview(rules: readonly string[]): AlertOverview | null {
    return isUsed(this.ctx.storage.sql) ? this.alerts.overview(rules) : null
  }

  /** Sends a test message by each of these channels; returns their ids. */
  testAlerts(room: string, channels: readonly string[]): string[] {
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

  /** The clock is read once per event, here, and no failure leaves half-changed memory behind. */
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
    this.line = Line.start(this.rules(), nowMs, nowMs)
    return this.line
  }

  /** Undefined: the room is no longer in the settings. */
  private get deployed(): RoomSettings | undefined {
    return deployedRoom(this.room)
  }

  private rules(): LineRules {
    const { deployed } = this
    return lineRules(deployed, deployed && this.controls.values(deployed))
  }

  /** Makes the event's changes durable: invariants first, then one write, then what follows from it. */
  private commit(line: Line, nowMs: number, everything: boolean): void {
    line.verify()
    const alarmBefore = this.alarmClock.atMs
    this.alarmClock.keep(this.room, line, nowMs)
    const changes = line.takeChanges(everything)
    const { atMs } = this.alarmClock
    if (changes !== null) this.store.write(this.room, atMs, changes)
    else if (atMs !== alarmBefore) this.store.writeAlarm(atMs)
    this.checks.start(this.room, line, nowMs)
  }
}

function deployedRoom(room: string): RoomSettings | undefined {
  return deployedSettings.rooms.find(({ name }) => name === room)
}

/** While a deploy rolls out, isolates may know a room that this object's code does not. */
function mustBeDeployed(room: string): RoomSettings {
  const settings = deployedRoom(room)
  if (settings === undefined) throw new Error(`room ${room} is not in the settings of this deploy`)
  return settings
}
