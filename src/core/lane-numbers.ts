/**
 * The numbers of each lane: its name, the next number to issue, the frontier, and the time of the
 * newest join.
 *
 * A lane is opened by its first visitor and keeps its range until the run ends, so a deploy may
 * reorder or remove lanes. Until then a room costs nothing more than one without lanes: all numbers
 * are regular.
 */
import {
  firstNumberOf,
  freeIndexFor,
  isKnownLane,
  type LaneRule,
  laneOf,
  lastNumberOf,
  REGULAR,
  REGULAR_NAME,
} from './lanes.ts'
import { MAX_NUMBER, REGULAR_MAX_NUMBER, SEGMENT_BITS } from './limits.ts'
import { BrokenInvariant } from './ticket-state.ts'

interface Lane {
  readonly name: string
  /** The number of the lane's next newcomer. */
  next: number
  /** 1 + the highest number ever admitted. Never falls. */
  frontier: number
  /** When the newest number joined, wall-clock seconds. */
  lastJoinSeconds: number
}

export interface StoredLane extends Readonly<Lane> {
  readonly index: number
}

export interface LaneNumbersState {
  /** The next regular number. */
  readonly next: number
  readonly opened: readonly StoredLane[]
}

/** The parts of a stored head that this file reads. */
interface StoredNumbers {
  readonly next: number
  readonly frontier: number
  readonly lastJoinSeconds: number
  readonly lanes?: LaneNumbersState
}

export class LaneNumbers {
  /** By index; undefined: not opened. */
  private readonly lanes: (Lane | undefined)[] = [
    { name: REGULAR_NAME, next: firstNumberOf(REGULAR), frontier: 1, lastJoinSeconds: 0 },
  ]
  /** Indexes of the opened lanes, ascending: `[0]` in a room that never used a lane. */
  opened: readonly number[] = [REGULAR]

  constructor(head?: StoredNumbers) {
    if (head === undefined) return
    const { next, frontier, lastJoinSeconds, lanes } = head
    Object.assign(this.of(REGULAR), { next: lanes?.next ?? next, frontier, lastJoinSeconds })
    for (const { index, ...lane } of lanes?.opened ?? []) this.open(index, lane)
  }

  get hasLanes(): boolean {
    return this.opened.length > 1
  }

  /**
   * The regular line has all numbers: it grew beyond its half before a lane was opened, or an older
   * version has continued a line with lanes. No lane is opened until the run ends.
   */
  private get isWhole(): boolean {
    return !this.hasLanes && this.of(REGULAR).next > REGULAR_MAX_NUMBER + 1
  }

  of(index: number): Lane {
    return this.lanes[index] as Lane
  }

  /** The index of a number's lane. */
  indexOf(number: number): number {
    return number <= REGULAR_MAX_NUMBER || this.isWhole ? REGULAR : laneOf(number)
  }

  /** The index of the lane of a segment of the table of tickets. */
  indexOfSegment(segment: number): number {
    return this.indexOf(segment << SEGMENT_BITS)
  }

  /** The lane of a number. Undefined: it was never issued. */
  at(number: number): Lane | undefined {
    return this.lanes[this.indexOf(number)]
  }

  /** Above the last number that the lane can issue. */
  endOf(index: number): number {
    return index === REGULAR && !this.hasLanes ? MAX_NUMBER + 1 : lastNumberOf(index) + 1
  }

  isFull(index: number): boolean {
    return this.of(index).next >= this.endOf(index)
  }

  isIssued(number: number): boolean {
    return number >= firstNumberOf(this.indexOf(number)) && number < (this.at(number)?.next ?? 0)
  }

  /** Below the frontier of its lane: perhaps admitted. Numbers from the frontier on wait. */
  isBelowFrontier(number: number): boolean {
    return number < (this.at(number)?.frontier ?? 0)
  }

  /**
   * The lane that a newcomer joins, opened if this is its first. The regular line if the lane is
   * unknown, or if no number is left for it.
   */
  indexFor(name: string | undefined, rules: readonly LaneRule[]): number {
    if (name === undefined || name === REGULAR_NAME || !isKnownLane(name, rules)) return REGULAR
    const known = this.opened.find((index) => this.of(index).name === name)
    if (known !== undefined) return this.isFull(known) ? REGULAR : known
    const index = freeIndexFor(name, (each) => this.lanes[each] !== undefined)
    if (index < 0 || this.of(REGULAR).next > REGULAR_MAX_NUMBER + 1) return REGULAR
    const next = firstNumberOf(index)
    this.open(index, { name, next, frontier: next, lastJoinSeconds: 0 })
    return index
  }

  private open(index: number, lane: Lane): void {
    this.lanes[index] = { ...lane }
    this.opened = [...this.opened, index].sort((a, b) => a - b)
  }

  /** An admission: the frontier of its lane never falls. */
  admitted(number: number): void {
    const lane = this.at(number)
    if (lane !== undefined) lane.frontier = Math.max(lane.frontier, number + 1)
  }

  joined(number: number, nowSeconds: number): void {
    const lane = this.at(number)
    if (lane !== undefined) lane.lastJoinSeconds = nowSeconds
  }

  /** Only issued numbers are admitted. @throws BrokenInvariant */
  verify(): void {
    for (const index of this.opened) {
      const { frontier, next } = this.of(index)
      if (frontier > next) throw new BrokenInvariant(`frontier ${frontier} above next number ${next}`)
    }
  }

  /**
   * 1 + the highest number issued in any lane. The stored head has it as `next`: should an older
   * version, which knows no lanes, continue this line, it issues numbers behind all others, and
   * every ticket keeps its place.
   */
  get end(): number {
    return this.of(this.opened.at(-1) as number).next
  }

  /** Undefined in a room that never used a lane. */
  toStored(): LaneNumbersState | undefined {
    if (!this.hasLanes) return undefined
    const opened = this.opened.slice(1).map((index) => ({ index, ...this.of(index) }))
    return { next: this.of(REGULAR).next, opened }
  }
}
