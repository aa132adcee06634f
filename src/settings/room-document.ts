/**
 * The document of a runtime room: the keys of one `[[vars.ROOMS]]` table, as JSON text. Checked
 * like a deployed room, with the same schema, and stored as it was written.
 */
import type { RequestRule } from '../bypass/bypass-settings.ts'
import { DOCUMENT_MAX_BYTES } from '../directory/limits.ts'
import type { WebhookChannel } from './channels.ts'
import { secretRemedy } from './problems.ts'
import { hasReturns, type RoomSettings, roomConflicts } from './rooms.ts'
import { parseSettings, SettingsError } from './settings.ts'
import type { SettingsInput } from './settings-input.ts'

/** One problem; an empty key stands for the whole document. */
export interface DocumentProblem {
  readonly key: string
  readonly problem: string
}

/** A checked document: the room, and the values that the deployment's settings derive from it. */
export interface DocumentRoom {
  readonly room: RoomSettings
  readonly bypass: readonly RequestRule[]
  /** The receiver of its figures; null: none. */
  readonly push: WebhookChannel | null
}

export type ParsedDocument =
  | { readonly ok: true; readonly document: DocumentRoom }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] }

/** Reads documents with the variables and secrets of one deployment. */
export type DocumentReader = (name: string, text: string) => ParsedDocument

/** @param prefix where the rooms' endpoints are */
export function documentReader(raw: SettingsInput, prefix: string): DocumentReader {
  return (name, text) => {
    const table = tableOf(name, text)
    if ('problem' in table) return { ok: false, problems: [table] }
    try {
      // The deployment's own variables are valid, so every problem is the document's.
      const { rooms, bypasses, pushes } = parseSettings({ ...raw, ROOMS: [table.room], ROOMS_FILE: [] }, prefix)
      const room = rooms[0] as RoomSettings
      if (hasReturns(room) && !raw.PASS_KEYS) {
        return refusal('return_hosts', `needs PASS_KEYS. ${secretRemedy('PASS_KEYS')}`)
      }
      return { ok: true, document: { room, bypass: bypasses.get(name) ?? [], push: pushes.get(name) ?? null } }
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error
      return { ok: false, problems: error.problems.map((problem) => keyed(problem, () => 'the room')) }
    }
  }
}

/**
 * Reads a document that was valid when it was stored. A later deploy may have lost a secret or a
 * channel that it names. Without its alerts, bypass rules and push of figures the room still holds
 * its visitors; without a document its URLs would be open.
 */
export function readStored(read: DocumentReader, name: string, text: string): ParsedDocument {
  const parsed = read(name, text)
  const fields = parsed.ok ? null : objectOf(text)
  if (fields === null) return parsed
  const held = Object.entries(fields).filter(([key]) => !DISPENSABLE_KEYS.includes(key))
  const again = read(name, JSON.stringify(Object.fromEntries(held)))
  return again.ok ? again : parsed
}

const DISPENSABLE_KEYS: readonly string[] = ['alerts', 'bypass', 'stats_push_url']

/** Why a room cannot exist beside others: it has the name, host or path of one of them. */
export function conflicts(room: RoomSettings, others: readonly RoomSettings[]): readonly DocumentProblem[] {
  const all = [...others, room]
  const ours = `ROOMS[${others.length}]`
  return roomConflicts(all)
    .filter((problem) => problem.includes(ours))
    .map((problem) => keyed(problem, (i) => `the room ${all[i]?.name}`))
}

function refusal(key: string, problem: string): ParsedDocument {
  return { ok: false, problems: [{ key, problem }] }
}

/** The table of a document; its name may be left out. */
function tableOf(name: string, text: string): { readonly room: object } | DocumentProblem {
  const bytes = new TextEncoder().encode(text).length
  if (bytes > DOCUMENT_MAX_BYTES) {
    const remedy = 'Move texts and data: logos into files of public/, and shorten alerts and bypass lists'
    return { key: '', problem: `The document has ${bytes} bytes, ${DOCUMENT_MAX_BYTES} at most. ${remedy}` }
  }
  const fields = objectOf(text)
  if (fields === null) return { key: '', problem: 'The document must be a JSON object with the keys of a room' }
  if (Object.hasOwn(fields, 'name') && (fields as { name?: unknown }).name !== name) {
    return { key: 'name', problem: `must be "${name}", the name in the address, or be left out` }
  }
  return { room: { name, ...fields } }
}

/** Null: the text is not a JSON object. */
export function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

const PROBLEM = /^(?:ROOMS\[\d+\]\.?)?([^:]*): (.*)$/s

/**
 * Splits a problem of `ROOMS` into its parts: it begins with its key and names rooms by their
 * index.
 */
function keyed(text: string, nameOf: (index: number) => string): DocumentProblem {
  const [, key = '', problem = text] = PROBLEM.exec(text) ?? []
  return { key, problem: problem.replace(/ROOMS\[(\d+)\]/g, (_, index) => nameOf(Number(index))) }
}

/** RFC 7396: null removes a key, tables are merged, everything else is replaced. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isTable(patch)) return patch
  const merged = new Map(isTable(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One key that differs between two documents, as JSON values; undefined: not there. */
export interface DocumentChange {
  readonly key: string
  readonly before: unknown
  readonly after: unknown
}

/** @param before null: there was no document; `after`: null: it is removed */
export function documentChanges(before: string | null, after: string | null): readonly DocumentChange[] {
  const old = (before === null ? null : objectOf(before)) ?? {}
  const now = (after === null ? null : objectOf(after)) ?? {}
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])]
  return keys
    .map((key) => ({ key, before: old[key], after: now[key] }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after))
}
