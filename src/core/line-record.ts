/**
 * What happened in a line: the journal of its last events and the figures that each of them counts in.
 *
 * Owns which event counts as what. Moves no ticket and decides nothing, but for the frontier: it is how far admission came.
 */
import { countObstacles, noObstacles, type ObstacleCounts } from './beacon-obstacles.ts'
import { NO_TOTALS, type Totals } from './figures.ts'
import { Journal, type LineEvent } from './journal.ts'
import { SEGMENT_SIZE } from './limits.ts'
import { OriginLatency, type OriginReport } from './origin-latency.ts'
import { RecentRates } from './recent-rates.ts'
import type { SilentTickets } from './silence.ts'
import type { StoredHead } from './stored.ts'
import { State } from './ticket-state.ts'
import { WaitTimes } from './wait-times.ts'

export class LineRecord {
  readonly journal = new Journal()
  readonly totals: Totals
  readonly rates: RecentRates
  readonly waits: WaitTimes
  readonly originLatency: OriginLatency
  /** Pages of the site that got no beacon script, by reason. */
  readonly pagesWithoutBeacon: ObstacleCounts
  /** 1 + the highest number ever admitted in this run. Never falls. */
  frontier: number
  /** When the newest number joined, wall-clock seconds. */
  lastJoinSeconds: number
  /** Time of the event under way, wall-clock ms. */
  nowMs: number

  constructor(nowMs: number, head?: StoredHead) {
    this.nowMs = nowMs
    this.totals = { ...NO_TOTALS, ...head?.totals }
    this.rates = new RecentRates(head?.rates)
    this.waits = new WaitTimes(head?.waits)
    this.originLatency = new OriginLatency(head?.originLatency)
    this.pagesWithoutBeacon = countObstacles(noObstacles(), head?.pagesWithoutBeacon)
    this.frontier = head?.frontier ?? 1
    this.lastJoinSeconds = head?.lastJoinSeconds ?? 0
  }

  get nowSeconds(): number {
    return Math.floor(this.nowMs / 1000)
  }

  joined(number: number): void {
    this.lastJoinSeconds = this.nowSeconds
    this.totals.joined++
    this.note(number, 'joined', null)
  }

  /** A newcomer was admitted at once. */
  admittedAtOnce(number: number): void {
    this.admitted(number, null, 0)
  }

  /** Someone who waited was offered a place. `joinedSeconds`: null where it is not known. */
  offered(number: number, joinedSeconds: number | null): void {
    this.rates.admitted()
    this.admitted(number, State.waiting, this.nowSeconds - (joinedSeconds ?? this.nowSeconds))
  }

  private admitted(number: number, from: State | null, waitSeconds: number): void {
    this.waits.push(waitSeconds)
    this.frontier = Math.max(this.frontier, number + 1)
    this.totals.admitted++
    this.note(number, 'admitted', from)
  }

  claimed(number: number): void {
    this.note(number, 'claimed', State.offered)
  }

  /** Who was absent was heard again. */
  returned(number: number): void {
    this.totals.returned++
    if (number >= this.frontier) this.rates.returned()
    this.note(number, 'returned', State.absent)
  }

  /** A stay is over for good: given up, revoked by an operator, by a limit of sessions, or absent too often. */
  over(number: number, from: State, event: 'left' | 'revoked' | 'ended' | 'forgotten'): void {
    if (from === State.waiting) this.rates.leftLine(1)
    if (event === 'ended') this.totals.ended++
    else if (event === 'forgotten') this.totals.forgotten++
    else this.totals.left++
    this.note(number, event, from)
  }

  /** Notes who fell silent at this moment: all of them at once, before any of them moves. */
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

  /** Counts who fell silent, by the state they were in. */
  countSilent(counts: Uint16Array): void {
    const [, waiting = 0, offered = 0, active = 0, absent = 0] = counts
    this.rates.leftLine(waiting)
    this.totals.expired += waiting + offered + active
    this.totals.forgotten += absent
  }

  /** How the origin did with those on the site. */
  origin({ requests, errors, latency }: OriginReport): void {
    this.totals.originRequests += requests
    this.totals.originErrors += errors
    this.originLatency.add(latency)
  }

  toStored(): Pick<
    StoredHead,
    'frontier' | 'lastJoinSeconds' | 'rates' | 'totals' | 'waits' | 'originLatency' | 'pagesWithoutBeacon'
  > {
    const { frontier, lastJoinSeconds, rates, totals, waits, originLatency, pagesWithoutBeacon } = this
    return {
      frontier,
      lastJoinSeconds,
      rates: rates.toStored(),
      totals: { ...totals },
      waits: waits.toStored(),
      originLatency: originLatency.toStored(),
      pagesWithoutBeacon: { ...pagesWithoutBeacon },
    }
  }

  private note(number: number, event: LineEvent, from: State | null): void {
    this.journal.push(this.nowMs, number, event, from)
  }
}
