/**
 * When an isolate calls the object of a room, and how long the requests that wait for a call sleep meanwhile.
 *
 * At once as long as nobody else asks; what is asked during a call goes with the next. Less often where the object says so,
 * where calls fail, and while many ask: then calls are a moment apart, so that each carries more, and the object writes and
 * answers less often.
 */
import { ageMs } from '../core/age.ts'
import {
  ATTEMPTS_MAX,
  BACK_OFF_MAX_MS,
  BACK_OFF_MIN_MS,
  BUSY_CALL_QUESTIONS,
  GATHER_MAX_MS,
  GATHER_QUESTIONS,
  NEXT_CALL_MAX_MS,
  PATIENCE_CALLS,
  PATIENCE_MAX_MS,
  PATIENCE_MIN_MS,
} from '../limits.ts'
import type { Entry } from './entries.ts'

export interface Call {
  readonly startMs: number
  /** How long after its start the next begins at the earliest, for what it carries. */
  readonly gatherMs: number
  done: boolean
}

export class CallPace {
  /** The newest call. One that is not done after a while may belong to a request that was cancelled. */
  private latest: Call = { startMs: Number.NEGATIVE_INFINITY, gatherMs: 0, done: true }
  private nextMs = 0
  private toldMs = 0
  private recentCallMs = PATIENCE_MIN_MS / PATIENCE_CALLS
  private failuresInRow = 0

  /** The next call starts no sooner than this. */
  nextCallMs(nowMs: number): number {
    // Nobody ever waits for so long: the clock went back.
    return this.nextMs - nowMs > NEXT_CALL_MAX_MS ? nowMs : this.nextMs
  }

  /** What the object wants between the starts of two calls, ms. */
  get objectsPaceMs(): number {
    return this.toldMs
  }

  /** How long a call may take until it is taken for lost. */
  get patienceMs(): number {
    return Math.min(Math.max(PATIENCE_MIN_MS, PATIENCE_CALLS * this.recentCallMs), PATIENCE_MAX_MS)
  }

  begin(startMs: number, questions: number): Call {
    this.latest = { startMs, gatherMs: this.gatherMs(questions, startMs), done: false }
    this.keepApart(this.latest)
    return this.latest
  }

  /** How long it takes until so many ask again, as fast as they came for this call. None where few do. */
  private gatherMs(questions: number, startMs: number): number {
    if (questions < BUSY_CALL_QUESTIONS) return 0
    return Math.min(((startMs - this.latest.startMs) * GATHER_QUESTIONS) / questions, GATHER_MAX_MS)
  }

  /** `toldMs`: what the object wants from now on. */
  succeeded(call: Call, nowMs: number, toldMs: number): void {
    call.done = true
    this.failuresInRow = 0
    this.recentCallMs += (nowMs - call.startMs - this.recentCallMs) / 4
    this.toldMs = toldMs
    this.keepApart(call)
  }

  /** `random`: 0 to 1. */
  failed(call: Call, nowMs: number, random: number): void {
    call.done = true
    this.failuresInRow++
    const backOffMs = Math.min(BACK_OFF_MIN_MS * 2 ** (this.failuresInRow - 1), BACK_OFF_MAX_MS)
    this.nextMs = nowMs + backOffMs * (0.5 + random)
  }

  private keepApart({ startMs, gatherMs }: Call): void {
    this.nextMs = startMs + Math.max(this.toldMs, gatherMs)
  }

  /**
   * When this request leads a call, unless it is answered before. `isNext`: the next call is its own. The others leave that call to
   * the next one for as long as they are patient.
   */
  turnMs(entry: Entry, isNext: boolean, nowMs: number): number {
    if (entry.attempts >= ATTEMPTS_MAX) return Number.POSITIVE_INFINITY
    const isUnderWay = !this.latest.done && ageMs(this.latest.startMs, nowMs) < this.patienceMs
    if (entry.sentMs !== null || isUnderWay) {
      return Math.max((entry.sentMs ?? entry.notBeforeMs) + this.patienceMs, this.nextCallMs(nowMs))
    }
    return Math.max(entry.notBeforeMs, this.nextCallMs(nowMs)) + (isNext ? 0 : this.patienceMs)
  }
}
