/** An audit log in an object's storage: the table `audit`, of which the newest entries are kept. */
import { AUDIT_PAGE_MAX } from '../src/operators/limits.ts'

export class AuditLog {
  private readonly sql: SqlStorage
  private readonly keptMax: number
  private readonly insert: string

  /** @param columns of an entry, besides its id */
  constructor(sql: SqlStorage, keptMax: number, columns: readonly string[]) {
    this.sql = sql
    this.keptMax = keptMax
    this.insert = `INSERT INTO audit (${columns}) VALUES (?${', ?'.repeat(columns.length - 1)})`
  }

  /** @param values in the order of the columns */
  add(...values: readonly (string | number)[]): void {
    this.sql.exec(this.insert, ...values)
    this.sql.exec('DELETE FROM audit WHERE id <= (SELECT MAX(id) FROM audit) - ?', this.keptMax)
  }

  /** Entries before an id, newest first. */
  before(id: number, count: number): Record<string, SqlStorageValue>[] {
    const page = Math.min(count, AUDIT_PAGE_MAX)
    return this.sql.exec('SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?', id, page).toArray()
  }

  /** The newest entries of a period, newest first. */
  between(fromMs: number, toMs: number, count: number): Record<string, SqlStorageValue>[] {
    return this.sql
      .exec('SELECT * FROM audit WHERE at_ms >= ? AND at_ms < ? ORDER BY id DESC LIMIT ?', fromMs, toMs, count)
      .toArray()
  }
}
