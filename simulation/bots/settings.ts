/** The columns of the table: how the room is set. Each has one defence alone, except the last. */
import { parseRoom, type RoomSettings } from '../../src/settings/rooms.ts'

export interface Setting {
  readonly name: string
  readonly room: Readonly<Record<string, unknown>>
}

/** The places that the sale has. */
export const PLACES = 1_000

const OFF = { join_limit: false }
const TURNSTILE = { ...OFF, turnstile_mode: 'invisible' }

export const SETTINGS = [
  { name: 'off', room: OFF },
  { name: 'join limit', room: { join_limit: true } },
  { name: 'proof of work `"auto"`', room: { ...OFF, proof_of_work: 'auto' } },
  { name: 'Turnstile `"log"`', room: { ...TURNSTILE, turnstile_action: 'log' } },
  { name: 'Turnstile `"infinite_queue"`', room: { ...TURNSTILE, turnstile_action: 'infinite_queue' } },
  { name: 'invite keys', room: { ...OFF, require_access_key: true } },
  { name: 'join limits and proof of work', room: { join_limit: true, proof_of_work: 'auto' } },
] as const satisfies readonly Setting[]

/**
 * The room admits as many visitors as there are places, at a pace, and nobody leaves. Nobody falls
 * silent: instead of simulating polls the time-outs are longer than the run.
 */
export function roomOf({ room }: Setting, places: number): RoomSettings {
  return parseRoom({
    name: 'sale',
    total_active_users: places,
    new_users_per_minute: Math.ceil(places * 0.6),
    heartbeat_timeout_seconds: 600,
    session_timeout_seconds: 1_800,
    ...room,
  })
}
