/**
 * The RPC interface of a room's Durable Object: what isolates may call, and the data that crosses.
 *
 * durable-objects/waiting-room.ts implements it. During a deploy, isolates and objects of two
 * versions call each other: fields may only be added, and readers must not rely on new ones.
 */
import type { DeliveryRecord, DeliveryTurn } from '../alerts/ledger.ts'
import type { Advice } from '../core/advice.ts'
import type { AlertState } from '../core/alert-rules.ts'
import type { CheckMessage } from '../core/check-chains.ts'
import type { ExchangeAnswer, ExchangeRequest } from '../core/exchange.ts'
import type { GatheredAnswer, GatheredRequest } from '../core/gathered.ts'
import type { JournalPage } from '../core/journal.ts'
import type { LineStats } from '../core/line-stats.ts'
import type { PeriodPoint } from '../core/period.ts'
import type { SampledFigures } from '../core/sample.ts'
import type { RecentSite } from '../core/site-health.ts'
import type { TicketReport } from '../core/ticket-report.ts'
import type { PatchProblem, RuntimeKey, RuntimeValues, SettingsPatch } from '../settings/runtime-settings.ts'
import type { AuditEntry, AuditValues } from './audit-entry.ts'
import type { RoomEventsObject } from './room-events.ts'
import type { RoomKeysObject } from './room-keys.ts'

export interface RoomObject extends RoomEventsObject, RoomKeysObject {
  /** The one call of the hot path: everything that an isolate reports and asks. */
  exchange(request: ExchangeRequest): ExchangeAnswer
  /** The calls of many isolates, from a gatherer, as one event. */
  exchangeAll(all: GatheredRequest): GatheredAnswer
  /** A delayed check of one segment. */
  check(message: CheckMessage): void
  /**
   * Reports the completed minutes (since 1970) up to this one that were not reported yet. Re-arms a
   * dead alarm.
   * @param room its events are reported even if nobody has visited it; older isolates leave it out
   */
  report(minute: number, room?: string): void

  /** Null for a room without visitors so far. */
  stats(): RoomStats | null
  /**
   * The events after a sequence number that are still in memory; null for a room without visitors
   * so far.
   */
  journal(after: number): RoomJournal | null
  /** Samples by steps; empty for a room without visitors so far. */
  history(fromMs: number, toMs: number, stepMs: number): Promise<HistoryPoint[]>
  /**
   * The figures and the operators' changes of a period, for reports. Steps of a day reach back
   * further than the samples. Empty for a room without visitors so far.
   */
  period(fromMs: number, toMs: number, stepMs: number): Promise<RoomPeriod>
  /**
   * Thresholds that the visitors of a period would need; null for a room without visitors so far.
   */
  advice(fromMs: number, toMs: number): Promise<Advice | null>
  /** Null for a number that was never issued in this run. */
  ticket(number: number): TicketReport | null

  /** The runtime settings in force. */
  settings(room: string): SettingsView
  /** Runs an operator's command. Its effect and its audit entry are stored before the answer. */
  operate(room: string, command: Command, who: string): CommandAnswer
  /** Audit entries before an id, newest first. */
  audit(beforeId: number, count: number): AuditEntry[]

  /** The states of these rules, and the deliveries; null for a room that has stored nothing. */
  alertOverview(rules: readonly string[]): AlertOverview | null
  /** Sends a test message by each of these channels. Returns the message ids. */
  testAlerts(room: string, channels: readonly string[]): string[]
  /** See `DeliveryLedger`. */
  beginDelivery(id: string, channel: string, receiver: string): DeliveryTurn
  recordDelivery(record: DeliveryRecord, receiver: string): void

  /**
   * Only in the object of this name that has no jurisdiction: fixes the room's jurisdiction unless
   * it is fixed already. Returns the one in force; `none`: the room is in this object.
   */
  fixJurisdiction(jurisdiction: string): string

  /** A block that an earlier version stored: see `FailedLogins`. */
  loginBlockedUntil(address: string): number

  /** The directory gives a runtime room its document. An older one than known is ignored. */
  takeDocument(room: string, document: RoomDocument): void
  /**
   * The directory removes a runtime room. Unless forced, refused while anybody waits or is on
   * the site. Every token of the room is void afterwards.
   */
  retireRoom(room: string, version: number, isForced: boolean): RetiredRoom
}

/** The document of a runtime room, as its object has it. */
export interface RoomDocument {
  readonly text: string
  readonly version: number
  readonly draining: boolean
  readonly by: string
}

export type RetiredRoom =
  | { readonly state: 'gone' }
  | { readonly state: 'occupied'; readonly waiting: number; readonly active: number }

export interface RoomStats extends LineStats {
  readonly room: string
  /** Calls of isolates and gatherers, and rows written for the line, since the object started. */
  readonly calls: number
  /** Calls of isolates that came through gatherers. */
  readonly gatheredCalls: number
  readonly rowsWritten: number
  readonly recentSite: RecentSite
}

export interface RoomJournal extends JournalPage {
  readonly room: string
  readonly run: number
}

/** One step of the history: the last value of gauges, the sum of counts, the highest percentile. */
export interface HistoryPoint extends SampledFigures {
  /** Start of the step. */
  readonly fromMs: number
  readonly samples: number
}

export interface RoomPeriod {
  /** Oldest first; steps without a sample are left out. */
  readonly points: readonly PeriodPoint[]
  /** Newest first, `REPORT_CHANGES_MAX` at most. */
  readonly changes: readonly AuditEntry[]
}

export type Command =
  | SettingsCommand
  | { readonly kind: 'admit-next'; readonly count: number }
  | { readonly kind: 'revoke'; readonly number: number }
  | { readonly kind: 'reset' }

export interface SettingsCommand {
  readonly kind: 'settings'
  /** The name in the audit. */
  readonly action: string
  readonly patch: SettingsPatch
  /** Refused unless one of these is the current tag; null: no condition. */
  readonly etag: string | readonly string[] | null
}

export type CommandAnswer =
  | { readonly state: 'done'; readonly result: AuditValues; readonly settings: SettingsView }
  | { readonly state: 'refused'; readonly why: Refusal | PatchProblem; readonly settings: SettingsView }

export type Refusal =
  | 'changed-meanwhile'
  | 'paused'
  | 'suspended'
  | 'sold-out'
  | 'lobby'
  | 'no-such-ticket'
  | 'gone-already'

/** A runtime setting as operators see it. */
export interface SettingView {
  readonly value: RuntimeValues[RuntimeKey]
  readonly deployed: RuntimeValues[RuntimeKey]
  /** The operator and time of the override. Null: as deployed. */
  readonly override: { readonly atMs: number; readonly by: string } | null
}

export interface SettingsView {
  /** Changes with every change by an operator or a deploy. */
  readonly etag: string
  readonly settings: Readonly<Record<RuntimeKey, SettingView>>
}

export interface AlertOverview {
  readonly states: Readonly<Record<string, AlertState>>
  readonly deliveries: readonly Delivery[]
  readonly disabledChannels: readonly DisabledChannel[]
}

export interface Delivery extends DeliveryRecord {
  readonly kind: string
  readonly rule: string | null
  readonly createdMs: number
  readonly updatedMs: number
}

export interface DisabledChannel {
  readonly channel: string
  readonly reason: string
  readonly atMs: number
}
