/**
 * The listening clock: how long the line has really been able to hear its visitors.
 *
 * Silence is measured on it, not on the wall. Each event adds the elapsed time, but at most one check interval + 5 s, so
 * that an outage or a clock that jumps forward never makes everyone look silent; a clock that jumps back adds nothing.
 * Ticks, checks and operators (everyone but isolates) add nothing while many tickets live and no isolate has called since
 * the last tick: then it is more likely that the isolates are cut off than that the whole crowd fell silent at once. That
 * is believed for at most 300 s in a row.
 *
 * While the room is suspended the clock stands still: nobody is expected to be heard, so nobody falls silent. When it is resumed
 * all silence begins anew, that of absent visitors and the time since a session was last used, too.
 *
 * After a gap (a step that was cut, or the first call after such a hold) nobody can have been heard for a while, so all
 * silence counts from there: the floor. Who has really left costs one more time-out per gap.
 */
import { CLOCK_SLACK_SECONDS, FEW_TICKETS, HOLD_LIMIT_SECONDS } from './limits.ts'
import type { LineRules } from './rules.ts'
import { longestSilenceSeconds } from './silence.ts'

export interface ListeningClockState {
  /** Listening time since the run began. */
  readonly listeningMs: number
  /** Wall time up to which listening time was counted. */
  readonly countedMs: number
  /** Wall time of the last event, counted or held. */
  readonly touchedMs: number
  /** Time not counted in a row since the last isolate's call. */
  readonly heldMs: number
  readonly calledSinceTick: boolean
  /** Listening time of the last isolate's call: what a restored ticket counts as last heard from. */
  readonly lastCallMs: number
  /** Listening time before which nobody counts as silent. */
  readonly floorMs: number
  /** The room was suspended at the last event. Older versions did not store the following. */
  readonly suspended?: boolean
  /** Listening time at which the room was last resumed: every silence counts from there at the earliest. */
  readonly resumedMs?: number
}

export class ListeningClock {
  private state: ListeningClockState
  /** As it was stored last. */
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

  /**
   * What the room is from now on. On an event this comes before anything is counted: whether the room was suspended or resumed
   * by a deploy, only the first event after it can tell.
   */
  follow(suspended: boolean, nowMs: number): void {
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

  /** Counts the time up to an isolate's call. */
  call(nowMs: number, checkIntervalSeconds: number): void {
    // A shorter hold (a check right after a tick) is within what any event may count.
    const afterHold = this.state.heldMs > maxStepMs(checkIntervalSeconds)
    this.count(nowMs, checkIntervalSeconds)
    this.state = { ...this.state, heldMs: 0, calledSinceTick: true, lastCallMs: this.state.listeningMs }
    if (afterHold) this.raiseFloor()
  }

  /** Counts the time up to any other event, or holds it. */
  other(nowMs: number, checkIntervalSeconds: number, liveTickets: number): void {
    const { calledSinceTick, heldMs, touchedMs } = this.state
    if (liveTickets <= FEW_TICKETS || calledSinceTick || heldMs >= HOLD_LIMIT_SECONDS * 1000) {
      this.count(nowMs, checkIntervalSeconds)
      return
    }
    const held = boundedElapsedMs(touchedMs, nowMs, checkIntervalSeconds)
    this.state = { ...this.state, touchedMs: nowMs, heldMs: heldMs + held }
  }

  /** The tick is over: from here on a call counts for the next one. */
  tickDone(): void {
    this.state = { ...this.state, calledSinceTick: false }
  }

  private count(nowMs: number, checkIntervalSeconds: number): void {
    const elapsed = boundedElapsedMs(this.state.countedMs, nowMs, checkIntervalSeconds)
    const wasCut = nowMs - this.state.countedMs > elapsed
    this.state = {
      ...this.state,
      listeningMs: this.state.listeningMs + elapsed,
      countedMs: nowMs,
      touchedMs: nowMs,
    }
    if (wasCut) this.raiseFloor()
  }

  private raiseFloor(): void {
    const { listeningMs, floorMs } = this.state
    if (floorMs > 0 && listeningMs - floorMs < this.floorEveryMs) return
    this.state = { ...this.state, floorMs: listeningMs }
  }

  /** All silence counts from here at the earliest, rounded up like what is heard. */
  get floorSeconds(): number {
    return Math.ceil(this.state.floorMs / 1000)
  }

  /** When the room was last resumed, rounded up like what is heard; 0: never. */
  get resumedSeconds(): number {
    return Math.ceil((this.state.resumedMs ?? 0) / 1000)
  }

  get listeningMs(): number {
    return this.state.listeningMs
  }

  /** Now, rounded down: nobody expires a moment early. */
  get nowSeconds(): number {
    return Math.floor(this.state.listeningMs / 1000)
  }

  /**
   * When something of this age was heard, rounded up: nobody expires a moment early. An age above what one event can add
   * to the clock is cut to that, since more may not have been counted.
   */
  heardSeconds(ageMs: number, checkIntervalSeconds: number): number {
    const age = Math.min(Math.max(ageMs, 0), maxStepMs(checkIntervalSeconds))
    return Math.max(0, Math.ceil((this.state.listeningMs - age) / 1000))
  }

  /** When something of this age was said. The age is not cut: for what would shorten a stay if it were taken for newer than it is. */
  saidSeconds(ageMs: number): number {
    return Math.ceil((this.state.listeningMs - Math.max(ageMs, 0)) / 1000)
  }

  /** A restart would take somebody heard in the last call for silent since long before: the call must be stored. */
  hasNewsToStore(checkIntervalSeconds: number): boolean {
    return this.state.lastCallMs - this.storedCallMs > checkIntervalSeconds * 1000
  }

  /**
   * What a ticket without a stored last-seen time counts as heard at: the last stored call + one interval. No call later
   * than that went unstored.
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
 * The floor is raised again only after so much listening that every limit of someone here can have run out since: gaps
 * without end keep nobody for ever.
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
