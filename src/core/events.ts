/**
 * The events of a room: periods in which other rules hold, with an optional lobby before the start.
 */
import { capacityAt, meanRate, type RatePiece, type RatePlan, rateAt, ratePieces } from './rate-plan.ts'
import { isClosed, type LineRules, messageNow, type QueueingMethod } from './rules.ts'

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
  /** Once it runs. `passthrough` suspends the room, and `reject` closes it. Null inherits. */
  readonly method: QueueingMethod | null
  readonly ratePlan: RatePlan
  /** To everyone in line during the event; an operator's message wins. Null inherits. */
  readonly message: string | null
}

/** `drawing`: the start has passed, and the draw waits for the public randomness. */
export type EventPhase = 'none' | 'lobby' | 'drawing' | 'running' | 'ended'

/** When the event takes effect: its lobby opens, or it starts. */
function opensAtMs({ lobbyAtMs, startAtMs }: RoomEvent): number {
  return lobbyAtMs ?? startAtMs
}

/** The event under way, from the opening of its lobby to its end. Events do not overlap. */
export function currentEvent(events: readonly RoomEvent[], nowMs: number): RoomEvent | null {
  return events.find((event) => !event.suspended && opensAtMs(event) <= nowMs && nowMs < event.endAtMs) ?? null
}

/** The phase of the event under way. */
export function phaseUnderWay(
  { startAtMs }: RoomEvent,
  nowMs: number,
  isDrawing: boolean,
): 'lobby' | 'drawing' | 'running' {
  return nowMs < startAtMs ? 'lobby' : isDrawing ? 'drawing' : 'running'
}

/** The event that ended last; null: none has. */
export function lastEnded(events: readonly RoomEvent[], nowMs: number): RoomEvent | null {
  const ended = events.filter((event) => !event.suspended && event.endAtMs <= nowMs)
  return ended.reduce<RoomEvent | null>((last, event) => (last && last.endAtMs > event.endAtMs ? last : event), null)
}

/** The times in (fromMs, toMs] at which a phase of any event begins or ends, ascending. */
export function bordersBetween(events: readonly RoomEvent[], fromMs: number, toMs: number): number[] {
  const between = new Set<number>()
  for (const event of events) {
    for (const atMs of bordersOf(event)) if (fromMs < atMs && atMs <= toMs) between.add(atMs)
  }
  return [...between].sort((a, b) => a - b)
}

function bordersOf(event: RoomEvent): readonly number[] {
  return [opensAtMs(event), event.startAtMs, event.endAtMs]
}

/** The next time at which a phase of any event begins or ends; null: there is none. */
export function nextBorderMs(events: readonly RoomEvent[], nowMs: number): number | null {
  let next = Number.POSITIVE_INFINITY
  for (const event of events) for (const atMs of bordersOf(event)) if (nowMs < atMs && atMs < next) next = atMs
  return next === Number.POSITIVE_INFINITY ? null : next
}

/**
 * The rules in force at a time.
 *
 * In a lobby newcomers join and nobody is admitted. A running event replaces the rules that it
 * names. Sold out: nobody is admitted or joins, whatever the event says. The rate and the capacity
 * follow the plan of the event or, if the event sets neither plan nor rate, of the room.
 * @param isDrawing the start has passed, and the draw is not made yet
 */
export function effectiveRules(
  rules: LineRules,
  events: readonly RoomEvent[],
  nowMs: number,
  isDrawing = false,
): LineRules {
  const event = currentEvent(events, nowMs)
  const base = rules.soldOut ? { ...rules, mode: 'paused' as const } : rules
  if (event === null && rules.ratePlan.length === 0) return isDrawing ? { ...base, mode: 'paused' } : base
  const { plan, ratePerMinute, capacity } = planInForce(rules, event, nowMs)
  const planned = {
    ...base,
    ratePerMinute: rateAt(plan, ratePerMinute, nowMs),
    capacity: capacityAt(plan, capacity, nowMs),
  }
  if (event === null) return isDrawing ? { ...planned, mode: 'paused' } : planned
  const isSilent = messageNow(rules, nowMs) === null
  const worded = isSilent ? { ...planned, message: event.message, messageUntilMs: null } : planned
  // A lobby takes everyone in, in order.
  if (nowMs < event.startAtMs || isDrawing) return { ...worded, mode: 'paused', method: 'fifo' }
  const { method } = event
  const staysClosed = isClosed(rules, event.endAtMs)
  return {
    ...worded,
    ...(method === null || method === 'passthrough' ? {} : { method }),
    sessionTimeoutSeconds: event.sessionTimeoutSeconds ?? rules.sessionTimeoutSeconds,
    suspended: rules.suspended || (method === 'passthrough' && !rules.soldOut),
    ...(method === 'reject' ? { closed: true, opensAtMs: staysClosed ? rules.opensAtMs : event.endAtMs } : {}),
  }
}

/** The mean configured rate between two times with no border of an event between them. */
export function meanRatePerMinute(
  rules: LineRules,
  events: readonly RoomEvent[],
  fromMs: number,
  toMs: number,
): number {
  const { plan, ratePerMinute } = planInForce(rules, currentEvent(events, fromMs), fromMs)
  return toMs > fromMs ? meanRate(plan, ratePerMinute, fromMs, toMs) : rateAt(plan, ratePerMinute, toMs)
}

/** Estimates compare the measured rate with the plan of the last minutes. */
const PIECES_SINCE_MS = 300_000
const PIECES_UNTIL_MS = 86_400_000
const PIECES_MAX = 24

/**
 * The configured rates from five minutes ago on, for estimates: 0 in a lobby. Null: the rate does
 * not change within a day. Bounded: the last piece lasts for good.
 */
export function plannedPieces(rules: LineRules, events: readonly RoomEvent[], nowMs: number): RatePiece[] | null {
  const sinceMs = nowMs - PIECES_SINCE_MS
  const borders = bordersBetween(events, sinceMs, nowMs + PIECES_UNTIL_MS)
  const { plan } = planInForce(rules, currentEvent(events, nowMs), nowMs)
  if (borders.length === 0 && plan.length === 0) return null
  const edges = [sinceMs, ...borders]
  const pieces = edges.flatMap((fromMs, i) => {
    const event = currentEvent(events, fromMs)
    if (event !== null && fromMs < event.startAtMs) return [{ fromMs, ratePerMinute: 0 }]
    const inForce = planInForce(rules, event, fromMs)
    const untilMs = edges[i + 1] ?? Number.POSITIVE_INFINITY
    return ratePieces(inForce.plan, inForce.ratePerMinute, fromMs, PIECES_MAX).filter((each) => each.fromMs < untilMs)
  })
  return pieces.slice(0, PIECES_MAX)
}

/**
 * The plan of rates, with the values before its first step. A drained room keeps its capacity 0.
 */
function planInForce(
  { ratePlan, ratePerMinute, capacity }: LineRules,
  event: RoomEvent | null,
  nowMs: number,
): { readonly plan: RatePlan; readonly ratePerMinute: number; readonly capacity: number } {
  if (capacity === 0) return { plan: [], ratePerMinute, capacity }
  if (event === null || nowMs < event.startAtMs) return { plan: ratePlan, ratePerMinute, capacity }
  const isPlanned = event.ratePlan.length > 0 || event.ratePerMinute !== null
  return {
    plan: isPlanned ? event.ratePlan : ratePlan,
    ratePerMinute: event.ratePerMinute ?? ratePerMinute,
    capacity: event.capacity ?? capacity,
  }
}
