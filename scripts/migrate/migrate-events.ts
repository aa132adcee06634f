/** Converts events of Cloudflare's Waiting Room to the events of a room. */
import { type Carried, type Conversions, carryOver, NOTHING, refuse } from './carry-over.ts'
import { type CloudflareRoom, isTable, MigrateError, oneLine, resultIn } from './cloudflare-rooms.ts'
import { RANDOM_NOTE } from './migrate-room.ts'

export interface MigratedEvents {
  readonly events: readonly Readonly<Record<string, unknown>>[]
  readonly notes: readonly string[]
  /** The notes that affect visitors. */
  readonly refused: readonly string[]
}

const EXPECTED = 'expected the answer to GET /zones/ZONE/waiting_rooms/ROOM/events'
const SECONDS_PER_MINUTE = 60

const isUnset = (value: unknown) => value === null || value === ''

const same =
  (key: string) =>
  (value: unknown): Carried =>
    isUnset(value) || value === false ? NOTHING : { settings: { [key]: value } }

/** Conversions of all documented keys. */
const KEYS: Conversions = {
  name: same('name'),
  description: same('description'),
  prequeue_start_time: same('prequeue_start_time'),
  event_start_time: same('event_start_time'),
  event_end_time: same('event_end_time'),
  shuffle_at_event_start: same('shuffle_at_event_start'),
  suspended: same('suspended'),
  total_active_users: same('total_active_users'),
  new_users_per_minute: same('new_users_per_minute'),
  session_duration: (value) => {
    if (value === null) return NOTHING
    const seconds = Number(value) * SECONDS_PER_MINUTE
    const text = `session_duration = ${oneLine(value)}: a session ends after this long without a sign of the visitor; an open page is one.`
    return { settings: { session_timeout_seconds: seconds }, notes: [text] }
  },
  disable_session_renewal: (value) =>
    value === true
      ? refuse('disable_session_renewal has no counterpart in an event: set session_max_seconds of the room.')
      : NOTHING,
  queueing_method: (value) =>
    value === 'random'
      ? { settings: { queueing_method: value }, notes: [RANDOM_NOTE] }
      : same('queueing_method')(value),
  custom_page_html: (value) =>
    isUnset(value)
      ? NOTHING
      : refuse('custom_page_html has no counterpart: an event has the page of its room. message shows a text.'),
  turnstile_mode: (value) =>
    isUnset(value) || value === 'off'
      ? NOTHING
      : refuse(
          `turnstile_mode = ${oneLine(value)} has no counterpart in an event: set turnstile_mode of the room, or let operators change it during the event.`,
        ),
  turnstile_action: () => NOTHING,
  id: () => NOTHING,
  created_on: () => NOTHING,
  modified_on: () => NOTHING,
}

/** For the test that docs/migrate.md is complete. */
export const CLOUDFLARE_EVENT_KEYS = Object.keys(KEYS)

/**
 * Events that have ended are left out.
 * @throws MigrateError if the text is not an answer of the events API
 */
export function migrateEvents(text: string, nowMs: number): MigratedEvents {
  const events: Readonly<Record<string, unknown>>[] = []
  const notes: string[] = []
  const refused: string[] = []
  for (const from of eventsIn(text)) {
    const about = (note: string) => `event "${oneLine(from.name, 80)}": ${note}`
    if (Date.parse(String(from.event_end_time)) <= nowMs) {
      notes.push(about(`ended at ${oneLine(from.event_end_time)}, not carried over.`))
      continue
    }
    const carried = carryOver(KEYS, from)
    events.push(carried.settings)
    notes.push(...carried.notes.map(about))
    refused.push(...carried.refused.map(about))
  }
  return { events, notes, refused }
}

function eventsIn(text: string): readonly CloudflareRoom[] {
  const result = resultIn(text, EXPECTED)
  const events = Array.isArray(result) ? result : [result]
  if (!events.every((event) => isTable(event) && 'event_start_time' in event)) {
    throw new MigrateError(`The --events file has an entry that is not an event; ${EXPECTED}.`)
  }
  return events
}
