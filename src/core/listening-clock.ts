/**
 * The listening clock: how long the line has been able to hear its visitors. Silence is measured on
 * it, not on wall time.
 *
 * Each event adds the elapsed time, at most one check interval + 5 s, so an outage or a clock that
 * jumps forward never makes every visitor look silent. A clock that jumps back adds nothing.
 * Internal events (ticks, checks, operators) add nothing while many tickets are live and no isolate
 * has called since the last tick: the isolates are more likely cut off than the whole crowd silent
 * at once. Such a hold lasts at most 300 s.
 *
 * While the room is suspended the clock stands still: no visitor is expected to be heard. When it
 * resumes, all silence starts anew, including the absence of visitors and the time since a session
 * was last used.
 *
 * After a gap (a capped step, or the first call after a hold) no visitor can have been heard for a
 * while, so all silence counts from there: the floor. A visitor who really left holds the place for
 * one more timeout per gap.
 */
import { CLOCK_SLACK_SECONDS, FEW_TICKETS, HOLD_LIMIT_SECONDS } from './limits.ts'
import type { LineRules } from './rules.ts'
import { longestSilenceSeconds } from './silence.ts'

export interface ListeningClockState {
  /** Listening time since the run began. */
  readonly listeningMs: number
  /** Wall time up to which listening time has been counted. */
  readonly countedMs: number
  /** Wall time of the last event, counted or held. */
  readonly touchedMs: number
  /** Time held (not counted) since the last call of an isolate. */
  readonly heldMs: number
  readonly calledSinceTick: boolean
  /** Listening time of the last call of an isolate: restored tickets count as heard from here. */
  readonly lastCallMs: number
  /** Silence counts from this listening time at the earliest. */
  readonly floorMs: number
  /**
   * Optional: older versions did not write the following. The room was suspended at the last event.
   */
  readonly suspended?: boolean
  /**
   * Listening time at which the room last resumed: every silence counts from there at the earliest.
   */
  readonly resumedMs?: number
}

export class ListeningClock {
  private state: ListeningClockState
  /** `lastCallMs` as last stored. */
  private storedCallMs: number
  private readonly floorEveryMs: number

  constructor(state: ListeningClockState, rules: LineRules) {
    this.state = state
    this.storedCallMs = state.lastCallMs
    this.floorEveryMs = floorEverySeconds(rules) * 1000
  }

  static start(nowMs: number, rules: LineRules): ListeningClock {
    const state = {
      listeningMs: 0,
      countedMs: nowMs,
      touchedMs: nowMs,
      heldMs: 0,
      calledSinceTick: true,
      lastCallMs: 0,
      floorMs: 0,
      suspended: rules.suspended,
      resumedMs: 0,
    }
    return new ListeningClock(state, rules)
  }

  /** Call this first in each event: a deploy that suspended or resumed the room shows only now. */
  setSuspended(suspended: boolean, nowMs: number): void {
    const { suspended: wasSuspended = false, listeningMs } = this.state
    if (suspended) this.state = { ...this.state, suspended, countedMs: nowMs, touchedMs: nowMs }
    else if (wasSuspended) {
      this.state = {
        ...this.state,
        suspended,
        countedMs: nowMs,
        touchedMs: nowMs,
        heldMs: 0,
        calledSinceTick: true,
        resumedMs: listeningMs,
      }
    }
  }

  /** Counts the time up to a call of an isolate. */
  advanceOnCall(nowMs: number, checkIntervalSeconds: number): void {
    // A shorter hold (a check right after a tick) is within the step of any event.
    const afterHold = this.state.heldMs > maxStepMs(checkIntervalSeconds)
    this.count(nowMs, checkIntervalSeconds)
    this.state = { ...this.state, heldMs: 0, calledSinceTick: true, lastCallMs: this.state.listeningMs }
    if (afterHold) this.raiseFloor()
  }

  /** Counts the time up to any other event, or holds it. */
  advanceOnInternalEvent(nowMs: number, checkIntervalSeconds: number, liveTickets: number): void {
    const { calledSinceTick, heldMs, touchedMs } = this.state
    if (liveTickets <= FEW_TICKETS || calledSinceTick || heldMs >= HOLD_LIMIT_SECONDS * 1000) {
      this.count(nowMs, checkIntervalSeconds)
      return
    }
    const held = boundedElapsedMs(touchedMs, nowMs, checkIntervalSeconds)
    this.state = { ...this.state, touchedMs: nowMs, heldMs: heldMs + held }
  }

  /** Calls from here on count for the next tick. */
  endTick(): void {
    this.state = { ...this.state, calledSinceTick: false }
  }

  private count(nowMs: number, checkIntervalSeconds: number): void {
    const elapsed = boundedElapsedMs(this.state.countedMs, nowMs, checkIntervalSeconds)
    const wasCapped = nowMs - this.state.countedMs > elapsed
    this.state = {
      ...this.state,
      listeningMs: this.state.listeningMs + elapsed,
      countedMs: nowMs,
      touchedMs: nowMs,
    }
    if (wasCapped) this.raiseFloor()
  }

  private raiseFloor(): void {
    const { listeningMs, floorMs } = this.state
    if (floorMs > 0 && listeningMs - floorMs < this.floorEveryMs) return
    this.state = { ...this.state, floorMs: listeningMs }
  }

  /** All silence counts from here at the earliest, rounded up like `heardSeconds`. */
  get floorSeconds(): number {
    return Math.ceil(this.state.floorMs / 1000)
  }

  /** When the room last resumed, rounded up like `heardSeconds`; 0: never. */
  get resumedSeconds(): number {
    return Math.ceil((this.state.resumedMs ?? 0) / 1000)
  }

  get listeningMs(): number {
    return this.state.listeningMs
  }

  /** Now, rounded down so that no ticket expires early. */
  get nowSeconds(): number {
    return Math.floor(this.state.listeningMs / 1000)
  }

  /**
   * When a message of this age was heard, rounded up so that no ticket expires early. The age is
   * capped at one step of the clock, since the clock may not have counted more.
   */
  heardSeconds(ageMs: number, checkIntervalSeconds: number): number {
    const age = Math.min(Math.max(ageMs, 0), maxStepMs(checkIntervalSeconds))
    return Math.max(0, Math.ceil((this.state.listeningMs - age) / 1000))
  }

  /**
   * Like `heardSeconds` without the cap: for messages that would shorten a stay if mistaken for
   * newer ones.
   */
  saidSeconds(ageMs: number): number {
    return Math.ceil((this.state.listeningMs - Math.max(ageMs, 0)) / 1000)
  }

  /**
   * The last call must be stored: otherwise a restart would treat visitors heard in it as silent
   * since long before.
   */
  mustBeStored(checkIntervalSeconds: number): boolean {
    return this.state.lastCallMs - this.storedCallMs > checkIntervalSeconds * 1000
  }

  /**
   * The last-seen time of restored tickets: the last stored call + one interval. Later calls
   * would have been stored too.
   */
  restoredHeardSeconds(checkIntervalSeconds: number): number {
    return Math.ceil(this.state.lastCallMs / 1000) + checkIntervalSeconds
  }

  toStored(): ListeningClockState {
    this.storedCallMs = this.state.lastCallMs
    return this.state
  }
}

/**
 * The floor rises only after every silence limit can have passed since the last time: endless gaps
 * keep no ticket forever.
 */
function floorEverySeconds(rules: LineRules): number {
  return longestSilenceSeconds(rules) + 2 * rules.checkIntervalSeconds
}

function maxStepMs(checkIntervalSeconds: number): number {
  return (checkIntervalSeconds + CLOCK_SLACK_SECONDS) * 1000
}

function boundedElapsedMs(fromMs: number, toMs: number, checkIntervalSeconds: number): number {
  return Math.min(Math.max(toMs - fromMs, 0), maxStepMs(checkIntervalSeconds))
}
