/**
 * How long a ticket may be silent, and which tickets have been silent for longer.
 */
import {
  DEPARTURE_LIMIT_SECONDS,
  LEASE_LIFE_MS,
  NEAR_POLL_MAX_SECONDS,
  NO_BEACON_LIMIT_SECONDS,
  SEGMENT_SIZE,
  SILENCE_INTERVALS,
} from './limits.ts'
import { type LineRules, observes } from './rules.ts'
import type { Segment } from './segment.ts'
import { ADMITTED_FLAG, BEACON_FLAG, DEPARTING_FLAG, LENT_FLAG, STATE_MASK, State } from './ticket-state.ts'

const NEVER = 0xffffffff

/**
 * A pass is shorter than the session's silence limit, so it never outlives a session that is no
 * longer heard.
 */
const PASS_LIFE_SHARE = 0.75
const PASS_LIFE_MAX_SECONDS = 60

/**
 * How long a pass is valid, whole seconds. The beacon renews it every 8 s, so a short life costs
 * nothing.
 */
export function passLifeSeconds(sessionTimeoutSeconds: number): number {
  return Math.floor(Math.min(PASS_LIFE_SHARE * sessionTimeoutSeconds, PASS_LIFE_MAX_SECONDS))
}

/** The rules that limit how long a ticket may be silent. */
export type SilenceRules = Pick<LineRules, 'heartbeatTimeoutSeconds' | 'sessionTimeoutSeconds'> &
  Partial<Pick<LineRules, 'pollIntervalMaxSeconds' | 'method'>>

/**
 * The longest silence of a visitor who is expected to be heard. An older message cannot keep a
 * ticket.
 */
export function longestSilenceSeconds(rules: SilenceRules): number {
  const { heartbeatTimeoutSeconds, sessionTimeoutSeconds, pollIntervalMaxSeconds = 0 } = rules
  const farSeconds = farLimitSeconds(pollIntervalMaxSeconds)
  return Math.max(heartbeatTimeoutSeconds, sessionTimeoutSeconds, NO_BEACON_LIMIT_SECONDS, farSeconds)
}

/** The silence limit of a ticket far from the front; 0: polls do not widen. */
export function farLimitSeconds(pollIntervalMaxSeconds: number): number {
  return pollIntervalMaxSeconds > NEAR_POLL_MAX_SECONDS ? SILENCE_INTERVALS * pollIntervalMaxSeconds : 0
}

/** Whether the slot of a ticket with this byte is lent. */
export function isLent(byte: number): boolean {
  return (byte & STATE_MASK) === State.offered && (byte & LENT_FLAG) !== 0
}

/**
 * A lent slot that its isolate does not report. A visitor may hold it since the end of the lease,
 * and is allowed the silence of any session whose isolate cannot report.
 */
function lentLimitSeconds({ sessionTimeoutSeconds }: SilenceRules): number {
  return LEASE_LIFE_MS / 1000 + Math.max(sessionTimeoutSeconds, NO_BEACON_LIMIT_SECONDS)
}

/** Seconds of silence after which a ticket with this byte (state and flags) moves on. */
export function silenceLimitSeconds(byte: number, rules: LineRules): number {
  const state = byte & STATE_MASK
  if (state === State.gone) return NEVER
  if (state === State.absent) return rules.reclaimGraceSeconds
  if (isLent(byte)) return lentLimitSeconds(rules)
  const isDeparting = (byte & DEPARTING_FLAG) !== 0
  // While the room observes, everyone is on the site.
  if (state !== State.active && !observes(rules)) {
    return isDeparting
      ? Math.min(rules.heartbeatTimeoutSeconds, DEPARTURE_LIMIT_SECONDS)
      : rules.heartbeatTimeoutSeconds
  }
  // A session's slot is not given away while its pass is still valid.
  if (isDeparting) return Math.max(rules.departureGraceSeconds, passLifeSeconds(rules.sessionTimeoutSeconds))
  const hasBeacon = (byte & BEACON_FLAG) !== 0
  return hasBeacon ? rules.sessionTimeoutSeconds : Math.max(rules.sessionTimeoutSeconds, NO_BEACON_LIMIT_SECONDS)
}

/**
 * Whether a departure raises this ticket's silence limit: the visitor may be on a page of another
 * site.
 */
export function isExtendedByDeparture(byte: number, rules: LineRules): boolean {
  return silenceLimitSeconds(byte | DEPARTING_FLAG, rules) > silenceLimitSeconds(byte & ~DEPARTING_FLAG, rules)
}

/** ... of a ticket far from the front, whose visitor polls less often. */
function farSilenceLimitSeconds(byte: number, rules: LineRules, farSeconds: number): number {
  const state = byte & STATE_MASK
  const limit = silenceLimitSeconds(byte, rules)
  const isPolling = (state === State.waiting || state === State.offered) && (byte & DEPARTING_FLAG) === 0
  return isPolling ? Math.max(limit, farSeconds) : limit
}

/** Tables by byte, so that a scan of a million tickets only looks up. */
export interface SilenceLimits {
  readonly limits: Uint32Array
  readonly farLimits: Uint32Array
  /**
   * 1: the visitor is expected to be heard, so time in which the room could not listen does not
   * count as silence. 0: absent, or on a page of another site for longer than any other silence
   * limit.
   */
  readonly expected: Uint8Array
}

/** @param farSeconds the limit of tickets far from the front */
export function silenceLimits(rules: LineRules, farSeconds: number): SilenceLimits {
  const limits = Uint32Array.from({ length: 256 }, (_, byte) => silenceLimitSeconds(byte, rules))
  const farLimits = limits.map((_, byte) => farSilenceLimitSeconds(byte, rules, farSeconds))
  const longest = longestSilenceSeconds(rules)
  const expected = Uint8Array.from(limits, (limit, byte) =>
    isLent(byte) || ((byte & STATE_MASK) !== State.absent && limit <= longest) ? 1 : 0,
  )
  return { limits, farLimits, expected }
}

/** The times that silence is measured by, in listening seconds: see listening-clock.ts. */
export interface SilenceClock {
  readonly nowSeconds: number
  readonly floorSeconds: number
  readonly resumedSeconds: number
}

/**
 * By byte: a ticket last heard before this listening second is silent; 0: none is. Silence counts
 * from the floor at the earliest, and for every ticket from the last resumption. One table per
 * tick: comparing limit and floor ticket by ticket took 1.5 times as long.
 */
export function silentBefore(
  { limits, farLimits, expected }: SilenceLimits,
  { nowSeconds, floorSeconds, resumedSeconds }: SilenceClock,
): SilentBefore {
  const floor = Math.max(floorSeconds, resumedSeconds)
  const before = (limit: number, byte: number) => {
    const since = nowSeconds - (expected[byte] === 1 ? floor : resumedSeconds)
    return since < limit ? 0 : nowSeconds - limit + 1
  }
  return { near: limits.map(before), far: farLimits.map(before) }
}

export interface SilentBefore {
  readonly near: Uint32Array
  readonly far: Uint32Array
}

/** The silent tickets of one segment: ascending offsets. */
export interface SilentTickets {
  readonly segment: Segment
  readonly offsets: Uint16Array
}

/** The offsets of a segment's silent tickets, ascending. @param farFrom the first far number */
export function silentOffsets(segment: Segment, { near, far }: SilentBefore, farFrom: number): Uint16Array {
  if (segment.live === 0) return NOBODY
  const border = Math.min(Math.max(farFrom - segment.index * SEGMENT_SIZE, 0), SEGMENT_SIZE)
  const foundNear = findSilent(segment, near, 0, border, 0)
  const found = findSilent(segment, far, border, SEGMENT_SIZE, foundNear)
  return found === 0 ? NOBODY : silent.slice(0, found)
}

/** Adds the silent offsets of a range to those found before. Returns how many there are. */
function findSilent({ states, heard }: Segment, before: Uint32Array, from: number, to: number, known: number): number {
  let found = known
  for (let offset = from; offset < to; offset++) {
    if ((heard[offset] as number) < (before[states[offset] as number] as number)) silent[found++] = offset
  }
  return found
}

const NOBODY = new Uint16Array()
/** Overwritten by each call. */
const silent = new Uint16Array(SEGMENT_SIZE)

/**
 * By state: the state and flags of a silent ticket. Absent, or gone if there is no grace or it has
 * ended.
 */
export function afterSilence(rules: LineRules): Uint8Array {
  const after = new Uint8Array(STATE_MASK + 1)
  if (rules.reclaimGraceSeconds === 0) return after
  after[State.waiting] = State.absent
  after[State.offered] = State.absent | ADMITTED_FLAG
  after[State.active] = State.absent | ADMITTED_FLAG
  return after
}
