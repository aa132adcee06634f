/**
 * How many gatherers stand between the isolates of a room and its object, and which of them an
 * isolate calls.
 *
 * A gatherer sends the calls of many isolates as one (gathered.ts), so that more isolates can call
 * than one object takes. The number follows the isolates that were heard, directly or through
 * gatherers; when many are new at once, the first gatherer comes early. It travels in the snapshot,
 * and isolates use the newest one they know. Nothing depends on isolates agreeing about it:
 * gatherers store nothing, and each one accepts any isolate.
 */

import { CALL_PACE_MAX_MS, FIRST_CALLS_MAX, ISOLATES_COUNTED_MAX } from './limits.ts'
import { fnv1a } from './text-hash.ts'

export interface GathererLimits {
  /** Up to this many isolates call the object directly. */
  readonly direct: number
  /** Isolates for each gatherer. */
  readonly each: number
  readonly max: number
}

/**
 * An object, and a gatherer too, paces 2,580 isolates evenly. So gatherers come long before the
 * object needs them, and each has room for more isolates. 64 of them pace 165,000 isolates.
 */
export const GATHERER_LIMITS: GathererLimits = { direct: 1_000, each: 1_500, max: 64 }

/** A lower number of gatherers must fit this share of their isolates, so that it does not swing. */
const KEPT_SHARE = 0.7

/** Isolates call at least this often, even at the longest pace and through a gatherer. */
const WINDOW_MS = 2 * CALL_PACE_MAX_MS

/** The number of gatherers for a number of isolates. `current`: the number now. */
export function gatherersFor(isolates: number, current: number, limits = GATHERER_LIMITS): number {
  const wanted = (count: number) => (count <= limits.direct ? 0 : Math.min(Math.ceil(count / limits.each), limits.max))
  // Isolates that lose their last gatherer call the object, all at once.
  const least = isolates > FIRST_CALLS_MAX ? 1 : 0
  return Math.max(wanted(isolates), Math.min(current, Math.max(wanted(isolates / KEPT_SHARE), least)))
}

/** The gatherer that an isolate calls first, 0 to `gatherers` - 1. */
export function gathererOf(isolate: string, gatherers: number): number {
  return isolateHash(isolate) % gatherers
}

/** Of an isolate's id, 30 bits: a small integer for every engine. */
export function isolateHash(isolate: string): number {
  return fnv1a(isolate) >>> 2
}

/**
 * Counts the different isolates of a room, and decides the number of its gatherers.
 *
 * More gatherers come at once. Fewer come only after a whole window with few isolates, so never in
 * the first window after the object lost its memory: until then the number is at least the highest
 * one that a caller knows.
 */
export class GathererTier {
  private readonly limits: GathererLimits
  private startMs = Number.NEGATIVE_INFINITY
  private isFirstWindow = true
  private heard = new Set<number>()
  private heardBefore = 0
  private isRush = false
  private wasRush = false
  private current = 0

  constructor(limits = GATHERER_LIMITS) {
    this.limits = limits
  }

  /**
   * An isolate called, directly or through a gatherer.
   * @param gatherers the number that the caller knows
   */
  hear(hash: number, gatherers: number, nowMs: number): void {
    this.advance(nowMs)
    if (this.heard.size < ISOLATES_COUNTED_MAX) this.heard.add(hash)
    if (this.isFirstWindow) this.current = Math.max(this.current, Math.min(gatherers, this.limits.max))
  }

  /**
   * Isolates begin to call faster than the object can take: there are gatherers before `direct`
   * isolates have called, in this window and the next one.
   */
  expectMany(nowMs: number): void {
    this.advance(nowMs)
    this.isRush = true
  }

  /** The number in force. */
  count(nowMs: number): number {
    this.advance(nowMs)
    const expected = this.isRush || this.wasRush ? this.limits.direct + 1 : 0
    const number = gatherersFor(Math.max(this.isolates, expected), this.current, this.limits)
    this.current = this.isFirstWindow ? Math.max(this.current, number) : number
    return this.current
  }

  /** Different isolates in this window or the last one, whichever has more. */
  get isolates(): number {
    return Math.max(this.heard.size, this.heardBefore)
  }

  private advance(nowMs: number): void {
    const passedMs = nowMs - this.startMs
    if (passedMs >= 0 && passedMs < WINDOW_MS) return
    // A window without any call, or a clock that went back, begins anew.
    this.isFirstWindow = !(passedMs >= WINDOW_MS && passedMs < 2 * WINDOW_MS)
    if (this.isFirstWindow) this.current = 0
    this.heardBefore = this.isFirstWindow ? 0 : this.heard.size
    this.wasRush = this.isRush && !this.isFirstWindow
    this.isRush = false
    this.heard = new Set()
    this.startMs = nowMs
  }
}
