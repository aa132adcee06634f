/**
 * How long a ticket may be silent, and who has been silent for longer.
 */
import { DEPARTURE_LIMIT_SECONDS, NO_BEACON_LIMIT_SECONDS, SEGMENT_SIZE } from './limits.ts'
import { passLifeSeconds } from './pass-life.ts'
import type { LineRules } from './rules.ts'
import type { Segment } from './segment.ts'
import { BEACON_FLAG, DEPARTING_FLAG, STATE_MASK, State } from './ticket-state.ts'

const NEVER = 0xffffffff

/** Seconds of silence after which a ticket with this byte (state and flags) moves on. */
export function silenceLimitSeconds(byte: number, rules: LineRules): number {
  const state = byte & STATE_MASK
  if (state === State.gone) return NEVER
  if (state === State.absent) return rules.reclaimGraceSeconds
  const limit =
    state === State.active
      ? (byte & BEACON_FLAG) !== 0
        ? rules.sessionTimeoutSeconds
        : Math.max(rules.sessionTimeoutSeconds, NO_BEACON_LIMIT_SECONDS)
      : rules.heartbeatTimeoutSeconds
  if ((byte & DEPARTING_FLAG) === 0) return limit
  // A session's slot is not given away while its pass still opens the door.
  const passLife = state === State.active ? passLifeSeconds(rules.sessionTimeoutSeconds) : 0
  return Math.min(limit, Math.max(DEPARTURE_LIMIT_SECONDS, passLife))
}

/** The limits by byte, so that a scan of a million tickets looks each up once. */
export function silenceLimits(rules: LineRules): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => silenceLimitSeconds(byte, rules))
}

/** Calls `onSilent` with the offset of each ticket of a segment whose silence, counted from the floor on, has reached its limit. */
export function forEachSilent(
  segment: Segment,
  limits: Uint32Array,
  nowSeconds: number,
  floorSeconds: number,
  onSilent: (offset: number) => void,
): void {
  if (segment.live === 0) return
  const { states, heard } = segment
  for (let offset = 0; offset < SEGMENT_SIZE; offset++) {
    const limit = limits[states[offset] as number] as number
    if (limit === NEVER) continue
    // Who is absent was silent before: the grace only runs while the room listens anyway.
    const isAbsent = ((states[offset] as number) & STATE_MASK) === State.absent
    const since = isAbsent ? (heard[offset] as number) : Math.max(heard[offset] as number, floorSeconds)
    if (nowSeconds - since >= limit) onSilent(offset)
  }
}
