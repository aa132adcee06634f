/**
 * How long a ticket may be silent, and who has been silent for longer.
 */
import { DEPARTURE_LIMIT_SECONDS, NO_BEACON_LIMIT_SECONDS, SEGMENT_SIZE } from './limits.ts'
import { passLifeSeconds } from './pass-life.ts'
import type { LineRules } from './rules.ts'
import type { Segment } from './segment.ts'
import { BEACON_FLAG, DEPARTING_FLAG, STATE_MASK, State } from './ticket-state.ts'

const NEVER = 0xffffffff

/** The rules that limit how long a ticket may be silent. */
export type SilenceRules = Pick<LineRules, 'heartbeatTimeoutSeconds' | 'sessionTimeoutSeconds'>

/** The longest silence of someone who is expected to be heard. An older word cannot keep anyone. */
export function longestSilenceSeconds({ heartbeatTimeoutSeconds, sessionTimeoutSeconds }: SilenceRules): number {
  return Math.max(heartbeatTimeoutSeconds, sessionTimeoutSeconds, NO_BEACON_LIMIT_SECONDS)
}

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

/**
 * By byte, the listening second before which a ticket was last heard when it is silent now; 0: none is. Silence counts from the
 * floor on, and everyone's from when the room was last resumed. One table for all segments of a tick: looking at limit and floor
 * ticket by ticket took it half as long again.
 */
export function silentBefore(
  limits: Uint32Array,
  { nowSeconds, floorSeconds, resumedSeconds }: SilenceClock,
): Uint32Array {
  const floor = Math.max(floorSeconds, resumedSeconds)
  return limits.map((limit, byte) => {
    // Who is absent was silent before: the grace only runs while the room listens anyway.
    const since = nowSeconds - ((byte & STATE_MASK) === State.absent ? resumedSeconds : floor)
    return since < limit ? 0 : nowSeconds - limit + 1
  })
}

/** What silence is measured on, listening seconds: see listening-clock.ts. */
export interface SilenceClock {
  readonly nowSeconds: number
  readonly floorSeconds: number
  readonly resumedSeconds: number
}

/** Of one segment, ascending. */
export interface SilentTickets {
  readonly segment: Segment
  readonly offsets: Uint16Array
}

/** The offsets of a segment's silent tickets, ascending. */
export function silentOffsets(segment: Segment, before: Uint32Array): Uint16Array {
  if (segment.live === 0) return NOBODY
  const { states, heard } = segment
  let found = 0
  for (let offset = 0; offset < SEGMENT_SIZE; offset++) {
    if ((heard[offset] as number) < (before[states[offset] as number] as number)) silent[found++] = offset
  }
  return found === 0 ? NOBODY : silent.slice(0, found)
}

const NOBODY = new Uint16Array()
/** Filled anew by each call. */
const silent = new Uint16Array(SEGMENT_SIZE)

/** What a silent ticket becomes, by the state it was in: absent, or gone where there is no grace or it is over. */
export function afterSilence(rules: LineRules): Uint8Array {
  const after = new Uint8Array(STATE_MASK + 1).fill(rules.reclaimGraceSeconds > 0 ? State.absent : State.gone)
  after[State.absent] = State.gone
  return after
}
