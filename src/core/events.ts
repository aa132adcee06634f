/**
 * The events of a room: times at which other rules hold, and an optional lobby before the start.
 */
import type { RatePlan } from './rate-plan.ts'

export interface RoomEvent {
  readonly id: string
  readonly name: string
  /** When the lobby opens, ms since 1970; null: the event has none. */
  readonly lobbyAtMs: number | null
  readonly startAtMs: number
  readonly endAtMs: number
  /** The order of the lobby's entries is drawn at the start. */
  readonly draw: boolean
  /** 32 random bytes as hex. The draw is computed from it; its hash is the commitment. */
  readonly secret: string
  /** The event is ignored. */
  readonly suspended: boolean
  /** Both of these or neither: null inherits the room's value. */
  readonly capacity: number | null
  readonly ratePerMinute: number | null
  /** Null inherits the room's value. */
  readonly sessionTimeoutSeconds: number | null
  /** Visitors queue, go straight to the site, or are refused. Null inherits. */
  readonly traffic: 'queue' | 'passthrough' | 'reject' | null
  readonly ratePlan: RatePlan
  /** To everyone in line during the event; an operator's message wins. Null inherits. */
  readonly message: string | null
}

/** `drawing`: the start has passed, and the draw waits for the public randomness. */
export type EventPhase = 'none' | 'lobby' | 'drawing' | 'running' | 'ended'
