/**
 * The alerts of a room's object: minute reports, test messages, and the ledger of deliveries.
 *
 * Owns when something is written and sent. The report is in minute-report.ts, the tables are in
 * alert-store.ts.
 */

import type { DeliveryRecord, DeliveryTurn } from '../src/alerts/ledger.ts'
import type { AlertMessage } from '../src/alerts/message.ts'
import type { Bindings } from '../src/api.ts'
import type { Line } from '../src/core/line.ts'
import { logError, logWarning } from '../src/log/log.ts'
import type { AlertOverview } from '../src/room/room-object.ts'
import { AlertStore } from './alert-store.ts'
import { migrate } from './migrations.ts'
import { dataPointOf, type ReportedRoom, reportMinutes } from './minute-report.ts'
import { SampleStore } from './sample-store.ts'

/**
 * The platform's limit per invocation. A minute has 6 to 12 samples; after a gap of Cron the newest
 * are sent.
 */
const DATA_POINTS_MAX = 25

/** Cron reports each minute. */
const CRON_MISSING_MS = 5 * 60_000
const CRON_EFFECT =
  'alerts, pushed figures and Analytics Engine get nothing. Set crons = ["* * * * *"] in [triggers], and call scheduled()'

export class RoomAlerts {
  readonly samples: SampleStore
  private readonly alerts: AlertStore
  private readonly ctx: DurableObjectState
  private readonly bindings: Bindings
  /** When a report came, or the first tick; null: neither did. 0: logged that none comes. */
  private reportedMs: number | null = null

  constructor(ctx: DurableObjectState, bindings: Bindings) {
    this.ctx = ctx
    this.bindings = bindings
    this.samples = new SampleStore(ctx.storage.sql)
    this.alerts = new AlertStore(ctx.storage.sql)
  }

  report(line: Line, room: ReportedRoom, minute: number, nowMs: number): void {
    this.reportedMs = nowMs
    const samples = reportMinutes(line, room, minute, nowMs, this.samples, this.alerts)
    for (const sample of samples.slice(-DATA_POINTS_MAX))
      this.bindings.FIGURES?.writeDataPoint(dataPointOf(room.name, sample))
    this.sendUnqueued(nowMs)
  }

  /** Logs once if the rooms' cron does not run: nothing else can tell that the Worker has none. */
  noteTick(room: string, nowMs: number): void {
    this.reportedMs ??= nowMs
    if (this.reportedMs === 0 || nowMs - this.reportedMs < CRON_MISSING_MS) return
    this.reportedMs = 0
    logWarning('cron_missing', { room, effect: CRON_EFFECT })
  }

  /** Sends a test message by each channel. Returns the message ids. */
  test(room: string, channels: readonly string[], nowMs: number): string[] {
    migrate(this.ctx.storage.sql)
    const messages = channels.map(
      (channel): AlertMessage => ({
        id: `${room}.test.${nowMs}.${channel}`,
        room,
        channel,
        atMs: nowMs,
        kind: 'test',
        rule: 'test',
        metric: 'test',
        bound: null,
        threshold: null,
        value: null,
      }),
    )
    for (const message of messages) this.alerts.addDelivery(message, nowMs)
    this.sendUnqueued(nowMs)
    return messages.map(({ id }) => id)
  }

  overview(rules: readonly string[]): AlertOverview {
    return {
      states: Object.fromEntries(rules.map((rule) => [rule, this.alerts.state(rule)])),
      deliveries: this.alerts.deliveries(),
      disabledChannels: this.alerts.disabledChannels(),
    }
  }

  beginDelivery(id: string, channel: string, receiver: string): DeliveryTurn {
    return this.alerts.beginDelivery(id, channel, receiver)
  }

  recordDelivery(record: DeliveryRecord, receiver: string, nowMs: number): void {
    this.alerts.recordDelivery(record, receiver, nowMs)
  }

  /**
   * Not awaited. A failed send is retried by the next report; one without an outcome once its lease
   * has ended.
   */
  private sendUnqueued(nowMs: number): void {
    const { ALERTS } = this.bindings
    if (ALERTS === undefined) return
    for (;;) {
      const messages = this.alerts.leaseUnqueued(nowMs)
      if (messages.length === 0) return
      const room = messages[0]?.room
      const sending = ALERTS.sendBatch(messages.map((body) => ({ body }))).then(
        () => this.alerts.markQueued(messages, nowMs),
        (error) => {
          logError('alerts_not_sent', error, { room })
          this.alerts.endLease(messages)
        },
      )
      this.ctx.waitUntil(sending)
    }
  }
}
