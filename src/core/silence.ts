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
  const isDeparting = (byte & DEPARTING_FLAG) !== 0
  if (state !== State.active) {
    return isDeparting
      ? Math.min(rules.heartbeatTimeoutSeconds, DEPARTURE_LIMIT_SECONDS)
      : rules.heartbeatTimeoutSeconds
  }
  // A session's slot is not given away while its pass still opens the door.
  if (isDeparting) return Math.max(rules.departureGraceSeconds, passLifeSeconds(rules.sessionTimeoutSeconds))
  const hasBeacon = (byte & BEACON_FLAG) !== 0
  return hasBeacon ? rules.sessionTimeoutSeconds : Math.max(rules.sessionTimeoutSeconds, NO_BEACON_LIMIT_SECONDS)
}

/** Whether a goodbye keeps this session for longer than silence alone would: it may be on a page of another site. */
export function isKeptByGoodbye(byte: number, rules: LineRules): boolean {
  return silenceLimitSeconds(byte | DEPARTING_FLAG, rules) > silenceLimitSeconds(byte & ~DEPARTING_FLAG, rules)
}

/** By byte, so that a scan of a million tickets looks each up once. */
export interface SilenceLimits {
  readonly limits: Uint32Array
  /**
   * 1: its holder is expected to be heard, so gaps in what the room can hear count for it. 0: absent, or on a page of another
   * site for longer than the room waits for anyone else.
   */
  readonly expected: Uint8Array
}

export function silenceLimits(rules: LineRules): SilenceLimits {
  const limits = Uint32Array.from({ length: 256 }, (_, byte) => silenceLimitSeconds(byte, rules))
  const longest = longestSilenceSeconds(rules)
  const expected = Uint8Array.from(limits, (limit, byte) =>
    (byte & STATE_MASK) !== State.absent && limit <= longest ? 1 : 0,
  )
  return { limits, expected }
}

/**
 * By byte, the listening second before which a ticket was last heard when it is silent now; 0: none is. Silence counts from the
 * floor on, and everyone's from when the room was last resumed. One table for all segments of a tick: looking at limit and floor
 * ticket by ticket took it half as long again.
 */
export function silentBefore(
  { limits, expected }: SilenceLimits,
  { nowSeconds, floorSeconds, resumedSeconds }: SilenceClock,
): Uint32Array {
  const floor = Math.max(floorSeconds, resumedSeconds)
  return limits.map((limit, byte) => {
    const since = nowSeconds - (expected[byte] === 1 ? floor : resumedSeconds)
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
