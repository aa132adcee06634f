/**
 * The operators' side of a room's object: which settings hold, and what was done to the room by whom. Owns when something is
 * written; which values hold is in src/settings/runtime-settings.ts, what they do in src/core.
 */
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
import { type AuditEntry, type AuditValues, ControlStore, type StoredControls } from './control-store.ts'

/** Stands in the audit for a deploy that took the place of an override. */
const DEPLOYMENT = 'deployment'

/** A run-time setting as operators see it. */
export interface SettingView {
  readonly value: RuntimeValues[RuntimeKey]
  readonly deployed: RuntimeValues[RuntimeKey]
  /** Who set it when; null: as deployed. */
  readonly override: { readonly atMs: number; readonly by: string } | null
}

export interface SettingsView {
  /** Another one after each change, by operators or by a deploy. */
  readonly etag: string
  readonly settings: Readonly<Record<RuntimeKey, SettingView>>
}

export class RoomControls {
  private readonly store: ControlStore
  private controls: StoredControls = { version: 0, overrides: {} }

  constructor(sql: SqlStorage) {
    this.store = new ControlStore(sql)
  }

  /** Takes up what is stored. Overrides whose deployed value has changed give way to it. */
  load(room: RoomSettings | undefined, nowMs: number): void {
    this.controls = this.store.load()
    // A room that is out of the settings only drains; should it come back, its overrides are judged then.
    if (room === undefined) return
    const deployed = deployedValues(room)
    const before = effectiveValues(deployed, this.controls.overrides)
    const { overrides, dropped } = withoutStale(deployed, this.controls.overrides)
    if (dropped.length === 0) return
    this.controls = { version: this.controls.version + 1, overrides }
    this.store.write(this.controls)
    const [was, is] = [only(before, dropped), only(deployed, dropped)]
    this.store.addAudit({ atMs: nowMs, who: DEPLOYMENT, action: 'settings', before: was, after: is })
  }

  values(room: RoomSettings): RuntimeValues {
    return effectiveValues(deployedValues(room), this.controls.overrides)
  }

  view(room: RoomSettings): SettingsView {
    const deployed = deployedValues(room)
    const values = this.values(room)
    const settings = Object.fromEntries(
      RUNTIME_KEYS.map((key) => {
        const override = this.controls.overrides[key]
        const set = override === undefined ? null : { atMs: override.atMs, by: override.by }
        return [key, { value: values[key], deployed: deployed[key], override: set }]
      }),
    ) as Record<RuntimeKey, SettingView>
    return { etag: this.etag(deployed), settings }
  }

  /** Why the room would refuse a patch; null: it would not. */
  problemOf(room: RoomSettings, patch: SettingsPatch, nowMs: number): PatchProblem | null {
    const deployed = deployedValues(room)
    const after = effectiveValues(deployed, patched(deployed, this.controls.overrides, patch, nowMs, ''))
    return pastTimeOf(patch, after, nowMs)
  }

  /** Takes a patch up in memory; the result, called once the line is stored, makes it durable and notes it. */
  change(room: RoomSettings, patch: SettingsPatch, who: string, action: string, nowMs: number): () => void {
    const before = this.values(room)
    const overrides: Overrides = patched(deployedValues(room), this.controls.overrides, patch, nowMs, who)
    this.controls = { version: this.controls.version + 1, overrides }
    const after = this.values(room)
    const keys = RUNTIME_KEYS.filter((key) => patch[key] !== undefined)
    return () => {
      this.store.write(this.controls)
      this.note(who, action, only(before, keys), only(after, keys), nowMs)
    }
  }

  note(who: string, action: string, before: AuditValues, after: AuditValues, atMs: number): void {
    this.store.addAudit({ atMs, who, action, before, after })
  }

  audit(beforeId: number, count: number): AuditEntry[] {
    return this.store.audit(beforeId, count)
  }

  /** A deploy that changes a value changes the tag, too. */
  private etag(deployed: RuntimeValues): string {
    return `${this.controls.version}-${fnv1a(JSON.stringify(deployed))}`
  }
}

function only(values: RuntimeValues, keys: readonly RuntimeKey[]): AuditValues {
  return Object.fromEntries(keys.map((key) => [key, values[key]]))
}

/** FNV-1a, 32 bits: tells two texts apart, nothing more. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16)
}
