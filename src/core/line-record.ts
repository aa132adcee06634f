/**
 * The record of a line: the journal of its last events, and the counters.
 *
 * Owns which event counts as what, and moves the frontiers. Moves no ticket.
 */
import { FIGURES, NO_TOTALS, type Totals } from './figures.ts'
import { Distribution, type SecondsHistogram } from './histogram.ts'
import { JoinNetworks } from './join-networks.ts'
import { Journal, type LineEvent } from './journal.ts'
import { LaneNumbers } from './lane-numbers.ts'
import { REGULAR } from './lanes.ts'
import { SEGMENT_SIZE } from './limits.ts'
import {
  countObstacles,
  type LatencyHistogram,
  noObstacles,
  type ObstacleCounts,
  OriginLatency,
  type OriginReport,
} from './origin-report.ts'
import { RecentRates, type RecentRatesState } from './recent-rates.ts'
import type { Distributions } from './sample.ts'
import type { SilentTickets } from './silence.ts'
import { State } from './ticket-state.ts'
import { type WaitHistogram, WaitTimes } from './wait-times.ts'

/** Ways in which a ticket ends other than by silence. */
export type EndEvent = Extract<LineEvent, 'left' | 'revoked' | 'ended' | 'forgotten' | 'missed'>

export interface LineRecordState {
  /** Of the regular line, as the following: see lane-numbers.ts. */
  readonly frontier: number
  readonly lastJoinSeconds: number
  readonly rates: RecentRatesState
  readonly totals: Totals
  readonly waits: WaitHistogram
  /** Optional: older versions did not write the following. */
  readonly originLatency?: LatencyHistogram
  readonly pagesWithoutBeacon?: ObstacleCounts
  readonly abandonedWaits?: SecondsHistogram
  readonly siteTimes?: SecondsHistogram
}

export class LineRecord {
  readonly journal = new Journal()
  private readonly networks = new JoinNetworks()
  readonly totals: Totals
  readonly rates: RecentRates
  readonly waits: WaitTimes
  readonly distributions: Distributions
  readonly originLatency: OriginLatency
  /** Pages of the site that got no beacon script, by reason. */
  readonly pagesWithoutBeacon: ObstacleCounts
  /** Wall-clock time of the current event, ms. */
  nowMs: number
  private readonly numbers: LaneNumbers

  constructor(nowMs: number, state?: LineRecordState, numbers = new LaneNumbers()) {
    this.nowMs = nowMs
    this.numbers = numbers
    this.totals = { ...NO_TOTALS, ...state?.totals }
    this.rates = new RecentRates(state?.rates)
    this.waits = new WaitTimes(state?.waits)
    this.distributions = {
      waits: this.waits.distribution,
      abandonedWaits: new Distribution(FIGURES.abandonedWaits.bounds, state?.abandonedWaits),
      siteTimes: new Distribution(FIGURES.siteTimes.bounds, state?.siteTimes),
    }
    this.originLatency = new OriginLatency(state?.originLatency)
    this.pagesWithoutBeacon = countObstacles(noObstacles(), state?.pagesWithoutBeacon)
  }

  get nowSeconds(): number {
    return Math.floor(this.nowMs / 1000)
  }

  /** `network`: see `Newcomer`. */
  joined(number: number, network?: number): void {
    this.numbers.joined(number, this.nowSeconds)
    this.totals.joined++
    if (network !== undefined) this.totals[this.networks.add(network, this.nowMs)]++
    this.note(number, 'joined', null)
  }

  /** A newcomer was admitted at once. */
  admittedAtOnce(number: number): void {
    this.admitted(number, null, 0)
  }

  /** A waiting ticket was offered a slot. `joinedSeconds`: null when unknown. */
  offered(number: number, joinedSeconds: number | null): void {
    this.rates.admitted()
    this.admitted(number, State.waiting, this.nowSeconds - (joinedSeconds ?? this.nowSeconds))
  }

  private admitted(number: number, from: State | null, waitSeconds: number): void {
    this.waits.push(waitSeconds)
    this.numbers.admitted(number)
    this.totals.admitted++
    this.note(number, 'admitted', from)
  }

  claimed(number: number): void {
    this.note(number, 'claimed', State.offered)
  }

  /** An absent ticket waits again. */
  returned(number: number): void {
    this.totals.returned++
    if (!this.numbers.isBelowFrontier(number)) this.rates.returned()
    this.note(number, 'returned', State.absent)
  }

  /**
   * A ticket is gone: left, revoked by an operator, ended by a session limit, absent too often, or
   * its turn was missed.
   */
  ended(number: number, from: State, event: EndEvent): void {
    if (from === State.waiting) this.rates.leftLine(1)
    if (event === 'ended') this.totals.ended++
    else if (event === 'forgotten') this.totals.forgotten++
    else if (event !== 'missed') this.totals.left++
    this.note(number, event, from)
  }

  /** Writes all silent tickets of this tick into the journal, before any of them moves. */
  noteSilent(silent: readonly SilentTickets[]): void {
    let overwritten = this.journal.skipOverwritten(silent.reduce((sum, { offsets }) => sum + offsets.length, 0))
    for (const { segment, offsets } of silent) {
      for (const offset of offsets.subarray(overwritten)) {
        const from = segment.stateAt(offset)
        this.note(segment.index * SEGMENT_SIZE + offset, from === State.absent ? 'forgotten' : 'expired', from)
      }
      overwritten = Math.max(0, overwritten - offsets.length)
    }
  }

  /** Counts silent tickets by the state they were in. */
  countSilent(counts: Uint16Array): void {
    const [, waiting = 0, offered = 0, active = 0, absent = 0] = counts
    this.rates.leftLine(waiting)
    this.totals.expired += waiting + offered + active
    this.totals.forgotten += absent
  }

  /** How the origin served admitted visitors. */
  origin({ requests, errors, latency }: OriginReport): void {
    this.totals.originRequests += requests
    this.totals.originErrors += errors
    this.originLatency.add(latency)
  }

  toStored(): LineRecordState {
    const { frontier, lastJoinSeconds } = this.numbers.of(REGULAR)
    const { rates, totals, waits, distributions, originLatency, pagesWithoutBeacon } = this
    return {
      frontier,
      lastJoinSeconds,
      rates: rates.toStored(),
      totals: { ...totals },
      waits: waits.toStored(),
      abandonedWaits: distributions.abandonedWaits.toStored(),
      siteTimes: distributions.siteTimes.toStored(),
      originLatency: originLatency.toStored(),
      pagesWithoutBeacon: { ...pagesWithoutBeacon },
    }
  }

  private note(number: number, event: LineEvent, from: State | null): void {
    this.journal.push(this.nowMs, number, event, from)
  }
}
