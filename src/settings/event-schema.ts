/**
 * The settings of an event: every key with its bounds and default, and checks across keys and
 * events. A key that Cloudflare Waiting Room also has keeps its name. Null inherits from the room.
 */
import * as v from 'valibot'
import type { RoomEvent } from '../core/events.ts'
import type { RatePlan } from '../core/rate-plan.ts'
import { QUEUEING_METHODS } from '../core/rules.ts'
import { MESSAGE_MAX_CHARS } from '../limits.ts'
import {
  capacity,
  flag,
  oneOf,
  orNull,
  pathItem,
  ratePerMinute,
  sessionTimeoutSeconds,
  table,
  textOf,
  time,
} from './values.ts'

/** Events of one room, ended ones included. */
export const EVENTS_MAX = 200

const RATE_STEPS_MAX = 50
const NAME_MAX_CHARS = 80
const SLUG_MAX_CHARS = 40
const MINUTE_MS = 60_000
const START_TO_END_MIN_MS = MINUTE_MS
const LOBBY_TO_START_MIN_MS = 5 * MINUTE_MS

const nameMessage = `must be a text of 1 to ${NAME_MAX_CHARS} characters without line breaks`
const idMessage = 'must be 1 to 64 of a-z, 0-9 and "-"'

/** The platform refuses alarms after 2189. */
const eventTime = v.pipe(
  time,
  v.check((text) => !(Date.parse(text) >= Date.UTC(2100, 0)), 'must be before the year 2100'),
)

export const ratePlanSchema = v.pipe(
  v.array(
    table({
      at: time,
      new_users_per_minute: ratePerMinute,
      total_active_users: orNull(capacity),
      ramp: v.optional(flag, false),
    }),
    'must be a list of steps',
  ),
  v.maxLength(RATE_STEPS_MAX, `at most ${RATE_STEPS_MAX} steps`),
  v.check(
    (steps) => steps.every(({ at }, i) => i === 0 || !(Date.parse(at) <= Date.parse(String(steps[i - 1]?.at)))),
    'must be sorted: each step needs a later "at" than the one before',
  ),
)

export const eventEntries = {
  name: v.pipe(
    v.string(nameMessage),
    v.maxLength(NAME_MAX_CHARS, nameMessage),
    v.regex(/^(?=.*\S)\P{Cc}+$/u, nameMessage),
  ),
  description: orNull(textOf(0, 500)),
  prequeue_start_time: orNull(eventTime),
  event_start_time: eventTime,
  event_end_time: eventTime,
  shuffle_at_event_start: v.optional(flag, false),
  suspended: v.optional(flag, false),
  total_active_users: orNull(capacity),
  new_users_per_minute: orNull(ratePerMinute),
  session_timeout_seconds: orNull(sessionTimeoutSeconds),
  queueing_method: orNull(oneOf(QUEUEING_METHODS)),
  rate_plan: orNull(ratePlanSchema),
  message: orNull(textOf(1, MESSAGE_MAX_CHARS)),
}

export const eventSchema = table(eventEntries)

export type EventSettings = v.InferOutput<typeof eventSchema>
export type EventKey = keyof EventSettings

export const eventPatchSchema = v.partial(eventSchema)

export type EventPatch = v.InferOutput<typeof eventPatchSchema>

/** Why settings are refused: the key, and what to do about it. */
export interface EventProblem {
  readonly key: EventKey
  readonly problem: string
}

export interface IdentifiedEvent {
  readonly id: string
  readonly settings: EventSettings
}

const deployedEventSchema = v.pipe(
  table({ id: v.optional(v.pipe(v.string(idMessage), v.regex(/^[a-z0-9-]{1,64}$/, idMessage))), ...eventEntries }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.issues) return
    for (const { key, problem } of crossProblems(dataset.value)) addIssue({ message: problem, path: [pathItem(key)] })
  }),
)

/** The events of a room in wrangler.toml. */
export const deployedEventsSchema = v.pipe(
  v.array(deployedEventSchema, 'must be a list of events'),
  v.maxLength(EVENTS_MAX, `at most ${EVENTS_MAX} events`),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.issues) return
    const events = identified(dataset.value)
    for (const [i, { id, settings }] of events.entries()) {
      const before = events.slice(0, i)
      const overlap = overlapProblem(settings, before)
      const isTaken = before.some((other) => other.id === id)
      if (isTaken) addIssue({ message: `another event has the id "${id}", too: set id`, path: [pathItem(String(i))] })
      if (overlap !== null) addIssue({ message: overlap.problem, path: [pathItem(String(i)), pathItem(overlap.key)] })
    }
  }),
)

/**
 * Events of wrangler.toml with their ids. By default these contain the day of the start, so that
 * the next event of the same name is another one.
 */
export function identified(events: v.InferOutput<typeof deployedEventSchema>[]): IdentifiedEvent[] {
  return events.map(({ id, ...settings }) => ({
    id: id ?? `${slugOf(settings.name)}-${settings.event_start_time.slice(0, 10)}`,
    settings,
  }))
}

export function slugOf(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  return words.filter(Boolean).join('-').slice(0, SLUG_MAX_CHARS).replace(/-$/, '') || 'event'
}

/** Checks across the keys of one event. */
export function* crossProblems(event: EventSettings): Iterable<EventProblem> {
  const { lobbyAtMs, startAtMs, endAtMs } = timesOf(event)
  if (endAtMs - startAtMs < START_TO_END_MIN_MS) {
    yield { key: 'event_end_time', problem: 'must be at least 1 minute after event_start_time' }
  }
  if (lobbyAtMs !== null && startAtMs - lobbyAtMs < LOBBY_TO_START_MIN_MS) {
    yield { key: 'prequeue_start_time', problem: 'must be at least 5 minutes before event_start_time' }
  }
  if (event.shuffle_at_event_start && lobbyAtMs === null) {
    yield {
      key: 'shuffle_at_event_start',
      problem: 'needs prequeue_start_time: the order of everyone in the lobby is drawn',
    }
  }
  const { total_active_users: users, new_users_per_minute: rate } = event
  if ((users === null) !== (rate === null)) {
    const key = users === null ? 'total_active_users' : 'new_users_per_minute'
    yield { key, problem: 'is missing: total_active_users and new_users_per_minute go together, set both or neither' }
  }
}

/** Two events may not overlap, unless one of them is suspended. */
export function overlapProblem(event: EventSettings, others: readonly IdentifiedEvent[]): EventProblem | null {
  if (event.suspended) return null
  const { fromMs, endAtMs } = timesOf(event)
  const other = others.find(({ settings }) => {
    const times = timesOf(settings)
    return !settings.suspended && fromMs < times.endAtMs && times.fromMs < endAtMs
  })
  if (other === undefined) return null
  const { name, prequeue_start_time, event_start_time, event_end_time } = other.settings
  const span = `${prequeue_start_time ?? event_start_time} to ${event_end_time}`
  return {
    key: 'event_start_time',
    problem: `overlaps the event "${name}" (${span}): choose other times, or suspend one of the two`,
  }
}

export function timesOf({ prequeue_start_time, event_start_time, event_end_time }: EventSettings) {
  const lobbyAtMs = prequeue_start_time === null ? null : Date.parse(prequeue_start_time)
  const startAtMs = Date.parse(event_start_time)
  return { lobbyAtMs, startAtMs, endAtMs: Date.parse(event_end_time), fromMs: lobbyAtMs ?? startAtMs }
}

export function toRoomEvent(event: EventSettings, id: string, secret: string): RoomEvent {
  const { lobbyAtMs, startAtMs, endAtMs } = timesOf(event)
  return {
    id,
    name: event.name,
    lobbyAtMs,
    startAtMs,
    endAtMs,
    draw: event.shuffle_at_event_start,
    secret,
    suspended: event.suspended,
    capacity: event.total_active_users,
    ratePerMinute: event.new_users_per_minute,
    sessionTimeoutSeconds: event.session_timeout_seconds,
    method: event.queueing_method,
    ratePlan: toRatePlan(event.rate_plan ?? []),
    message: event.message,
  }
}

export function toRatePlan(steps: v.InferOutput<typeof ratePlanSchema>): RatePlan {
  return steps.map(({ at, new_users_per_minute, total_active_users, ramp }) => ({
    atMs: Date.parse(at),
    ratePerMinute: new_users_per_minute,
    capacity: total_active_users,
    ramp,
  }))
}
