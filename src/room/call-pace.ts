/**
 * When an isolate calls the object of a room, and which waiting request leads the call.
 *
 * A call starts at once while few requests ask; questions that arrive during a call share the next
 * one. Calls are further apart when the object demands it, after failures, and while many requests
 * ask: each call then carries more questions, and the object writes and answers less often.
 */
import { ageMs } from '../core/age.ts'
import type { Entry } from './entry-queue.ts'
import {
  ATTEMPTS_MAX,
  BACK_OFF_MAX_MS,
  BACK_OFF_MIN_MS,
  BUSY_CALL_QUESTIONS,
  FIRST_LOOK_MAX_MS,
  GATHER_MAX_MS,
  GATHER_QUESTIONS,
  LOOK_MAX_MS,
  LOOK_MIN_MS,
  NEXT_CALL_MAX_MS,
  PATIENCE_CALLS,
  PATIENCE_MAX_MS,
  PATIENCE_MIN_MS,
} from './limits.ts'

export interface Call {
  readonly startMs: number
  /** The least time to the start of the next call, so that questions gather for it. */
  readonly gatherMs: number
  done: boolean
}

export class CallPace {
  /**
   * The newest call. When it is not done after `patienceMs`, its request may have been cancelled.
   */
  private latest: Call = { startMs: Number.NEGATIVE_INFINITY, gatherMs: 0, done: true }
  private nextMs = 0
  private pace = 0
  private recentCallMs = PATIENCE_MIN_MS / PATIENCE_CALLS
  private failuresInRow = 0

  /** The next call starts no sooner than this. */
  nextCallMs(nowMs: number): number {
    // No pause is that long: the clock went back.
    return this.nextMs - nowMs > NEXT_CALL_MAX_MS ? nowMs : this.nextMs
  }

  /** The time between the starts of two calls that the object requires. */
  get paceMs(): number {
    return this.pace
  }

  /** A call that takes longer than this counts as lost. */
  get patienceMs(): number {
    return Math.min(Math.max(PATIENCE_MIN_MS, PATIENCE_CALLS * this.recentCallMs), PATIENCE_MAX_MS)
  }

  begin(startMs: number, questions: number): Call {
    this.latest = { startMs, gatherMs: this.gatherMs(questions, startMs), done: false }
    this.keepApart(this.latest)
    return this.latest
  }

  /**
   * How long `GATHER_QUESTIONS` take to arrive at the rate of this call's questions; 0 when there
   * are few.
   */
  private gatherMs(questions: number, startMs: number): number {
    if (questions < BUSY_CALL_QUESTIONS) return 0
    return Math.min(((startMs - this.latest.startMs) * GATHER_QUESTIONS) / questions, GATHER_MAX_MS)
  }

  succeeded(call: Call, nowMs: number, paceMs: number): void {
    call.done = true
    this.failuresInRow = 0
    this.recentCallMs += (nowMs - call.startMs - this.recentCallMs) / 4
    this.pace = paceMs
    this.keepApart(call)
  }

  /** `random`: 0 to 1, the jitter of the back-off. */
  failed(call: Call, nowMs: number, random: number): void {
    call.done = true
    this.failuresInRow++
    const backOffMs = Math.min(BACK_OFF_MIN_MS * 2 ** (this.failuresInRow - 1), BACK_OFF_MAX_MS)
    this.nextMs = nowMs + backOffMs * (0.5 + random)
  }

  private keepApart({ startMs, gatherMs }: Call): void {
    this.nextMs = startMs + Math.max(this.pace, gatherMs)
  }

  /** Whether the request of this entry leads a call now. */
  isTurnOf(entry: Entry, nowMs: number): boolean {
    if (entry.attempts >= ATTEMPTS_MAX) return false
    const isUnderWay = !this.latest.done && ageMs(this.latest.startMs, nowMs) < this.patienceMs
    const impatientMs = (entry.sentMs ?? entry.notBeforeMs) + this.patienceMs
    const mayCallMs = entry.sentMs === null && !isUnderWay ? entry.notBeforeMs : impatientMs
    return nowMs >= Math.max(mayCallMs, this.nextCallMs(nowMs))
  }

  /**
   * The delay until the request of this entry looks again for its answer or its turn. The first
   * look is due when the answer is likely to be there, so most requests wake once. `isNext`: it
   * leads the next call. The others wait until that call is likely to be answered.
   */
  msUntilLook(entry: Entry, isNext: boolean, nowMs: number): number {
    const isWaiting = entry.sentMs === null
    if (isWaiting && nowMs < entry.notBeforeMs) return entry.notBeforeMs - nowMs
    const answeredMs = this.latest.done ? nowMs : this.answeredMs(this.latest.startMs)
    const callMs = Math.max(answeredMs, this.nextCallMs(nowMs))
    const lookMs = !isWaiting ? answeredMs : isNext ? callMs : this.answeredMs(callMs)
    if (lookMs > nowMs) return Math.min(lookMs - nowMs, FIRST_LOOK_MAX_MS)
    return Math.min(Math.max(LOOK_MIN_MS, this.recentCallMs / 4), LOOK_MAX_MS)
  }

  /** When the answer of a call with this start is likely to be there. */
  private answeredMs(startMs: number): number {
    return startMs + this.recentCallMs + LOOK_MIN_MS
  }
}
