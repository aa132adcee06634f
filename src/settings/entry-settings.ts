/**
 * The settings of fair entry that operators change while a room runs. The object sends the values
 * in force with each snapshot, and isolates apply them to newcomers.
 */
import * as v from 'valibot'
import type { Snapshot } from '../core/snapshot.ts'
import { type RoomSettings, roomEntries } from './room-schema.ts'

/** A new setting needs only an entry here: the API, the object and the snapshot follow. */
export const entryEntries = {
  queueing_method: v.unwrap(roomEntries.queueing_method),
  turnstile_mode: v.unwrap(roomEntries.turnstile_mode),
  turnstile_action: v.unwrap(roomEntries.turnstile_action),
  join_limit: v.unwrap(roomEntries.join_limit),
  proof_of_work: v.unwrap(roomEntries.proof_of_work),
  proof_of_work_bits: v.unwrap(roomEntries.proof_of_work_bits),
  require_access_key: v.unwrap(roomEntries.require_access_key),
}

export type EntryKey = keyof typeof entryEntries

export const ENTRY_KEYS = Object.keys(entryEntries) as EntryKey[]

export type EntrySettings = Readonly<Pick<RoomSettings, EntryKey>>

/** The settings of fair entry alone. */
export function entrySettings(settings: EntrySettings): EntrySettings {
  return Object.fromEntries(ENTRY_KEYS.map((key) => [key, settings[key]])) as unknown as EntrySettings
}

interface Entered {
  readonly room: EntrySettings
  readonly client: { readonly view: { readonly snapshot: Pick<Snapshot, 'entry' | 'turnstileMode'> } | null }
}

/** The value in force: as the newest snapshot says, or else as deployed. */
export function entrySetting<Key extends EntryKey>({ room, client }: Entered, key: Key): EntrySettings[Key] {
  const snapshot = client.view?.snapshot
  const known = snapshot?.entry?.[key] ?? (key === 'turnstile_mode' ? snapshot?.turnstileMode : undefined)
  return (known ?? room[key]) as EntrySettings[Key]
}
