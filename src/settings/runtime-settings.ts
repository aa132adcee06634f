/**
 * The settings that operators change while a room runs: keys, bounds, and precedence over deployed
 * values. An override holds until it is cleared or until the deployed value of the same key
 * changes.
 */
import type { RuntimeRules } from '../core/rules.ts'
import { MESSAGE_MAX_CHARS } from '../limits.ts'
import { type EntrySettings, entryEntries, entrySettings } from './entry-settings.ts'
import { type RoomSettings, roomEntries } from './room-schema.ts'
import { flag, textOf, time } from './values.ts'

/**
 * The runtime settings with their bounds. The first four and those of fair entry can also be
 * deployed.
 */
export const runtimeEntries = {
  total_active_users: roomEntries.total_active_users,
  new_users_per_minute: roomEntries.new_users_per_minute,
  queue_all: flag,
  suspended: flag,
  paused: flag,
  closed: flag,
  opens_at: time,
  sold_out: flag,
  message: textOf(1, MESSAGE_MAX_CHARS),
  message_until: time,
  ...entryEntries,
}

export type RuntimeKey = keyof typeof runtimeEntries

export const RUNTIME_KEYS = Object.keys(runtimeEntries) as RuntimeKey[]

/** Effective values by key; null: not set. */
export interface RuntimeValues extends EntrySettings {
  readonly total_active_users: number
  readonly new_users_per_minute: number
  readonly queue_all: boolean
  readonly suspended: boolean
  readonly paused: boolean
  readonly closed: boolean
  readonly opens_at: string | null
  readonly sold_out: boolean
  readonly message: string | null
  /** When the message ends; null: when it is removed. */
  readonly message_until: string | null
}

type RuntimeValue = RuntimeValues[RuntimeKey]

/** New values by key. Null clears the override. */
export type SettingsPatch = { readonly [K in RuntimeKey]?: RuntimeValues[K] | null | undefined }

export interface Override {
  readonly value: RuntimeValue
  /** The deployed value when the override was set. */
  readonly deployed: RuntimeValue
  readonly atMs: number
  readonly by: string
}

export type Overrides = { readonly [K in RuntimeKey]?: Override }

export function deployedValues(room: RoomSettings): RuntimeValues {
  const { total_active_users, new_users_per_minute, queue_all, suspended } = room
  return {
    total_active_users,
    new_users_per_minute,
    queue_all,
    suspended,
    ...entrySettings(room),
    paused: false,
    closed: room.draining === true,
    opens_at: null,
    sold_out: false,
    message: null,
    message_until: null,
  }
}

export function effectiveValues(deployed: RuntimeValues, overrides: Overrides): RuntimeValues {
  const set = Object.entries(overrides).map(([key, override]) => [key, override.value])
  return { ...deployed, ...Object.fromEntries(set) }
}

/** Drops overrides whose deployed value has changed since. `dropped` lists their keys. */
export function withoutStale(
  deployed: RuntimeValues,
  overrides: Overrides,
): { readonly overrides: Overrides; readonly dropped: readonly RuntimeKey[] } {
  const known = RUNTIME_KEYS.filter((key) => overrides[key] !== undefined)
  const dropped = known.filter((key) => overrides[key]?.deployed !== deployed[key])
  return { overrides: pick(overrides, (key) => !dropped.includes(key)), dropped }
}

/**
 * A patch that replaces or removes the message also clears its end, unless the patch sets a new
 * one.
 */
export function withMessageEnd(patch: SettingsPatch): SettingsPatch {
  return patch.message === undefined ? patch : { message_until: null, ...patch }
}

/** The overrides after a patch. A value equal to the deployed one removes the override. */
export function patched(
  deployed: RuntimeValues,
  overrides: Overrides,
  patch: SettingsPatch,
  atMs: number,
  by: string,
): Overrides {
  const next: { [K in RuntimeKey]?: Override } = pick(overrides, (key) => patch[key] === undefined)
  for (const key of RUNTIME_KEYS) {
    const value = patch[key]
    if (value === undefined || value === null || value === deployed[key]) continue
    next[key] = { value, deployed: deployed[key], atMs, by }
  }
  return next
}

/** Why a patch is refused: the key, and what to do about it. */
export interface PatchProblem {
  readonly key: RuntimeKey
  readonly problem: string
}

/**
 * Refuses times in the past, which would take effect at once: the settings would say closed while
 * the room is open. Checks only patches that change a time, because a room that opened by itself
 * keeps its past `opens_at`.
 * @param values the values after the patch
 */
export function pastTimeOf(patch: SettingsPatch, values: RuntimeValues, nowMs: number): PatchProblem | null {
  const isPast = (time: string | null | undefined) => typeof time === 'string' && Date.parse(time) <= nowMs
  const closesAnew = patch.closed === true && isPast(values.opens_at)
  if (isPast(patch.opens_at) || closesAnew) {
    return {
      key: 'opens_at',
      problem: 'is in the past: set a future time, or null to stay closed until you open the room',
    }
  }
  if (!isPast(patch.message_until)) return null
  return { key: 'message_until', problem: 'is in the past: set a future time, or null for a message without an end' }
}

/** The rules of the line that these values set. */
export function runtimeRules(values: RuntimeValues): RuntimeRules {
  return {
    capacity: values.total_active_users,
    ratePerMinute: values.new_users_per_minute,
    mode: values.paused ? 'paused' : values.queue_all ? 'queue-all' : 'open',
    method: values.queueing_method,
    closed: values.closed,
    opensAtMs: values.opens_at === null ? null : Date.parse(values.opens_at),
    suspended: values.suspended,
    soldOut: values.sold_out,
    message: values.message,
    messageUntilMs: values.message_until === null ? null : Date.parse(values.message_until),
    entry: entrySettings(values),
  }
}

function pick(overrides: Overrides, predicate: (key: RuntimeKey) => boolean): Overrides {
  return Object.fromEntries(Object.entries(overrides).filter(([key]) => predicate(key as RuntimeKey)))
}
