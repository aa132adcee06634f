/**
 * The storage of one object: SQLite in memory, one transaction per event. Uncommitted writes are
 * lost with the instance.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

type Row = Record<string, unknown>

export class Storage {
  /** Called before each statement. May throw instead of it. */
  onStatement: () => void = () => {}
  private readonly db = new DatabaseSync(':memory:')
  private readonly statements = new Map<string, StatementSync>()
  private inTransaction = false
  private written = false

  /** As `SqlStorage.exec`. */
  exec(sql: string, ...values: unknown[]): ReturnType<typeof rows> {
    this.onStatement()
    if (!this.inTransaction) {
      this.db.exec('BEGIN')
      this.inTransaction = true
    }
    if (!sql.startsWith('SELECT')) this.written = true
    return this.run(sql, values)
  }

  /** Whether anything was written since the last call. */
  takeWritten(): boolean {
    const { written } = this
    this.written = false
    return written
  }

  /** Reads committed data for the judge. Not a statement of an event. */
  read(sql: string): Row[] {
    return this.run(sql, []).toArray()
  }

  get isUncommitted(): boolean {
    return this.inTransaction
  }

  commit(): void {
    this.end('COMMIT')
  }

  rollback(): void {
    this.end('ROLLBACK')
  }

  close(): void {
    this.db.close()
  }

  private end(how: string): void {
    if (this.inTransaction) this.db.exec(how)
    this.inTransaction = false
  }

  private run(sql: string, values: unknown[]) {
    // Several statements at once: a migration.
    if (sql.includes(';')) {
      this.db.exec(sql)
      return rows([])
    }
    let statement = this.statements.get(sql)
    if (statement === undefined) {
      statement = this.db.prepare(sql)
      this.statements.set(sql, statement)
    }
    return rows(statement.all(...values.map(toSqlite)).map(fromSqlite))
  }
}

function rows(list: Row[]) {
  const one = () => {
    if (list.length !== 1) throw new Error(`Expected one row, got ${list.length}`)
    return list[0] as Row
  }
  return { rowsWritten: 0, toArray: () => list, one, [Symbol.iterator]: () => list[Symbol.iterator]() }
}

function toSqlite(value: unknown): SQLInputValue {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : (value as SQLInputValue)
}

/** A blob is an ArrayBuffer to the object. */
function fromSqlite(row: Row): Row {
  for (const [key, value] of Object.entries(row)) {
    if (value instanceof Uint8Array) row[key] = value.slice().buffer
  }
  return row
}
