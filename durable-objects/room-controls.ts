/**
 * The operators' changes in the object's storage: the overrides of runtime settings, and the audit.
 *
 * Owns when something is written. src/settings/runtime-settings.ts decides which values are in
 * force.
 */
import { fnv1a } from '../src/core/text-hash.ts'
import { REPORT_CHANGES_MAX } from '../src/limits.ts'
import type { AuditEntry, AuditValues } from '../src/room/audit-entry.ts'
import type { SettingsView, SettingView } from '../src/room/room-object.ts'
import type { RoomSettings } from '../src/settings/room-schema.ts'
import {
  deployedValues,
  effectiveValues,
  type Overrides,
  type PatchProblem,
  pastTimeOf,
  patched,
  RUNTIME_KEYS,
  type RuntimeKey,
  type RuntimeValues,
  type SettingsPatch,
  withoutStale,
} from '../src/settings/runtime-settings.ts'
import { AuditLog } from './audit-log.ts'

/** Newest audit entries kept. */
const AUDIT_KEPT = 1_000

/** In the audit: a deploy that replaced an operator's change. */
export const DEPLOYMENT = 'deployment'

export class RoomControls {
  private readonly sql: SqlStorage
  private readonly log: AuditLog
  /** Counts the changes; 0: there was none. */
  private version = 0
  private overrides: Overrides = {}

  constructor(sql: SqlStorage) {
    this.sql = sql
    this.log = new AuditLog(sql, AUDIT_KEPT, ['at_ms', 'who', 'action', 'before', 'after'])
  }

  /** Loads the overrides. Those whose deployed value has changed are dropped. */
  load(room: RoomSettings | undefined, nowMs: number): void {
    const [row] = this.sql.exec('SELECT version, overrides FROM controls').toArray()
    if (row === undefined) return
    this.version = row.version as number
    this.overrides = JSON.parse(row.overrides as string) as Overrides
    // A room that was removed from the settings drains. If it comes back, its overrides are judged
    // then.
    if (room === undefined) return
    const deployed = deployedValues(room)
    const before = effectiveValues(deployed, this.overrides)
    const { overrides, dropped } = withoutStale(deployed, this.overrides)
    if (dropped.length === 0) return
    this.version++
    this.overrides = overrides
    this.write()
    this.audit(DEPLOYMENT, 'settings', only(before, dropped), only(deployed, dropped), nowMs)
  }

  /** The values in force. A room that drains stays closed, whatever operators change. */
  values(room: RoomSettings): RuntimeValues {
    const values = effectiveValues(deployedValues(room), this.overrides)
    return room.draining === true ? { ...values, closed: true, opens_at: null } : values
  }

  /** The room is removed: another one of its name begins without the changes of operators. */
  clear(): void {
    this.version++
    this.overrides = {}
    this.write()
  }

  view(room: RoomSettings): SettingsView {
    const deployed = deployedValues(room)
    const values = this.values(room)
    const settings = Object.fromEntries(
      RUNTIME_KEYS.map((key) => {
        const override = this.overrides[key]
        const set = override === undefined ? null : { atMs: override.atMs, by: override.by }
        return [key, { value: values[key], deployed: deployed[key], override: set }]
      }),
    ) as Record<RuntimeKey, SettingView>
    // The hash makes the tag change with a deploy that changes a value.
    return { etag: `${this.version}-${tagHash(JSON.stringify(deployed))}`, settings }
  }

  /** Why the room refuses a patch; null: it does not. */
  problemOf(room: RoomSettings, patch: SettingsPatch, nowMs: number): PatchProblem | null {
    const deployed = deployedValues(room)
    const after = effectiveValues(deployed, patched(deployed, this.overrides, patch, nowMs, ''))
    return pastTimeOf(patch, after, nowMs)
  }

  /**
   * Applies a patch in memory. Call the result once the line is stored: it stores the overrides and
   * the audit entry.
   */
  change(room: RoomSettings, patch: SettingsPatch, who: string, action: string, nowMs: number): () => void {
    const before = this.values(room)
    this.overrides = patched(deployedValues(room), this.overrides, patch, nowMs, who)
    this.version++
    const after = this.values(room)
    const keys = RUNTIME_KEYS.filter((key) => patch[key] !== undefined)
    return () => {
      this.write()
      this.audit(who, action, only(before, keys), only(after, keys), nowMs)
    }
  }

  private write(): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO controls (id, version, overrides) VALUES (1, ?, ?)',
      this.version,
      JSON.stringify(this.overrides),
    )
  }

  /** Adds an audit entry. */
  audit(who: string, action: string, before: AuditValues, after: AuditValues, atMs: number): void {
    this.log.add(atMs, who, action, JSON.stringify(before), JSON.stringify(after))
  }

  /** Audit entries before an id, newest first. */
  auditEntries(beforeId: number, count: number): AuditEntry[] {
    return this.log.before(beforeId, count).map(auditEntry)
  }

  /** The newest entries of a period, newest first. */
  changesBetween(fromMs: number, toMs: number): AuditEntry[] {
    return this.log.between(fromMs, toMs, REPORT_CHANGES_MAX).map(auditEntry)
  }
}

function auditEntry(row: Record<string, SqlStorageValue>): AuditEntry {
  return {
    id: row.id as number,
    atMs: row.at_ms as number,
    who: row.who as string,
    action: row.action as string,
    before: JSON.parse(row.before as string) as AuditValues,
    after: JSON.parse(row.after as string) as AuditValues,
  }
}

function only(values: RuntimeValues, keys: readonly RuntimeKey[]): AuditValues {
  return Object.fromEntries(keys.map((key) => [key, values[key]]))
}

/** A short text that tells two others apart, for tags. */
export function tagHash(text: string): string {
  return (fnv1a(text) >>> 0).toString(16)
}
