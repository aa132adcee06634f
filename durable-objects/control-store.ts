/**
 * What operators changed, in the object's storage: the overrides with a version that counts the changes, and the audit: who
 * did what, when, with the values before and after. The newest entries are kept.
 */
import { AUDIT_PAGE_MAX } from '../src/limits.ts'
import type { Overrides } from '../src/settings/runtime-settings.ts'

const AUDIT_KEPT = 1_000

/** Plain values by name: settings, counts, states. */
export type AuditValues = Readonly<Record<string, string | number | boolean | null>>

export interface AuditEntry {
  /** 1, 2, 3, ... within the room. */
  readonly id: number
  readonly atMs: number
  /** The operator's name, or `deployment`. */
  readonly who: string
  readonly action: string
  readonly before: AuditValues
  readonly after: AuditValues
}

export interface StoredControls {
  /** Counts the changes; 0: there was none. */
  readonly version: number
  readonly overrides: Overrides
}

export class ControlStore {
  private readonly sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.sql = sql
  }

  load(): StoredControls {
    const [row] = this.sql.exec('SELECT version, overrides FROM controls').toArray()
    if (row === undefined) return { version: 0, overrides: {} }
    return { version: row.version as number, overrides: JSON.parse(row.overrides as string) as Overrides }
  }

  write({ version, overrides }: StoredControls): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO controls (id, version, overrides) VALUES (1, ?, ?)',
      version,
      JSON.stringify(overrides),
    )
  }

  addAudit({ atMs, who, action, before, after }: Omit<AuditEntry, 'id'>): void {
    this.sql.exec(
      'INSERT INTO audit (at_ms, who, action, before, after) VALUES (?, ?, ?, ?, ?)',
      atMs,
      who,
      action,
      JSON.stringify(before),
      JSON.stringify(after),
    )
    this.sql.exec('DELETE FROM audit WHERE id <= (SELECT MAX(id) FROM audit) - ?', AUDIT_KEPT)
  }

  /** The entries before an id, the newest first. */
  audit(beforeId: number, count: number): AuditEntry[] {
    const rows = this.sql.exec(
      'SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?',
      beforeId,
      Math.min(count, AUDIT_PAGE_MAX),
    )
    return rows.toArray().map((row) => ({
      id: row.id as number,
      atMs: row.at_ms as number,
      who: row.who as string,
      action: row.action as string,
      before: JSON.parse(row.before as string) as AuditValues,
      after: JSON.parse(row.after as string) as AuditValues,
    }))
  }
}
