/**
 * When the running sessions began and were last touched, in listening seconds: what `session_max_seconds` and
 * `idle_timeout_seconds` are measured from. Kept only while one of them is on; at most one entry per slot.
 */
import { SEGMENT_SIZE } from './limits.ts'
import type { LineRules } from './rules.ts'

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

  touch(number: number, nowSeconds: number): void {
    const session = this.byNumber.get(number)
    if (session !== undefined) session.touchedSeconds = nowSeconds
  }

  end(number: number): void {
    this.byNumber.delete(number)
  }

  /** Numbers whose session is over by either setting. */
  overdue(rules: LineRules, nowSeconds: number): number[] {
    const { idleTimeoutSeconds: idle, sessionMaxSeconds: max } = rules
    const numbers: number[] = []
    for (const [number, { startedSeconds, touchedSeconds }] of this.byNumber) {
      const tooLong = max > 0 && nowSeconds - startedSeconds >= max
      const tooIdle = idle > 0 && nowSeconds - touchedSeconds >= idle
      if (tooLong || tooIdle) numbers.push(number)
    }
    return numbers
  }

  /** Starts of one segment's sessions as pairs (offset, listening seconds), for storage. */
  toStored(segmentIndex: number, activeOffsets: Iterable<number>): Uint32Array {
    const pairs: number[] = []
    for (const offset of activeOffsets) {
      const session = this.byNumber.get(segmentIndex * SEGMENT_SIZE + offset)
      if (session !== undefined) pairs.push(offset, session.startedSeconds)
    }
    return Uint32Array.from(pairs)
  }

  get tracked(): boolean {
    return this.byNumber.size > 0
  }
}
