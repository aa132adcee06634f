/**
 * How often isolates may call one object.
 *
 * Each call books a moment of its own for its isolate's next one, 430 a second, 6 s ahead at most. So all calls together come
 * evenly, 430 a second at most, from up to 2,580 isolates; of more each waits 6 s, and calls grow with their number. None is
 * sooner than 0.6 of `isolates / 430` seconds, even where many moments passed unused: isolates with nothing to say just then
 * would else call when they like. While the object answers fewer than a tenth of that nobody waits at all: a quiet room stays quick.
 *
 * First calls cannot be paced: those of new isolates, and all after the object lost its memory. The others leave room for as
 * many a second as came in the last one.
 */
import { CALL_PACE_MAX_MS, CALLS_PER_SECOND_TARGET, ISOLATES_MAX } from './limits.ts'

/** An isolate not heard for two of the longest waits is not counted any more. */
const ISOLATE_FORGOTTEN_MS = 2 * CALL_PACE_MAX_MS

const BUSY_CALLS_PER_SECOND = CALLS_PER_SECOND_TARGET / 10

/** So many calls a second are booked, however many first ones come. */
const BOOKED_PER_SECOND_MIN = CALLS_PER_SECOND_TARGET / 10

/** With more, isolates that came all at once would come at once again and again; with less, late ones are not held back. */
const LEAST_PACE_SHARE = 0.6

/**
 * So long a time without a call passes in no busy room. It was a pause, after which nothing is as it was booked, or the clock
 * jumped: in both cases all that is known is forgotten, as by a restart.
 */
const PAUSE_MAX_MS = 250

/** The first second of a room is judged by what there is of it, but by no less than this. */
const JUDGED_MIN_MS = 100

interface Second {
  calls: number
  firstCalls: number
}

export class Pacing {
  /** When each isolate last called, in order of that. All times are by `clockMs`. */
  private readonly lastCallMs = new Map<string, number>()
  /** Time since all was forgotten, less the steps back. It goes on by less than a second at once: no second is skipped. */
  private clockMs = 0
  private readMs = Number.NEGATIVE_INFINITY
  /** The last moment booked. */
  private bookedMs = 0
  private second: Second = { calls: 0, firstCalls: 0 }
  /** Null: this second is the first. */
  private lastSecond: Second | null = null

  /** Counts a call and says how long after it its isolate may call again, ms. */
  nextCallAfterMs(isolate: string, nowMs: number): number {
    this.goOn(nowMs)
    this.note(isolate)
    if (Math.max(this.second.calls, this.lastSecond?.calls ?? 0) < BUSY_CALLS_PER_SECOND) return 0
    const perSecond = Math.max(CALLS_PER_SECOND_TARGET - this.firstCallsPerSecond, BOOKED_PER_SECOND_MIN)
    const earliestMs = this.clockMs + (LEAST_PACE_SHARE * this.lastCallMs.size * 1000) / perSecond
    const nextMs = Math.max(this.bookedMs + 1000 / perSecond, earliestMs)
    this.bookedMs = Math.min(nextMs, this.clockMs + CALL_PACE_MAX_MS)
    return Math.ceil(this.bookedMs - this.clockMs)
  }

  private goOn(nowMs: number): void {
    const passedMs = nowMs - this.readMs
    this.readMs = nowMs
    if (passedMs > PAUSE_MAX_MS) {
      this.forget()
      return
    }
    const secondBefore = Math.floor(this.clockMs / 1000)
    this.clockMs += Math.max(passedMs, 0)
    if (Math.floor(this.clockMs / 1000) === secondBefore) return
    this.lastSecond = this.second
    this.second = { calls: 0, firstCalls: 0 }
  }

  private forget(): void {
    this.lastCallMs.clear()
    this.clockMs = 0
    this.bookedMs = 0
    this.second = { calls: 0, firstCalls: 0 }
    this.lastSecond = null
  }

  private note(isolate: string): void {
    this.second.calls++
    if (!this.lastCallMs.delete(isolate)) this.second.firstCalls++
    this.lastCallMs.set(isolate, this.clockMs)
    for (const [oldest, atMs] of this.lastCallMs) {
      if (this.lastCallMs.size <= ISOLATES_MAX && this.clockMs - atMs < ISOLATE_FORGOTTEN_MS) break
      this.lastCallMs.delete(oldest)
    }
  }

  /** As in the last second, or more if this one has more already. */
  private get firstCallsPerSecond(): number {
    const { firstCalls } = this.second
    if (this.lastSecond !== null) return Math.max(firstCalls, this.lastSecond.firstCalls)
    return (firstCalls * 1000) / Math.max(this.clockMs, JUDGED_MIN_MS)
  }
}
