/** The settings of an event as texts of a form, and back. */
import type { RoomEvent } from './api.ts'
import { localText, withOffset } from './times.ts'

const TIME_KEYS = ['prequeue_start_time', 'event_start_time', 'event_end_time'] as const
const NUMBER_KEYS = ['total_active_users', 'new_users_per_minute', 'session_timeout_seconds'] as const
const TEXT_KEYS = ['description', 'queueing_method', 'message'] as const
const FLAG_KEYS = ['shuffle_at_event_start', 'suspended'] as const

export type TimeKey = (typeof TIME_KEYS)[number]
export type NumberKey = (typeof NUMBER_KEYS)[number]
export type TextKey = (typeof TEXT_KEYS)[number] | 'name'
export type FlagKey = (typeof FLAG_KEYS)[number]

/** Empty texts stand for null. */
export type Draft = Readonly<Record<TimeKey | NumberKey | TextKey, string> & Record<FlagKey, boolean>> & {
  readonly rate_plan: readonly StepDraft[]
}

export interface StepDraft {
  /** Tells rows apart while others come and go. */
  readonly row: number
  /** The time as it was read: an unchanged field keeps it to the millisecond. */
  readonly from: string | null
  readonly at: string
  readonly new_users_per_minute: string
  readonly total_active_users: string
  readonly ramp: boolean
}

type Values = Readonly<Record<string, unknown>>

let rows = 0

export function emptyStep(): StepDraft {
  return { row: rows++, from: null, at: '', new_users_per_minute: '', total_active_users: '', ramp: false }
}

/** @param event null: a new event */
export function draftOf(event: RoomEvent | null): Draft {
  const textOf = (value: unknown) => (value === null || value === undefined ? '' : String(value))
  const each = <K extends string, T>(keys: readonly K[], read: (value: unknown) => T) =>
    Object.fromEntries(keys.map((key) => [key, read(event?.[key] ?? null)])) as Record<K, T>
  const timeText = (value: unknown) => (value === null ? '' : localText(String(value)))
  return {
    ...each(TIME_KEYS, timeText),
    ...each([...NUMBER_KEYS, ...TEXT_KEYS, 'name'], textOf),
    ...each(FLAG_KEYS, (value) => value === true),
    rate_plan: (event?.rate_plan ?? []).map((step) => ({
      row: rows++,
      from: step.at,
      at: localText(step.at),
      new_users_per_minute: textOf(step.new_users_per_minute),
      total_active_users: textOf(step.total_active_users),
      ramp: step.ramp === true,
    })),
  }
}

/** The body of a new event: its keys with a value. */
export function newEvent(draft: Draft): Values {
  return Object.fromEntries(Object.entries(settingsOf(draft, null)).filter(([, value]) => value !== null))
}

/** The patch that makes the event what the form says. */
export function patchOf(draft: Draft, event: RoomEvent): Values {
  const settings = Object.entries(settingsOf(draft, event))
  return Object.fromEntries(settings.filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(event[key])))
}

function settingsOf(draft: Draft, event: RoomEvent | null): Values {
  const timeOf = (text: string, from: string | null) => {
    if (text === '') return null
    return from !== null && localText(from) === text ? from : withOffset(text)
  }
  const numberOf = (text: string) => (text.trim() === '' ? null : Number(text))
  const plan = draft.rate_plan.map(({ from, at, new_users_per_minute, total_active_users, ramp }) => ({
    at: timeOf(at, from),
    new_users_per_minute: numberOf(new_users_per_minute),
    total_active_users: numberOf(total_active_users),
    ramp,
  }))
  return {
    name: draft.name.trim(),
    ...Object.fromEntries(TEXT_KEYS.map((key) => [key, draft[key].trim() || null])),
    ...Object.fromEntries(TIME_KEYS.map((key) => [key, timeOf(draft[key], event?.[key] ?? null)])),
    ...Object.fromEntries(FLAG_KEYS.map((key) => [key, draft[key]])),
    ...Object.fromEntries(NUMBER_KEYS.map((key) => [key, numberOf(draft[key])])),
    rate_plan: plan.length > 0 ? plan : event?.rate_plan?.length === 0 ? [] : null,
  }
}
