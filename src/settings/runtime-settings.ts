/**
 * The settings that operators change while a room runs: which they are, their bounds, and what holds when a deploy says
 * something else. An override holds until it is cleared, or until the deployed value of that very key is another one.
 */
import * as v from 'valibot'
import type { RuntimeRules } from '../core/rules.ts'
import { MESSAGE_MAX_CHARS } from '../limits.ts'
import { type RoomSettings, roomEntries } from './room-schema.ts'

const flag = v.boolean('must be true or false')
const timeMessage = 'must be an ISO 8601 time with its zone, such as "2026-11-27T08:00:00Z"'
const textMessage = `must be a text of 1 to ${MESSAGE_MAX_CHARS} characters`

const time = v.pipe(
  v.string(timeMessage),
  v.isoTimestamp(timeMessage),
  v.check((text) => !Number.isNaN(Date.parse(text)), timeMessage),
)

/** Each run-time setting with its bounds. The first four may be deployed, too. */
export const runtimeEntries = {
  total_active_users: roomEntries.total_active_users,
  new_users_per_minute: roomEntries.new_users_per_minute,
  queue_all: flag,
  suspended: flag,
  paused: flag,
  closed: flag,
  opens_at: time,
  message: v.pipe(v.string(textMessage), v.minLength(1, textMessage), v.maxLength(MESSAGE_MAX_CHARS, textMessage)),
  message_until: time,
}

export type RuntimeKey = keyof typeof runtimeEntries

export const RUNTIME_KEYS = Object.keys(runtimeEntries) as RuntimeKey[]

/** What holds for each key; null: nothing is set. */
export interface RuntimeValues {
  readonly total_active_users: number
  readonly new_users_per_minute: number
  readonly queue_all: boolean
  readonly suspended: boolean
  readonly paused: boolean
  readonly closed: boolean
  readonly opens_at: string | null
  readonly message: string | null
  /** After this the message is no longer told; null: it is told until it is removed. */
  readonly message_until: string | null
}

type RuntimeValue = RuntimeValues[RuntimeKey]

/** New values by key; null clears the override of a key. */
export type SettingsPatch = { readonly [K in RuntimeKey]?: RuntimeValues[K] | null | undefined }

export interface Override {
  readonly value: RuntimeValue
  /** What was deployed when it was set. */
  readonly deployed: RuntimeValue
  readonly atMs: number
  readonly by: string
}

export type Overrides = { readonly [K in RuntimeKey]?: Override }

export function deployedValues(room: RoomSettings): RuntimeValues {
  const { total_active_users, new_users_per_minute, queue_all, suspended } = room
  const deployable = { total_active_users, new_users_per_minute, queue_all, suspended }
  return { ...deployable, paused: false, closed: false, opens_at: null, message: null, message_until: null }
}

export function effectiveValues(deployed: RuntimeValues, overrides: Overrides): RuntimeValues {
  const set = Object.entries(overrides).map(([key, override]) => [key, override.value])
  return { ...deployed, ...Object.fromEntries(set) }
}

/** The overrides without those whose deployed value is another one by now; `dropped` names these. */
export function withoutStale(
  deployed: RuntimeValues,
  overrides: Overrides,
): { readonly overrides: Overrides; readonly dropped: readonly RuntimeKey[] } {
  const known = RUNTIME_KEYS.filter((key) => overrides[key] !== undefined)
  const dropped = known.filter((key) => overrides[key]?.deployed !== deployed[key])
  return { overrides: pick(overrides, (key) => !dropped.includes(key)), dropped }
}

/** A message's end belongs to that message: another one, or none, has no end unless the patch names one. */
export function withMessageEnd(patch: SettingsPatch): SettingsPatch {
  return patch.message === undefined ? patch : { message_until: null, ...patch }
}

/** The overrides after a patch. A value that is the deployed one needs no override. */
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

/** Why a change is refused, as the key that cannot be used and what to do about it; null: it is not. */
export interface PatchProblem {
  readonly key: RuntimeKey
  readonly problem: string
}

/**
 * A time to come that is over would be obeyed at once: the room would read as closed and be open. `values`: as they would be
 * after the patch. Only a patch that touches the times is judged: a room that opened by itself keeps the time it opened at.
 */
export function pastTimeOf(patch: SettingsPatch, values: RuntimeValues, nowMs: number): PatchProblem | null {
  const isOver = (time: string | null | undefined) => typeof time === 'string' && Date.parse(time) <= nowMs
  const closesAnew = patch.closed === true && isOver(values.opens_at)
  if (isOver(patch.opens_at) || closesAnew) {
    return { key: 'opens_at', problem: 'is over: name a time to come, or null to stay closed until you open' }
  }
  if (!isOver(patch.message_until)) return null
  return { key: 'message_until', problem: 'is over: name a time to come, or null for a message without an end' }
}

/** What of these values the line obeys. */
export function runtimeRules(values: RuntimeValues): RuntimeRules {
  return {
    capacity: values.total_active_users,
    ratePerMinute: values.new_users_per_minute,
    mode: values.paused ? 'paused' : values.queue_all ? 'queue-all' : 'open',
    closed: values.closed,
    opensAtMs: values.opens_at === null ? null : Date.parse(values.opens_at),
    suspended: values.suspended,
    message: values.message,
    messageUntilMs: values.message_until === null ? null : Date.parse(values.message_until),
  }
}

function pick(overrides: Overrides, isWanted: (key: RuntimeKey) => boolean): Overrides {
  return Object.fromEntries(Object.entries(overrides).filter(([key]) => isWanted(key as RuntimeKey)))
}
