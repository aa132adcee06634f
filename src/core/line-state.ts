/**
 * Everything a line knows, and its persisted form: one head and one row per segment.
 *
 * Owns how the parts are assembled, restored and persisted. Decides nothing: line.ts does.
 */
import { Draws, type DrawsState } from './draws.ts'
import { effectiveRules, type RoomEvent } from './events.ts'
import { FarPolls, type FarPollsState } from './far-polls.ts'
import type { Totals } from './figures.ts'
import { HeldOffers } from './held-offers.ts'
import { LaneNumbers, type LaneNumbersState } from './lane-numbers.ts'
import { LaneOrder, type LaneOrderState } from './lane-order.ts'
import { LentNumbers } from './lent-numbers.ts'
import { LineRecord, type LineRecordState } from './line-record.ts'
import { ListeningClock, type ListeningClockState } from './listening-clock.ts'
import { LostPlaces, type LostPlacesState } from './lost-places.ts'
import { OriginGuard, type OriginGuardState } from './origin-guard.ts'
import { RandomRounds } from './random-rounds.ts'
import { RateBucket, type RateBucketState } from './rate-bucket.ts'
import { RecentJoins } from './recent-joins.ts'
import type { LineRules } from './rules.ts'
import { type Additives, additivesOf, Sampler } from './sample.ts'
import { Segment } from './segment.ts'
import { Sessions } from './sessions.ts'
import { isExtendedByDeparture } from './silence.ts'
import { DEPARTING_FLAG } from './ticket-state.ts'
import { Tickets } from './tickets.ts'

export interface StoredHead extends LineRecordState {
  readonly run: number
  /** Above all issued numbers. With `lanes`, the next regular number is there. */
  readonly next: number
  readonly clock: ListeningClockState
  readonly bucket: RateBucketState
  /** The totals at the last sample. */
  readonly sampled: Totals
  /** Optional: older versions did not write the following. */
  readonly sampledDurations?: Additives
  readonly originGuard?: OriginGuardState
  readonly lostPlaces?: LostPlacesState
  readonly leftPlaces?: LostPlacesState
  readonly draws?: DrawsState
  readonly farPolls?: FarPollsState
  /** See `LineState.followedMs`. */
  readonly followedMs?: number
  /** Missing: no lane was used in this run. */
  readonly lanes?: LaneNumbersState & { readonly order: LaneOrderState }
}

export interface StoredSegment {
  readonly index: number
  /** 4,096 bytes, one per ticket (ticket-state.ts). */
  readonly states: Uint8Array
  /** 64 times, wall-clock seconds (join-times.ts). */
  readonly joinSeconds: Uint32Array
  /**
   * Pairs (offset, start in listening seconds) of running sessions. Older versions write them only
   * while a session limit is set.
   */
  readonly sessions: Uint32Array
}

export interface StoredLine {
  readonly head: StoredHead
  readonly segments: Iterable<StoredSegment>
}

export interface LineChanges {
  readonly head: StoredHead
  readonly segments: readonly StoredSegment[]
  /** Indexes of segments to delete. */
  readonly dropped: readonly number[]
}

/** The settings of a room that its line obeys. */
export interface LineSettings {
  readonly rules: LineRules
  /** By ascending time; they do not overlap. */
  readonly events: readonly RoomEvent[]
}

/** The parts of the previous run that a new run keeps. */
export interface KeptState {
  readonly guard?: OriginGuardState
  readonly draws?: DrawsState
}

export class LineState {
  /** The life of this numbering: higher than any run of this room before. */
  readonly run: number
  /** The rules in force. */
  rules: LineRules
  /** The rules without events and plans. */
  configuredRules: LineRules
  /** By ascending time; they do not overlap. */
  events: readonly RoomEvent[]
  /**
   * Events and plans are applied up to this wall-clock time. It never falls, so an event that has
   * begun does not begin again when the clock goes back.
   */
  followedMs: number
  readonly numbers: LaneNumbers
  readonly laneOrder: LaneOrder
  readonly tickets: Tickets
  readonly sessions = new Sessions()
  readonly heldOffers = new HeldOffers()
  readonly lent = new LentNumbers()
  readonly joins = new RecentJoins()
  readonly rounds = new RandomRounds()
  readonly record: LineRecord
  readonly clock: ListeningClock
  readonly bucket: RateBucket
  readonly guard: OriginGuard
  readonly lostPlaces: LostPlaces
  readonly leftPlaces: LostPlaces
  readonly draws: Draws
  readonly farPolls: FarPolls
  readonly sampler: Sampler

  constructor({ rules, events }: LineSettings, run: number, nowMs: number, head?: StoredHead, kept: KeptState = {}) {
    this.run = run
    this.configuredRules = rules
    this.events = events
    this.followedMs = head?.followedMs ?? nowMs
    this.draws = new Draws(head?.draws ?? kept.draws)
    this.rules = effectiveRules(rules, events, this.followedMs, this.draws.isDrawing)
    this.numbers = new LaneNumbers(head)
    this.laneOrder = new LaneOrder(this.numbers, rules.lanes, head?.lanes?.order)
    this.tickets = new Tickets(this.numbers)
    this.record = new LineRecord(nowMs, head, this.numbers)
    this.clock = head ? new ListeningClock(head.clock, rules) : ListeningClock.start(nowMs, rules)
    this.bucket = head ? new RateBucket(head.bucket) : RateBucket.full(rules, nowMs)
    this.guard = new OriginGuard(head?.originGuard ?? kept.guard)
    this.lostPlaces = new LostPlaces(head?.lostPlaces)
    this.leftPlaces = new LostPlaces(head?.leftPlaces)
    this.farPolls = new FarPolls(head?.farPolls, this.clock.nowSeconds)
    this.sampler = new Sampler(
      { ...this.record.totals, ...head?.sampled },
      { ...additivesOf(this.record.distributions), ...head?.sampledDurations },
    )
  }

  /**
   * Last-seen times are not stored: every ticket counts as heard at `restoredHeardSeconds`. A
   * departure may have been cancelled since it was stored, so departures are forgotten, except
   * those that extend a session.
   * @throws BrokenInvariant
   */
  static restore(settings: LineSettings, { head, segments: rows }: StoredLine, nowMs: number): LineState {
    const state = new LineState(settings, head.run, nowMs, head)
    const { rules } = state
    const heard = state.clock.restoredHeardSeconds(rules.checkIntervalSeconds)
    const segments: Segment[] = []
    for (const row of rows) {
      const segment = new Segment(row.index, row.states, row.joinSeconds)
      segment.heard.fill(heard)
      segment.clearFlags(DEPARTING_FLAG, (byte) => !isExtendedByDeparture(byte, rules))
      state.sessions.restore(segment, row.sessions, rules, state.clock.nowSeconds)
      state.lent.restore(segment)
      segments.push(segment)
    }
    state.tickets.restore(segments)
    state.verifyAll()
    return state
  }

  /** Every invariant except capacity, which only an event can exceed. Looks at each ticket. */
  verifyAll(): void {
    this.tickets.verifyAll()
    this.lent.verify(this.tickets)
    this.numbers.verify()
  }

  /**
   * The changes to store before any visitor is answered; null: none. With `everything` (the tick),
   * lazy changes too.
   */
  takeChanges(everything: boolean): LineChanges | null {
    const { changed, dropped } = this.tickets.takeChanges(everything)
    const isClockDue = this.tickets.live > 0 && this.clock.mustBeStored(this.rules.checkIntervalSeconds)
    const isSettled = changed.length === 0 && dropped.length === 0 && !this.draws.isUnstored
    if (!everything && !isClockDue && isSettled) return null
    const segments = changed.map((segment) => {
      const { index, states, joinSeconds } = segment
      return { index, states, joinSeconds, sessions: this.sessions.toStored(segment) }
    })
    return { head: this.toStoredHead(), segments, dropped }
  }

  private toStoredHead(): StoredHead {
    const farPolls = this.farPolls.toStored()
    const lanes = this.numbers.toStored()
    return {
      run: this.run,
      next: this.numbers.end,
      ...this.record.toStored(),
      clock: this.clock.toStored(),
      bucket: this.bucket.toStored(),
      ...this.sampler.toStored(),
      originGuard: this.guard.toStored(),
      lostPlaces: this.lostPlaces.toStored(),
      leftPlaces: this.leftPlaces.toStored(),
      draws: this.draws.toStored(),
      ...(farPolls === undefined ? {} : { farPolls }),
      ...(this.events.length > 0 ? { followedMs: this.followedMs } : {}),
      ...(lanes === undefined ? {} : { lanes: { ...lanes, order: this.laneOrder.toStored() } }),
    }
  }
}
