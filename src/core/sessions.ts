/**
 * When the running sessions started and were last used, in listening seconds, for
 * `session_max_seconds` and `idle_timeout_seconds`. Time in which the room was suspended counts for
 * neither. Kept only while one of them is on; at most one entry per slot.
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

export class Sessions {
  private readonly byNumber = new Map<number, Session>()

  start(number: number, rules: LineRules, startedSeconds: number, touchedSeconds = startedSeconds): void {
    if (rules.idleTimeoutSeconds === 0 && rules.sessionMaxSeconds === 0) return
    this.byNumber.set(number, { startedSeconds, touchedSeconds })
  }

  /** The session was used at that time. The latest time counts. */
  touch(number: number, atSeconds: number): void {
    const session = this.byNumber.get(number)
    if (session !== undefined) session.touchedSeconds = Math.max(session.touchedSeconds, atSeconds)
  }

  end(number: number): void {
    this.byNumber.delete(number)
  }

  /** Ends the sessions among these tickets of a segment. */
  endMany(segment: Segment, offsets: Uint16Array): void {
    if (this.byNumber.size === 0) return
    for (const offset of offsets) this.end(segment.index * SEGMENT_SIZE + offset)
  }

  /** Numbers whose session exceeds either setting. */
  overdue(rules: LineRules, { nowSeconds, resumedSeconds }: SilenceClock): number[] {
    const { idleTimeoutSeconds: idle, sessionMaxSeconds: max } = rules
    const numbers: number[] = []
    if (rules.suspended) return numbers
    for (const [number, { startedSeconds, touchedSeconds }] of this.byNumber) {
      const tooLong = max > 0 && nowSeconds - startedSeconds >= max
      const tooIdle = idle > 0 && nowSeconds - Math.max(touchedSeconds, resumedSeconds) >= idle
      if (tooLong || tooIdle) numbers.push(number)
    }
    return numbers
  }

  /** The sessions of one segment as pairs (offset, start in listening seconds). */
  toStored(segment: Segment): Uint32Array {
    if (this.byNumber.size === 0) return new Uint32Array()
    const pairs: number[] = []
    for (const offset of activeOffsets(segment)) {
      const session = this.byNumber.get(segment.index * SEGMENT_SIZE + offset)
      if (session !== undefined) pairs.push(offset, session.startedSeconds)
    }
    return Uint32Array.from(pairs)
  }

  /**
   * Last-used times are not stored: they restart now. So do sessions from before a limit was
   * configured.
   */
  restore(segment: Segment, pairs: Uint32Array, rules: LineRules, nowSeconds: number): void {
    const started = new Map<number, number>()
    for (let i = 0; i + 1 < pairs.length; i += 2) started.set(pairs[i] as number, pairs[i + 1] as number)
    for (const offset of activeOffsets(segment)) {
      this.start(segment.index * SEGMENT_SIZE + offset, rules, started.get(offset) ?? nowSeconds, nowSeconds)
    }
  }
}

function* activeOffsets(segment: Segment): Iterable<number> {
  for (let offset = 0; offset < SEGMENT_SIZE; offset++) if (segment.stateAt(offset) === State.active) yield offset
}
