/**
 * Alerts in the object's storage: the state of each rule, the minute last reported, and the
 * delivery of each message. The newest deliveries are kept; a message that was pushed out counts as
 * delivered.
 */

import type { DeliveryRecord, DeliveryState, DeliveryTurn } from '../src/alerts/ledger.ts'
import type { AlertMessage } from '../src/alerts/message.ts'
import { ageMs } from '../src/core/age.ts'
import { type AlertState, NO_ALERT } from '../src/core/alert-rules.ts'
import type { Delivery, DisabledChannel } from '../src/room/room-object.ts'

const DELIVERIES_KEPT = 200

/**
 * A send without an outcome after this long counts as failed: the object may have ended before it
 * learned the outcome.
 */
const SEND_LEASE_MS = 120_000

/** The platform's limit for one `sendBatch`. */
const SENT_AT_ONCE_MAX = 100

/**
 * Figures are pushed each minute. Few pushes are kept, so that they do not crowd out the alerts.
 */
const PUSHES_KEPT = 20

export class AlertStore {
  private readonly sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.sql = sql
  }

  /** The minute (since 1970) last reported, null before the first. */
  get reportedMinute(): number | null {
    const [row] = this.sql.exec('SELECT minute FROM reported').toArray()
    return row === undefined ? null : (row.minute as number)
  }

  set reportedMinute(minute: number) {
    this.sql.exec('INSERT OR REPLACE INTO reported (id, minute) VALUES (1, ?)', minute)
  }

  state(rule: string): AlertState {
    const [row] = this.sql.exec('SELECT state FROM alerts WHERE rule = ?', rule).toArray()
    return row === undefined ? NO_ALERT : (JSON.parse(row.state as string) as AlertState)
  }

  setState(rule: string, state: AlertState): void {
    this.sql.exec('INSERT OR REPLACE INTO alerts (rule, state) VALUES (?, ?)', rule, JSON.stringify(state))
  }

  /** Records a message that is about to be sent. A known one stays as it is. */
  addDelivery(message: AlertMessage, nowMs: number): void {
    this.sql.exec(
      `INSERT OR IGNORE INTO deliveries (id, channel, kind, rule, state, attempts, reason, created_ms, updated_ms, message)
       VALUES (?, ?, ?, ?, 'queued', 0, NULL, ?, ?, ?)`,
      message.id,
      message.channel,
      message.kind,
      message.kind === 'stats' ? null : message.rule,
      nowMs,
      nowMs,
      JSON.stringify(message),
    )
    const isPush = message.kind === 'stats'
    this.sql.exec(
      `DELETE FROM deliveries WHERE (kind = 'stats') = ?1 AND id NOT IN
         (SELECT id FROM deliveries WHERE (kind = 'stats') = ?1 ORDER BY created_ms DESC, rowid DESC LIMIT ?2)`,
      isPush ? 1 : 0,
      isPush ? PUSHES_KEPT : DELIVERIES_KEPT,
    )
  }

  /**
   * Leases messages that the queue has not accepted and that no send is carrying, oldest first, up
   * to one batch. The caller sends them and then calls `markQueued` or `endLease`.
   */
  leaseUnqueued(nowMs: number): AlertMessage[] {
    const rows = this.sql
      .exec(
        `SELECT id, leased_ms, message FROM deliveries WHERE state = 'queued' AND queued_ms IS NULL
         ORDER BY created_ms, rowid`,
      )
      .toArray()
      .filter(({ leased_ms }) => leased_ms === null || ageMs(leased_ms as number, nowMs) >= SEND_LEASE_MS)
      .slice(0, SENT_AT_ONCE_MAX)
    for (const { id } of rows) this.sql.exec('UPDATE deliveries SET leased_ms = ? WHERE id = ?', nowMs, id)
    return rows.map(({ message }) => JSON.parse(message as string) as AlertMessage)
  }

  /** The queue has accepted these messages and will deliver them at least once. */
  markQueued(messages: readonly AlertMessage[], nowMs: number): void {
    for (const { id } of messages) this.sql.exec('UPDATE deliveries SET queued_ms = ? WHERE id = ?', nowMs, id)
  }

  /** The send of these messages failed: the next report may send them again. */
  endLease(messages: readonly AlertMessage[]): void {
    for (const { id } of messages) this.sql.exec('UPDATE deliveries SET leased_ms = NULL WHERE id = ?', id)
  }

  beginDelivery(id: string, channel: string, receiver: string): DeliveryTurn {
    const [disabled] = this.sql.exec('SELECT receiver FROM disabled_channels WHERE channel = ?', channel).toArray()
    if (disabled?.receiver === receiver) return 'disabled'
    if (disabled !== undefined) this.sql.exec('DELETE FROM disabled_channels WHERE channel = ?', channel)
    const [row] = this.sql.exec('SELECT state FROM deliveries WHERE id = ?', id).toArray()
    // An unknown message is older than the deliveries kept.
    if (row === undefined) return 'done'
    const state = row.state as DeliveryState
    return state === 'queued' || state === 'retrying' ? 'send' : 'done'
  }

  recordDelivery({ id, channel, state, attempts, reason }: DeliveryRecord, receiver: string, nowMs: number): void {
    this.sql.exec(
      `UPDATE deliveries SET state = ?, attempts = ?, reason = ?, updated_ms = ? WHERE id = ? AND state != 'delivered'`,
      state,
      attempts,
      reason,
      nowMs,
      id,
    )
    if (state !== 'disabled') return
    // The first reason of a receiver stays: later messages only find the channel disabled.
    this.sql.exec(
      `INSERT INTO disabled_channels (channel, receiver, reason, at_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (channel) DO UPDATE SET receiver = excluded.receiver, reason = excluded.reason, at_ms = excluded.at_ms
       WHERE receiver != excluded.receiver`,
      channel,
      receiver,
      reason ?? 'the receiver is gone',
      nowMs,
    )
  }

  /** Newest first. */
  deliveries(): Delivery[] {
    const rows = this.sql.exec(
      'SELECT * FROM deliveries ORDER BY created_ms DESC, id LIMIT ?',
      DELIVERIES_KEPT + PUSHES_KEPT,
    )
    return rows.toArray().map((row) => ({
      id: row.id as string,
      channel: row.channel as string,
      kind: row.kind as string,
      rule: row.rule as string | null,
      state: row.state as DeliveryState,
      attempts: row.attempts as number,
      reason: row.reason as string | null,
      createdMs: row.created_ms as number,
      updatedMs: row.updated_ms as number,
    }))
  }

  disabledChannels(): DisabledChannel[] {
    const rows = this.sql.exec('SELECT channel, reason, at_ms FROM disabled_channels ORDER BY channel').toArray()
    return rows.map((row) => ({
      channel: row.channel as string,
      reason: row.reason as string,
      atMs: row.at_ms as number,
    }))
  }
}
