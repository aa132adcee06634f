/** The event of a seed: a lobby that most visitors arrive in, and a start while faults happen. */
import type { EventSettings } from '../src/settings/event-schema.ts'
import type { Random } from './random.ts'

/**
 * The settings check demands a lobby of five minutes: it opens before the first visitor arrives.
 */
const LOBBY_MS = 300_000
const STARTS_AFTER_MS = [5_000, 90_000] as const
const LASTS_MS = [61_000, 400_000] as const

export const EVENT_ID = 'event'

export type DeployedEvent = Partial<EventSettings> & { readonly id: string }

export function eventOfSeed(random: Random, startMs: number, capacity: number, ratePerMinute: number): DeployedEvent {
  const eventStartMs = startMs + random.whole(...STARTS_AFTER_MS)
  const endMs = eventStartMs + random.whole(...LASTS_MS)
  const time = (atMs: number) => new Date(atMs).toISOString()
  const other = { total_active_users: Math.max(1, Math.ceil(capacity / 2)), new_users_per_minute: 2 * ratePerMinute }
  const step = {
    at: time(eventStartMs + 20_000),
    new_users_per_minute: 3 * ratePerMinute,
    total_active_users: null,
    ramp: random.chance(0.5),
  }
  return {
    id: EVENT_ID,
    name: 'The event of this seed',
    prequeue_start_time: time(eventStartMs - LOBBY_MS - random.whole(0, 60_000)),
    event_start_time: time(eventStartMs),
    event_end_time: time(endMs),
    shuffle_at_event_start: random.chance(0.85),
    ...(random.chance(0.4) ? other : {}),
    rate_plan: random.chance(0.3) ? [step] : [],
    session_timeout_seconds: random.pick([null, null, 60]),
  }
}
