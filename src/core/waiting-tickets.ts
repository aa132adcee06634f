/** The waiting tickets of a table, by lane: how many there are, and who is before whom. */
import type { LaneNumbers } from './lane-numbers.ts'
import { REGULAR, startOf } from './lanes.ts'
import { LANES_MAX, SEGMENT_SIZE } from './limits.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import { BrokenInvariant, State } from './ticket-state.ts'

export class WaitingTickets {
  /** By the index of the lane. */
  readonly byLane = new Array<number>(LANES_MAX + 1).fill(0)
  /** By lane: none of its tickets below this number waits. */
  private readonly headHints = new Array<number>(LANES_MAX + 1).fill(0)
  private readonly numbers: LaneNumbers
  private readonly segments: SegmentList

  constructor(numbers: LaneNumbers, segments: SegmentList) {
    this.numbers = numbers
    this.segments = segments
  }

  /** Some tickets of a segment, none below the offset `first`, went from one state to another. */
  count(segment: Segment, first: number, from: State, to: State, count: number): void {
    if (from !== State.waiting && to !== State.waiting) return
    const lane = this.numbers.indexOfSegment(segment.index)
    if (from === State.waiting) (this.byLane[lane] as number) -= count
    if (to !== State.waiting) return
    ;(this.byLane[lane] as number) += count
    this.headHints[lane] = Math.min(this.headHints[lane] as number, segment.index * SEGMENT_SIZE + first)
  }

  /** Regular tickets from here on got other numbers. */
  renumbered(first: number): void {
    this.headHints[REGULAR] = Math.min(this.headHints[REGULAR] as number, first)
  }

  /**
   * The lowest waiting number of a lane, -1 if there is none. Amortised: numbers once skipped are
   * not visited again.
   */
  lowest(lane: number): number {
    const waiting = this.byLane[lane] as number
    if (waiting === 0) return -1
    const hint = Math.max(this.headHints[lane] as number, startOf(lane))
    const lowest = this.lowestFrom(hint)
    if (lowest < 0) throw new BrokenInvariant(`${waiting} wait, but none at or above number ${hint}`)
    this.headHints[lane] = lowest
    return lowest
  }

  /** The lowest waiting number at or above `from` in the same lane, -1 if there is none. */
  lowestFrom(from: number): number {
    const end = this.numbers.endOf(this.numbers.indexOf(from))
    const { all } = this.segments
    for (let i = this.segments.positionFrom(Math.floor(from / SEGMENT_SIZE)); i < all.length; i++) {
      const segment = all[i] as Segment
      const start = segment.index * SEGMENT_SIZE
      if (start >= end) break
      if (segment.waiting === 0) continue
      const offset = segment.firstWaiting(Math.max(0, from - start))
      if (offset >= 0) return start + offset
    }
    return -1
  }

  /** Waiting tickets of the same lane with a lower number. */
  before(number: number): number {
    const index = Math.floor(number / SEGMENT_SIZE)
    const first = startOf(this.numbers.indexOf(number)) / SEGMENT_SIZE
    let count = 0
    for (const segment of this.segments.all) {
      if (segment.index > index) break
      if (segment.index < first) continue
      count += segment.index < index ? segment.waiting : segment.waitingBefore(number % SEGMENT_SIZE)
    }
    return count
  }

  /**
   * The waiting regular number with this many waiting tickets before it; beyond the last one, the
   * number that a newcomer would get there.
   */
  numberAt(before: number): number {
    let left = before
    for (const segment of this.segments.all) {
      if (this.numbers.indexOfSegment(segment.index) !== REGULAR) break
      if (left < segment.waiting) return segment.index * SEGMENT_SIZE + segment.waitingOffsetAt(left)
      left -= segment.waiting
    }
    return this.numbers.of(REGULAR).next + left
  }

  recount(): void {
    for (const [lane, count] of this.counted().entries()) this.byLane[lane] = count
  }

  /** @throws BrokenInvariant */
  verify(): void {
    const found = this.counted()
    if (String(found) === String(this.byLane)) return
    throw new BrokenInvariant(`waiting by lane: counted ${this.byLane}, found ${found}`)
  }

  private counted(): number[] {
    const counts = this.byLane.map(() => 0)
    for (const { index, waiting } of this.segments.all) {
      const lane = this.numbers.indexOfSegment(index)
      counts[lane] = (counts[lane] as number) + waiting
    }
    return counts
  }
}
