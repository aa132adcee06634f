/**
 * The Durable Object that counts failed logins of operators by client address: one for all
 * isolates.
 *
 * A count ends with its window. Bounded: the oldest addresses go first.
 */
import { DurableObject } from 'cloudflare:workers'
import type { LoginGuardObject } from '../src/operators/failed-logins.ts'
import { LOGIN_ADDRESSES_MAX, LOGIN_FAILURES_MAX, LOGIN_WINDOW_MS } from '../src/operators/limits.ts'

export class LoginGuard<E = unknown> extends DurableObject<E> implements LoginGuardObject {
  private readonly sql: SqlStorage

  constructor(ctx: DurableObjectState, env: E) {
    super(ctx, env)
    this.sql = ctx.storage.sql
    this.sql.exec(
      `CREATE TABLE IF NOT EXISTS failed_logins (
         address TEXT PRIMARY KEY,
         failures INTEGER NOT NULL,
         until_ms INTEGER NOT NULL
       )`,
    )
  }

  countFailure(address: string): number {
    const nowMs = Date.now()
    // A window that ends further ahead was stored before the clock went back.
    this.sql.exec('DELETE FROM failed_logins WHERE until_ms <= ? OR until_ms > ?', nowMs, nowMs + LOGIN_WINDOW_MS)
    this.sql.exec(
      `INSERT INTO failed_logins (address, failures, until_ms) VALUES (?, 1, ?)
       ON CONFLICT (address) DO UPDATE SET failures = failures + 1`,
      address,
      nowMs + LOGIN_WINDOW_MS,
    )
    this.sql.exec(
      'DELETE FROM failed_logins WHERE address IN (SELECT address FROM failed_logins ORDER BY until_ms DESC LIMIT -1 OFFSET ?)',
      LOGIN_ADDRESSES_MAX,
    )
    return blockedUntil(this.sql, address, nowMs)
  }

  blockedUntil(address: string): number {
    return blockedUntil(this.sql, address, Date.now())
  }
}

/**
 * Reads the table `failed_logins`. The rooms' class has one, too, where versions before this class
 * counted.
 */
export function blockedUntil(sql: SqlStorage, address: string, nowMs: number): number {
  const [row] = sql.exec('SELECT failures, until_ms FROM failed_logins WHERE address = ?', address).toArray()
  if (row === undefined || (row.failures as number) < LOGIN_FAILURES_MAX) return 0
  const untilMs = row.until_ms as number
  return untilMs > nowMs && untilMs <= nowMs + LOGIN_WINDOW_MS ? untilMs : 0
}
