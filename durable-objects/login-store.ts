/**
 * Failed logins by address, in the storage of the one object that counts them. A count ends with its minute; bounded, the
 * oldest go first.
 */
import { LOGIN_ADDRESSES_MAX, LOGIN_FAILURES_MAX, LOGIN_WINDOW_MS } from '../src/limits.ts'
import { isUsed, migrate } from './migrations.ts'

export class LoginStore {
  private readonly sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.sql = sql
  }

  /** Counts a failure. When the address may try again, ms since 1970; 0: at once. */
  note(address: string, nowMs: number): number {
    migrate(this.sql)
    // What lies farther ahead was written before the clock went back.
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
    return this.blockedUntil(address, nowMs)
  }

  blockedUntil(address: string, nowMs: number): number {
    if (!isUsed(this.sql)) return 0
    const [row] = this.sql.exec('SELECT failures, until_ms FROM failed_logins WHERE address = ?', address).toArray()
    if (row === undefined || (row.failures as number) < LOGIN_FAILURES_MAX) return 0
    const untilMs = row.until_ms as number
    return untilMs > nowMs && untilMs <= nowMs + LOGIN_WINDOW_MS ? untilMs : 0
  }
}
