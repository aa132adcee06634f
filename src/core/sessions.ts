/**
 * When the running sessions started and were last used, in listening seconds. Time in which the
 * room was suspended does not count.
 *
 * The start of every session is known, to measure its length; the last use is known only while
 * `session_max_seconds` or `idle_timeout_seconds` is on, at most one entry per slot.
 */
import { SEGMENT_SIZE } from './limits.ts'
import type { LineRules } from './rules.ts'
import type { Segment } from './segment.ts'
import type { SilenceClock } from './silence.ts'
import { State } from './ticket-state.ts'

interface Session {
  readonly startedSeconds: number
  touchedSeconds: number
}

/** The starts of one segment. A million sessions take 4 MB. */
interface Starts {
  /** By offset, 1 more than the start; 0: no session is known. */
  readonly seconds: Uint32Array
  known: number
}

export class Sessions {
  private readonly starts = new Map<number, Starts>()
  private readonly limited = new Map<number, Session>()

  start(number: number, rules: LineRules, startedSeconds: number, touchedSeconds = startedSeconds): void {
    this.noteStart(Math.floor(number / SEGMENT_SIZE), number % SEGMENT_SIZE, startedSeconds)
    if (rules.idleTimeoutSeconds === 0 && rules.sessionMaxSeconds === 0) return
    this.limited.set(number, { startedSeconds, touchedSeconds })
  }

  private noteStart(index: number, offset: number, startedSeconds: number): void {
    let starts = this.starts.get(index)
    if (starts === undefined) {
      starts = { seconds: new Uint32Array(SEGMENT_SIZE), known: 0 }
      this.starts.set(index, starts)
    }
    if (starts.seconds[offset] === 0) starts.known++
    starts.seconds[offset] = startedSeconds + 1
  }

  /** When a session began; null: unknown. */
  startedSeconds({ index }: Segment, offset: number): number | null {
    const seconds = this.starts.get(index)?.seconds[offset] ?? 0
    return seconds === 0 ? null : seconds - 1
  }

  /** The session was used at that time. The latest time counts. */
  touch(number: number, atSeconds: number): void {
    const session = this.limited.get(number)
    if (session !== undefined) session.touchedSeconds = Math.max(session.touchedSeconds, atSeconds)
  }

  end(number: number): void {
    this.limited.delete(number)
    this.forgetStart(Math.floor(number / SEGMENT_SIZE), number % SEGMENT_SIZE)
  }

  private forgetStart(index: number, offset: number): void {
    const starts = this.starts.get(index)
    if (starts === undefined || starts.seconds[offset] === 0) return
    starts.seconds[offset] = 0
    starts.known--
    if (starts.known === 0) this.starts.delete(index)
  }

  /** Ends the sessions among these tickets of a segment. */
  endMany({ index }: Segment, offsets: Uint16Array): void {
    if (this.starts.has(index)) for (const offset of offsets) this.forgetStart(index, offset)
    if (this.limited.size > 0) for (const offset of offsets) this.limited.delete(index * SEGMENT_SIZE + offset)
  }

  /** Numbers whose session exceeds either setting. */
  overdue(rules: LineRules, { nowSeconds, resumedSeconds }: SilenceClock): number[] {
    const { idleTimeoutSeconds: idle, sessionMaxSeconds: max } = rules
    const numbers: number[] = []
    if (rules.suspended) return numbers
    for (const [number, { startedSeconds, touchedSeconds }] of this.limited) {
      const tooLong = max > 0 && nowSeconds - startedSeconds >= max
      const tooIdle = idle > 0 && nowSeconds - Math.max(touchedSeconds, resumedSeconds) >= idle
      if (tooLong || tooIdle) numbers.push(number)
    }
    return numbers
  }

  /** The sessions of one segment as pairs (offset, start in listening seconds). */
  toStored({ index }: Segment): Uint32Array {
    const starts = this.starts.get(index)
    if (starts === undefined) return new Uint32Array()
    const pairs = new Uint32Array(2 * starts.known)
    for (let offset = 0, i = 0; i < pairs.length; offset++) {
      const seconds = starts.seconds[offset] as number
      if (seconds === 0) continue
      pairs[i++] = offset
      pairs[i++] = seconds - 1
    }
    return pairs
  }

  /**
   * Last-used times are not stored: they restart now. So do the limits of sessions from before a
   * limit was configured, if an older version did not store their start.
   */
  restore(segment: Segment, pairs: Uint32Array, rules: LineRules, nowSeconds: number): void {
    const first = segment.index * SEGMENT_SIZE
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      this.start(first + (pairs[i] as number), rules, pairs[i + 1] as number, nowSeconds)
    }
    if (rules.idleTimeoutSeconds === 0 && rules.sessionMaxSeconds === 0) return
    for (let offset = 0; offset < SEGMENT_SIZE; offset++) {
      const number = first + offset
      if (segment.stateAt(offset) !== State.active || this.limited.has(number)) continue
      this.limited.set(number, { startedSeconds: nowSeconds, touchedSeconds: nowSeconds })
    }
  }
}
