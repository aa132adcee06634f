/**
 * The rows of redeemed and revoked access keys in the object's storage: src/core/access.ts says
 * what they mean. Read by subject when a call needs them, so memory does not grow with them.
 */
import { type AccessRow, AccessRows, accessSubjects, keySubject } from '../src/core/access.ts'
import type { ExchangeRequest } from '../src/core/exchange.ts'
import { isUsed } from './migrations.ts'

/** A row is kept for this long after its key has expired: longer than any clock is wrong. */
const KEPT_SECONDS = 3_600

/** Rows that a tick looks at. At the shortest interval, 20 rows a second are cleared away. */
const ROWS_PER_TICK = 100

export class AccessStore {
  private readonly sql: SqlStorage
  /** Where the last tick stopped, by expiry and subject. */
  private cleared: readonly [expSeconds: number, subject: string] = [0, '']

  constructor(sql: SqlStorage) {
    this.sql = sql
  }

  /** The rows that the joins of an event's requests may need. */
  rowsFor(requests: readonly Pick<ExchangeRequest, 'joins' | 'joinDetails'>[]): AccessRows {
    const subjects = requests.flatMap(({ joins, joinDetails }) => accessSubjects(joins, joinDetails))
    if (subjects.length === 0 || !isUsed(this.sql)) return new AccessRows()
    const wanted = 'SELECT value FROM json_each(?)'
    return new AccessRows(this.read(`SELECT * FROM access WHERE subject IN (${wanted})`, JSON.stringify(subjects)))
  }

  key(id: string): AccessRow | undefined {
    if (!isUsed(this.sql)) return undefined
    return this.read('SELECT * FROM access WHERE subject = ?', keySubject(id))[0]
  }

  /** Rows with places that a key was used for in this run. A place may have two rows. */
  places(keyId: string, run: number, max: number): AccessRow[] {
    return this.read('SELECT * FROM access WHERE key_id = ? AND run = ? AND number > 0 LIMIT ?', keyId, run, max)
  }

  /** Numbers that moved to another device in this run, with the generation of that device. */
  moved(run: number): (readonly [number: number, holder: number])[] {
    const rows = this.sql.exec('SELECT number, holder FROM access WHERE holder > 0 AND run = ?', run).toArray()
    return rows.map((row) => [row.number as number, row.holder as number])
  }

  get revokedCount(): number {
    return this.sql.exec('SELECT COUNT(*) AS count FROM access WHERE revoked = 1').one().count as number
  }

  /** The line must have been stored in the same turn: it makes the table. */
  write(rows: readonly AccessRow[]): void {
    for (const row of rows) {
      this.sql.exec(
        `INSERT OR REPLACE INTO access (subject, key_id, run, uses, used, number, holder, join_key, exp_seconds, revoked, at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        row.subject,
        row.keyId,
        row.run,
        row.uses,
        row.used,
        row.number,
        row.holder,
        row.joinKey,
        row.expSeconds,
        row.revoked ? 1 : 0,
        row.atMs,
      )
    }
  }

  remove(subjects: readonly string[]): void {
    for (const subject of subjects) this.sql.exec('DELETE FROM access WHERE subject = ?', subject)
  }

  /** A new run begins: all keys are good again, except revoked ones. */
  clear(): void {
    if (isUsed(this.sql)) this.sql.exec('DELETE FROM access WHERE revoked = 0')
  }

  /**
   * Deletes rows of keys that expired some time ago and whose places are gone. The next tick goes
   * on where this one stopped.
   */
  forgetExpired(nowMs: number, isLive: (row: AccessRow) => boolean): void {
    const [expSeconds, subject] = this.cleared
    const rows = this.read(
      `SELECT * FROM access WHERE exp_seconds < ? AND (exp_seconds, subject) > (?, ?)
       ORDER BY exp_seconds, subject LIMIT ?`,
      nowMs / 1000 - KEPT_SECONDS,
      expSeconds,
      subject,
      ROWS_PER_TICK,
    )
    const last = rows.at(-1)
    this.cleared = last === undefined || rows.length < ROWS_PER_TICK ? [0, ''] : [last.expSeconds, last.subject]
    this.remove(rows.filter((row) => !isLive(row)).map((row) => row.subject))
  }

  private read(statement: string, ...values: SqlStorageValue[]): AccessRow[] {
    return this.sql
      .exec(statement, ...values)
      .toArray()
      .map((row) => ({
        subject: row.subject as string,
        keyId: row.key_id as string,
        run: row.run as number,
        uses: row.uses as number,
        used: row.used as number,
        number: row.number as number,
        holder: row.holder as number,
        joinKey: row.join_key as string,
        expSeconds: row.exp_seconds as number,
        revoked: row.revoked === 1,
        atMs: row.at_ms as number,
      }))
  }
}
