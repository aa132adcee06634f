/**
 * The line in the object's SQLite storage: one row for the head, one row per segment.
 *
 * All calls are synchronous, so everything written in one turn commits together. Nothing is written
 * before the first change: reading figures leaves no trace.
 */
import type { LineChanges, StoredHead, StoredLine, StoredSegment } from '../src/core/line-state.ts'
import { isUsed, migrate } from './migrations.ts'

export interface StoredRoom {
  readonly room: string
  /** When the alarm is due, 0: none. */
  readonly alarmAtMs: number
  readonly line: StoredLine
}

export class LineStore {
  private readonly sql: SqlStorage
  private migrated = false
  /** Since this object started. Storage is billed by rows written. */
  rowsWritten = 0

  constructor(sql: SqlStorage) {
    this.sql = sql
  }

  /** The stored room, null in a new object. */
  load(): StoredRoom | null {
    if (!isUsed(this.sql)) return null
    this.migrate()
    const [row] = this.sql.exec('SELECT room, alarm_at_ms, head FROM line').toArray()
    if (row === undefined) return null
    const head = JSON.parse(row.head as string) as StoredHead
    return { room: row.room as string, alarmAtMs: row.alarm_at_ms as number, line: { head, segments: this.segments() } }
  }

  write(room: string, alarmAtMs: number, changes: LineChanges): void {
    this.migrate()
    this.change(
      'INSERT OR REPLACE INTO line (id, room, alarm_at_ms, head) VALUES (1, ?, ?, ?)',
      room,
      alarmAtMs,
      JSON.stringify(changes.head),
    )
    for (const segment of changes.segments) {
      this.change(
        'INSERT OR REPLACE INTO segments (segment, states, join_seconds, sessions) VALUES (?, ?, ?, ?)',
        segment.index,
        bytesOf(segment.states),
        bytesOf(segment.joinSeconds),
        bytesOf(segment.sessions),
      )
    }
    for (const index of changes.dropped) this.change('DELETE FROM segments WHERE segment = ?', index)
  }

  /** Deletes the line: a new run begins. */
  clear(): void {
    this.migrate()
    this.sql.exec('DELETE FROM segments')
    this.sql.exec('DELETE FROM line')
  }

  /** Writes only when the alarm is due. */
  writeAlarm(alarmAtMs: number): void {
    this.change('UPDATE line SET alarm_at_ms = ?', alarmAtMs)
  }

  private change(statement: string, ...values: SqlStorageValue[]): void {
    this.rowsWritten += this.sql.exec(statement, ...values).rowsWritten
  }

  private *segments(): Iterable<StoredSegment> {
    for (const row of this.sql.exec('SELECT segment, states, join_seconds, sessions FROM segments')) {
      yield {
        index: row.segment as number,
        states: new Uint8Array(row.states as ArrayBuffer),
        joinSeconds: new Uint32Array(row.join_seconds as ArrayBuffer),
        sessions: new Uint32Array(row.sessions as ArrayBuffer),
      }
    }
  }

  private migrate(): void {
    if (this.migrated) return
    migrate(this.sql)
    this.migrated = true
  }
}

function bytesOf(view: Uint8Array | Uint32Array): ArrayBuffer {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer
}
