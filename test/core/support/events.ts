import type { RoomEvent } from '../../../src/core/events.ts'
import { START_MS } from './driven-line.ts'

/** An event with a draw: its lobby opens after 60 s, it starts after 600 s and lasts an hour. */
export function event(changes: Partial<RoomEvent> = {}): RoomEvent {
  return {
    id: 'sale',
    name: 'Autumn sale',
    lobbyAtMs: START_MS + 60_000,
    startAtMs: START_MS + 600_000,
    endAtMs: START_MS + 4_200_000,
    draw: true,
    secret: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    suspended: false,
    capacity: null,
    ratePerMinute: null,
    sessionTimeoutSeconds: null,
    method: null,
    ratePlan: [],
    message: null,
    ...changes,
  }
}
