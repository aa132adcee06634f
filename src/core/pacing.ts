/**
 * How often isolates may call one object, a room's or a gatherer.
 *
 * Each call books a time slot for its isolate's next call: 430 slots a second, at most 6 s ahead.
 * So up to 2,580 isolates call evenly, 430 times a second in total. With more isolates each waits 6
 * s, and the calls grow with their number. No wait is shorter than 0.6 of `isolates / 430` seconds,
 * even if many slots passed unused; otherwise isolates with nothing to report would call too soon.
 * While the object answers fewer than 43 calls a second nobody waits: a quiet room stays fast.
 *
 * First calls cannot be paced: those of new isolates, and all calls after the object lost its
 * memory. Slots leave room for as many first calls as came in the last second, and for as many
 * calls that another pace allowed (`leaveRoom`). In a flood of first calls nearly no slots are
 * left: the longest waits are spread then, so that it does not come back as one.
 */
import { CALL_PACE_MAX_MS, CALLS_PER_SECOND_TARGET, FIRST_CALLS_MAX, ISOLATES_MAX } from './limits.ts'

/** An isolate that has not called for two of the longest waits is no longer counted. */
const ISOLATE_FORGOTTEN_MS = 2 * CALL_PACE_MAX_MS

const BUSY_CALLS_PER_SECOND = CALLS_PER_SECOND_TARGET / 10

/** By default at least this many slots per second, however many first calls come. */
const BOOKED_PER_SECOND_MIN = CALLS_PER_SECOND_TARGET / 10

/**
 * A higher share keeps isolates that started together in step; a lower one does not hold late
 * isolates back.
 */
const LEAST_PACE_SHARE = 0.6

/** Isolates that all call a room which lost its memory do not come faster than it paced them. */
const FLOOD_PER_SECOND = 1.5 * CALLS_PER_SECOND_TARGET

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2

/**
 * A busy room never goes this long without a call. Either the room paused and the booked slots mean
 * nothing now, or the clock jumped. In both cases the state is reset, as after a restart.
 */
const PAUSE_MAX_MS = 250

/**
 * The first second of a room is extrapolated from the time since its start, but from no less than
 * this.
 */
const JUDGED_MIN_MS = 100

interface Second {
  calls: number
  firstCalls: number
}

export class Pacing {
  /** When each isolate last called, by `clockMs`, oldest first. */
  private readonly lastCallMs = new Map<string, number>()
  /**
   * Time since the last reset, ignoring steps back. Advances by less than a second at once, so no
   * second is skipped.
   */
  private clockMs = 0
  private readMs = Number.NEGATIVE_INFINITY
  /** The last booked slot. */
  private bookedMs = 0
  private second: Second = { calls: 0, firstCalls: 0 }
  /** Null: this second is the first. */
  private lastSecond: Second | null = null
  private readonly bookedPerSecondMin: number
  private flood = 0

  constructor(bookedPerSecondMin = BOOKED_PER_SECOND_MIN) {
    this.bookedPerSecondMin = bookedPerSecondMin
  }

  /** Counts a call. Returns how long after it the isolate may call again, ms. */
  nextCallAfterMs(isolate: string, nowMs: number): number {
    this.advanceClock(nowMs)
    this.count(isolate)
    if (Math.max(this.second.calls, this.lastSecond?.calls ?? 0) < BUSY_CALLS_PER_SECOND) return 0
    const perSecond = Math.max(CALLS_PER_SECOND_TARGET - this.firstCallsPerSecond, this.bookedPerSecondMin)
    const earliestMs = this.clockMs + (LEAST_PACE_SHARE * this.lastCallMs.size * 1000) / perSecond
    const nextMs = Math.max(this.bookedMs + 1000 / perSecond, earliestMs)
    const isFlood = this.firstCallsPerSecond > FLOOD_PER_SECOND
    this.bookedMs = Math.min(nextMs, this.clockMs + CALL_PACE_MAX_MS * (isFlood ? this.floodShare() : 1))
    return Math.ceil(this.bookedMs - this.clockMs)
  }

  /** From `LEAST_PACE_SHARE` to 1, evenly: multiples of the golden ratio. */
  private floodShare(): number {
    this.flood = (this.flood + GOLDEN_RATIO) % 1
    return LEAST_PACE_SHARE + (1 - LEAST_PACE_SHARE) * this.flood
  }

  /** A call came that another pace allowed. */
  leaveRoom(nowMs: number): void {
    this.advanceClock(nowMs)
    this.second.calls++
    this.second.firstCalls++
  }

  /** More isolates call for the first time than pacing can make up for. */
  get isRush(): boolean {
    return Math.max(this.second.firstCalls, this.lastSecond?.firstCalls ?? 0) > FIRST_CALLS_MAX
  }

  private advanceClock(nowMs: number): void {
    const passedMs = nowMs - this.readMs
    this.readMs = nowMs
    if (passedMs > PAUSE_MAX_MS) {
      this.reset()
      return
    }
    const secondBefore = Math.floor(this.clockMs / 1000)
    this.clockMs += Math.max(passedMs, 0)
    if (Math.floor(this.clockMs / 1000) === secondBefore) return
    this.lastSecond = this.second
    this.second = { calls: 0, firstCalls: 0 }
  }

  private reset(): void {
    this.lastCallMs.clear()
    this.clockMs = 0
    this.bookedMs = 0
    this.second = { calls: 0, firstCalls: 0 }
    this.lastSecond = null
  }

  private count(isolate: string): void {
    this.second.calls++
    if (!this.lastCallMs.delete(isolate)) this.second.firstCalls++
    this.lastCallMs.set(isolate, this.clockMs)
    for (const [oldest, atMs] of this.lastCallMs) {
      if (this.lastCallMs.size <= ISOLATES_MAX && this.clockMs - atMs < ISOLATE_FORGOTTEN_MS) break
      this.lastCallMs.delete(oldest)
    }
  }

  /** As many as in the last second, or more if this second already has more. */
  private get firstCallsPerSecond(): number {
    const { firstCalls } = this.second
    if (this.lastSecond !== null) return Math.max(firstCalls, this.lastSecond.firstCalls)
    return (firstCalls * 1000) / Math.max(this.clockMs, JUDGED_MIN_MS)
  }
}
