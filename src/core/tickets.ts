/**
 * All tickets of one run: the segments in order, every state change, and what changed since the
 * last store.
 *
 * Owns the state of each ticket and the counts by state. Does not own why a ticket moves (line.ts,
 * admission.ts, presence.ts) or how it is stored.
 */
import { LaneNumbers } from './lane-numbers.ts'
import { REGULAR, startOf } from './lanes.ts'
import { BLOCK_BITS, BLOCKS_PER_SEGMENT, LANES_MAX, SEGMENT_BITS, SEGMENT_SIZE } from './limits.ts'
import { Segment } from './segment.ts'
import {
  BEACON_FLAG,
  BrokenInvariant,
  DEPARTING_FLAG,
  keptReturns,
  mayMove,
  mustBeDurable,
  STATE_MASK,
  State,
  stateName,
  withOneMoreReturn,
} from './ticket-state.ts'

export class Tickets {
  readonly numbers: LaneNumbers
  /** By ascending index; dropped segments are missing. */
  private segments: Segment[] = []
  private readonly byIndex = new Map<number, Segment>()
  /** Tickets by state, over all segments. */
  private readonly counts = [0, 0, 0, 0, 0]
  /** Waiting tickets by the index of their lane. */
  readonly waitingByLane: readonly number[] = new Array<number>(LANES_MAX + 1).fill(0)
  /** By lane: none of its tickets below this number waits. */
  private readonly headHints = new Array<number>(LANES_MAX + 1).fill(0)

  private readonly durable = new Set<number>()
  private readonly lazy = new Set<number>()
  private readonly dropped = new Set<number>()
  private readonly newlyLive = new Set<number>()
  private moved: Segment[] = []
  private nextToVerify = 0

  constructor(numbers = new LaneNumbers()) {
    this.numbers = numbers
  }

  /** The number that the next visitor of the regular line gets. The first is 1: people read it. */
  get next(): number {
    return this.numbers.of(REGULAR).next
  }
  set next(number: number) {
    this.numbers.of(REGULAR).next = number
  }

  get waiting(): number {
    return this.counts[State.waiting] as number
  }
  get offered(): number {
    return this.counts[State.offered] as number
  }
  get active(): number {
    return this.counts[State.active] as number
  }
  get absent(): number {
    return this.counts[State.absent] as number
  }
  /** Slots taken. */
  get occupied(): number {
    return this.offered + this.active
  }
  /** Tickets that are not gone. */
  get live(): number {
    return this.waiting + this.occupied + this.absent
  }

  get isFull(): boolean {
    return this.numbers.isFull(REGULAR)
  }

  /**
   * Issues the next number of a lane. Its ticket starts as waiting or, if admitted at once, as
   * active.
   */
  issue(state: typeof State.waiting | typeof State.active, heardSeconds: number, lane: number = REGULAR): number {
    const number = this.numbers.of(lane).next++
    const segment = this.segmentFor(number >>> SEGMENT_BITS)
    segment.heard[number % SEGMENT_SIZE] = heardSeconds
    this.move(number, state)
    return number
  }

  segmentOf(number: number): Segment | undefined {
    return this.byIndex.get(Math.floor(number / SEGMENT_SIZE))
  }

  segmentAt(index: number): Segment | undefined {
    return this.byIndex.get(index)
  }

  /** `gone` for a number that was never issued, too. */
  stateOf(number: number): State {
    return this.segmentOf(number)?.stateAt(number % SEGMENT_SIZE) ?? State.gone
  }

  /**
   * Moves a ticket to another state, clears its flags and counts returns from absence. Admission
   * keeps the departing flag, since the visitor has not been heard.
   * @throws BrokenInvariant for a move that does not exist
   */
  move(number: number, to: State): void {
    const segment = this.segmentOf(number)
    if (segment === undefined) throw new BrokenInvariant(`ticket ${number} was never issued`)
    const offset = number % SEGMENT_SIZE
    const from = segment.stateAt(offset)
    if (!mayMove(from, to)) {
      throw new BrokenInvariant(`ticket ${number} cannot go from ${stateName(from)} to ${stateName(to)}`)
    }
    const byte = segment.states[offset] as number
    const isAdmission = from === State.waiting && to === State.offered
    const kept = (isAdmission ? byte & DEPARTING_FLAG : 0) | keptReturns(byte, to)
    segment.put(offset, from === State.absent && to === State.waiting ? withOneMoreReturn(to | kept) : to | kept)
    this.countMoves(segment, offset, offset, from, to, 1)
  }

  /**
   * Moves many tickets of one segment (ascending offsets), each to the entry of `to` for its state,
   * and clears their flags. Returns how many were in each state. Writes counts and marks once per
   * segment: with a `move` per ticket, a tick that moves a million took five times as long.
   * @throws BrokenInvariant for a move that does not exist
   */
  moveMany(segment: Segment, offsets: Uint16Array, to: Uint8Array): Uint16Array {
    const moved = segment.putMany(offsets, to)
    const [first, last] = [offsets[0] ?? 0, offsets.at(-1) ?? 0]
    for (const from of Object.values(State)) {
      const [count, state] = [moved[from] as number, to[from] as State]
      if (count === 0) continue
      if (!mayMove(from, state)) {
        throw new BrokenInvariant(`${count} tickets cannot go from ${stateName(from)} to ${stateName(state)}`)
      }
      this.countMoves(segment, first, last, from, state, count)
    }
    return moved
  }

  /** Updates the counts and marks of the table after moves between two offsets of a segment. */
  private countMoves(segment: Segment, first: number, last: number, from: State, to: State, count: number): void {
    ;(this.counts[from] as number) -= count
    ;(this.counts[to] as number) += count
    if (from === State.gone && segment.live === count) this.newlyLive.add(segment.index)
    if (from === State.waiting || to === State.waiting) this.countWaiting(segment, first, from, to, count)
    // Marks on the segment, instead of sets of blocks and segments, halve the time of a tick that
    // moves a million.
    if (segment.movedBlocks === 0) this.moved.push(segment)
    segment.movedBlocks |= (2 << (last >> BLOCK_BITS)) - (1 << (first >> BLOCK_BITS))
    this.markUnstored(segment, mustBeDurable(from, to) ? 'durable' : 'lazy')
  }

  private countWaiting(segment: Segment, first: number, from: State, to: State, count: number): void {
    const lane = this.numbers.indexOfSegment(segment.index)
    const waiting = this.waitingByLane as number[]
    if (from === State.waiting) (waiting[lane] as number) -= count
    if (to !== State.waiting) return
    ;(waiting[lane] as number) += count
    this.headHints[lane] = Math.min(this.headHints[lane] as number, segment.index * SEGMENT_SIZE + first)
  }

  private markUnstored(segment: Segment, what: 'lazy' | 'durable'): void {
    if (segment.unstored === what || segment.unstored === 'durable') return
    segment.unstored = what
    if (what === 'durable') this.durable.add(segment.index)
    else this.lazy.add(segment.index)
  }

  /**
   * The beacon flag is durable: a session that lost it would hold its slot for a minute after it
   * fell silent.
   */
  setFlags(
    number: number,
    flags: number,
    what: 'lazy' | 'durable' = (flags & BEACON_FLAG) !== 0 ? 'durable' : 'lazy',
  ): void {
    const changed = this.changeByte(number, (byte) => byte | flags)
    if (changed !== null) this.markUnstored(changed, what)
  }

  clearFlags(number: number, flags: number): void {
    this.changeByte(number, (byte) => byte & ~flags)
  }

  private changeByte(number: number, change: (byte: number) => number): Segment | null {
    const segment = this.segmentOf(number)
    if (segment === undefined) return null
    const offset = number % SEGMENT_SIZE
    const before = segment.states[offset] as number
    const after = change(before)
    if (after === before || (before & STATE_MASK) === State.gone) return null
    segment.put(offset, after)
    this.markUnstored(segment, 'lazy')
    return segment
  }

  /**
   * The lowest waiting number of a lane, -1 if there is none. Amortised: numbers once skipped are
   * not visited again.
   */
  lowestWaiting(lane: number = REGULAR): number {
    const waiting = this.waitingByLane[lane] as number
    if (waiting === 0) return -1
    const hint = Math.max(this.headHints[lane] as number, startOf(lane))
    const lowest = this.lowestWaitingFrom(hint)
    if (lowest < 0) throw new BrokenInvariant(`${waiting} wait, but none at or above number ${hint}`)
    this.headHints[lane] = lowest
    return lowest
  }

  /** The lowest waiting number at or above `from` in the same lane, -1 if there is none. */
  lowestWaitingFrom(from: number): number {
    const end = this.numbers.endOf(this.numbers.indexOf(from))
    for (let i = this.positionFrom(Math.floor(from / SEGMENT_SIZE)); i < this.segments.length; i++) {
      const segment = this.segments[i] as Segment
      const start = segment.index * SEGMENT_SIZE
      if (start >= end) break
      if (segment.waiting === 0) continue
      const offset = segment.firstWaiting(Math.max(0, from - start))
      if (offset >= 0) return start + offset
    }
    return -1
  }

  /** Waiting tickets of the same lane with a lower number. */
  waitingBefore(number: number): number {
    const index = Math.floor(number / SEGMENT_SIZE)
    const first = startOf(this.numbers.indexOf(number)) / SEGMENT_SIZE
    let count = 0
    for (const segment of this.segments) {
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
  waitingNumberAt(before: number): number {
    let left = before
    for (const segment of this.segments) {
      if (this.numbers.indexOfSegment(segment.index) !== REGULAR) break
      if (left < segment.waiting) return segment.index * SEGMENT_SIZE + segment.waitingOffsetAt(left)
      left -= segment.waiting
    }
    return this.next + left
  }

  all(): readonly Segment[] {
    return this.segments
  }

  liveSegments(): number[] {
    return this.segments.filter((segment) => segment.live > 0).map((segment) => segment.index)
  }

  /**
   * Drops segments whose tickets are all gone, except the tail of each lane, which issues the next
   * numbers.
   */
  dropEmpty(): void {
    const isKept = ({ index, live }: Segment) => live > 0 || index >= this.tailOfLaneAt(index)
    const kept = this.segments.filter(isKept)
    if (kept.length === this.segments.length) return
    for (const segment of this.segments) {
      if (isKept(segment)) continue
      this.byIndex.delete(segment.index)
      this.durable.delete(segment.index)
      this.lazy.delete(segment.index)
      this.dropped.add(segment.index)
    }
    this.segments = kept
  }

  /** The segment with the next number of the lane that a segment belongs to. */
  private tailOfLaneAt(segment: number): number {
    const lane = this.numbers.of(this.numbers.indexOfSegment(segment))
    return Math.floor(lane.next / SEGMENT_SIZE)
  }

  /**
   * Gives the regular tickets in [first, end) other numbers of the same range. None has ever been
   * admitted.
   * @param lineNumber a permutation of the range
   * @param joinSeconds their new join time, wall clock
   */
  renumber(first: number, end: number, lineNumber: (number: number) => number, joinSeconds: number): void {
    const states = new Uint8Array(end - first)
    const heard = new Uint32Array(end - first)
    for (const segment of this.segments) {
      const start = segment.index * SEGMENT_SIZE
      for (let number = Math.max(first, start); number < Math.min(end, start + SEGMENT_SIZE); number++) {
        const at = lineNumber(number) - first
        states[at] = segment.states[number - start] as number
        heard[at] = segment.heard[number - start] as number
      }
    }
    for (let at = first; at < end; ) {
      const segment = this.segmentFor(Math.floor(at / SEGMENT_SIZE))
      const to = Math.min(end, (segment.index + 1) * SEGMENT_SIZE)
      const wasLive = segment.live > 0
      const part = [at - first, to - first] as const
      segment.replace(at % SEGMENT_SIZE, states.subarray(...part), heard.subarray(...part), joinSeconds)
      if (!wasLive && segment.live > 0) this.newlyLive.add(segment.index)
      if (segment.movedBlocks === 0) this.moved.push(segment)
      segment.movedBlocks = (1 << BLOCKS_PER_SEGMENT) - 1
      this.dropped.delete(segment.index)
      this.markUnstored(segment, 'durable')
      at = to
    }
    this.headHints[REGULAR] = Math.min(this.headHints[REGULAR] as number, first)
  }

  /** Whether any ticket in [first, end) is alive, or shares a segment with one that is. */
  mayBeLive(first: number, end: number): boolean {
    const [from, to] = [Math.floor(first / SEGMENT_SIZE), Math.floor((end - 1) / SEGMENT_SIZE)]
    return this.segments.some(({ index, live }) => index >= from && index <= to && live > 0)
  }

  /** The changes to store now; with `everything`, lazy changes too. Reports each change once. */
  takeChanges(everything: boolean): { changed: Segment[]; dropped: number[] } {
    const indexes = everything ? [...new Set([...this.durable, ...this.lazy])] : [...this.durable]
    const changed = indexes.map((index) => this.byIndex.get(index)).filter((segment) => segment !== undefined)
    const dropped = [...this.dropped]
    // A durable write stores the whole segment, including its lazy changes.
    for (const segment of changed) segment.unstored = 'nothing'
    for (const index of indexes) this.lazy.delete(index)
    this.durable.clear()
    this.dropped.clear()
    return { changed, dropped }
  }

  /** Segments that got their first live ticket since the last call. */
  takeNewlyLive(): number[] {
    const segments = [...this.newlyLive]
    this.newlyLive.clear()
    return segments
  }

  /** Rebuilds the table from stored segments. `next`: the next regular number. */
  restore(segments: Iterable<Segment>, next: number): void {
    this.next = next
    this.segments = [...segments].sort((a, b) => a.index - b.index)
    for (const segment of this.segments) {
      this.byIndex.set(segment.index, segment)
      for (const state of [State.waiting, State.offered, State.active, State.absent]) {
        ;(this.counts[state] as number) += segment.counts[state] as number
      }
      ;((this.waitingByLane as number[])[this.numbers.indexOfSegment(segment.index)] as number) += segment.waiting
    }
  }

  /** Recounts the blocks that changed since the last call. @throws BrokenInvariant */
  verifyMoved(): void {
    for (const segment of this.moved) segment.verifyMoved()
    this.moved = []
  }

  /** Recounts one segment, the next one at each call. @throws BrokenInvariant */
  verifyOneSegment(): void {
    if (this.segments.length === 0) return
    this.nextToVerify = (this.nextToVerify + 1) % this.segments.length
    this.segments[this.nextToVerify]?.verify()
  }

  /** Recounts everything. @throws BrokenInvariant */
  verifyAll(): void {
    for (const segment of this.segments) segment.verify()
    for (const state of [State.waiting, State.offered, State.active, State.absent]) {
      const sum = this.segments.reduce((total, segment) => total + (segment.counts[state] as number), 0)
      if (sum === this.counts[state]) continue
      throw new BrokenInvariant(`${stateName(state)}: counted ${this.counts[state]}, found ${sum}`)
    }
    const waiting = this.waitingByLane.map(() => 0)
    for (const { index, waiting: count } of this.segments) {
      const lane = this.numbers.indexOfSegment(index)
      waiting[lane] = (waiting[lane] as number) + count
    }
    if (String(waiting) === String(this.waitingByLane)) return
    throw new BrokenInvariant(`waiting by lane: counted ${this.waitingByLane}, found ${waiting}`)
  }

  private segmentFor(index: number): Segment {
    const known = this.byIndex.get(index)
    if (known !== undefined) return known
    const segment = new Segment(index)
    // Mostly the last one. Lanes grow independently, and a draw brings dropped segments back.
    this.segments.splice(this.positionFrom(index), 0, segment)
    this.byIndex.set(index, segment)
    return segment
  }

  /** Position in `segments` of the first with at least this index. */
  private positionFrom(index: number): number {
    let low = 0
    let high = this.segments.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.segments[middle] as Segment).index < index) low = middle + 1
      else high = middle
    }
    return low
  }
}
