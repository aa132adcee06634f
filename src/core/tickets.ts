/**
 * All tickets of one run: the segments in order, and every state change.
 *
 * Owns the state of each ticket and the counts by state. Does not own who waits before whom
 * (waiting-tickets.ts), why a ticket moves (places.ts, admission.ts, presence.ts), which changes
 * are not stored yet (unstored-segments.ts) or how they are stored.
 */
import { LaneNumbers } from './lane-numbers.ts'
import { REGULAR } from './lanes.ts'
import { BLOCK_BITS, BLOCKS_PER_SEGMENT, SEGMENT_BITS, SEGMENT_SIZE } from './limits.ts'
import type { Segment } from './segment.ts'
import { SegmentList } from './segment-list.ts'
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
import { UnstoredSegments } from './unstored-segments.ts'
import { WaitingTickets } from './waiting-tickets.ts'

export class Tickets {
  readonly numbers: LaneNumbers
  private readonly segments = new SegmentList()
  private readonly waitingTickets: WaitingTickets
  /** Tickets by state, over all segments. */
  private readonly counts = [0, 0, 0, 0, 0]

  private readonly unstored = new UnstoredSegments()
  private readonly newlyLive = new Set<number>()
  private moved: Segment[] = []
  private nextToVerify = 0

  constructor(numbers = new LaneNumbers()) {
    this.numbers = numbers
    this.waitingTickets = new WaitingTickets(numbers, this.segments)
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
  /** Waiting tickets by the index of their lane. */
  get waitingByLane(): readonly number[] {
    return this.waitingTickets.byLane
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
   * Issues the next number of a lane. Its ticket starts as waiting; as active, if admitted at once;
   * or as offered, if lent.
   * @param reserved a number below the next one that was never issued, instead
   */
  issue(
    state: typeof State.waiting | typeof State.active | typeof State.offered,
    heardSeconds: number,
    lane: number = REGULAR,
    reserved?: number,
  ): number {
    const number = reserved ?? this.numbers.of(lane).next++
    const segment = this.segments.ensure(number >>> SEGMENT_BITS)
    // Its segment may have been dropped since it was reserved.
    if (reserved !== undefined) this.unstored.keep(segment)
    segment.heard[number % SEGMENT_SIZE] = heardSeconds
    this.move(number, state)
    return number
  }

  segmentOf(number: number): Segment | undefined {
    return this.segments.at(Math.floor(number / SEGMENT_SIZE))
  }

  segmentAt(index: number): Segment | undefined {
    return this.segments.at(index)
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
   * Moves many tickets of one segment (ascending offsets), each to the entry of `to` for its state:
   * the new state and flags. Returns how many were in each state. Writes counts and marks once per
   * segment: with a `move` per ticket, a tick that moves a million took five times as long.
   * @throws BrokenInvariant for a move that does not exist
   */
  moveMany(segment: Segment, offsets: Uint16Array, to: Uint8Array): Uint16Array {
    const moved = segment.putMany(offsets, to)
    const [first, last] = [offsets[0] ?? 0, offsets.at(-1) ?? 0]
    for (const from of Object.values(State)) {
      const [count, state] = [moved[from] as number, ((to[from] as number) & STATE_MASK) as State]
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
    this.waitingTickets.count(segment, first, from, to, count)
    // Marks on the segment, instead of sets of blocks and segments, halve the time of a tick that
    // moves a million.
    if (segment.movedBlocks === 0) this.moved.push(segment)
    segment.movedBlocks |= (2 << (last >> BLOCK_BITS)) - (1 << (first >> BLOCK_BITS))
    this.unstored.mark(segment, mustBeDurable(from, to) ? 'durable' : 'lazy')
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
    if (changed !== null) this.unstored.mark(changed, what)
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
    this.unstored.mark(segment, 'lazy')
    return segment
  }

  /** See waiting-tickets.ts. */
  lowestWaiting(lane: number = REGULAR): number {
    return this.waitingTickets.lowest(lane)
  }
  lowestWaitingFrom(from: number): number {
    return this.waitingTickets.lowestFrom(from)
  }
  waitingBefore(number: number): number {
    return this.waitingTickets.before(number)
  }
  waitingNumberAt(before: number): number {
    return this.waitingTickets.numberAt(before)
  }

  all(): readonly Segment[] {
    return this.segments.all
  }

  liveSegments(): number[] {
    return this.all()
      .filter((segment) => segment.live > 0)
      .map((segment) => segment.index)
  }

  /**
   * Drops segments whose tickets are all gone, except the tail of each lane, which issues the next
   * numbers.
   */
  dropEmpty(): void {
    const isKept = ({ index, live }: Segment) => live > 0 || index >= this.tailOfLaneAt(index)
    for (const segment of this.segments.keep(isKept)) this.unstored.drop(segment)
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
    for (const segment of this.all()) {
      const start = segment.index * SEGMENT_SIZE
      for (let number = Math.max(first, start); number < Math.min(end, start + SEGMENT_SIZE); number++) {
        const at = lineNumber(number) - first
        states[at] = segment.states[number - start] as number
        heard[at] = segment.heard[number - start] as number
      }
    }
    for (let at = first; at < end; ) {
      const segment = this.segments.ensure(Math.floor(at / SEGMENT_SIZE))
      const to = Math.min(end, (segment.index + 1) * SEGMENT_SIZE)
      const wasLive = segment.live > 0
      const part = [at - first, to - first] as const
      segment.replace(at % SEGMENT_SIZE, states.subarray(...part), heard.subarray(...part), joinSeconds)
      if (!wasLive && segment.live > 0) this.newlyLive.add(segment.index)
      if (segment.movedBlocks === 0) this.moved.push(segment)
      segment.movedBlocks = (1 << BLOCKS_PER_SEGMENT) - 1
      this.unstored.keep(segment)
      this.unstored.mark(segment, 'durable')
      at = to
    }
    this.waitingTickets.renumbered(first)
  }

  /** Whether any ticket in [first, end) is alive, or shares a segment with one that is. */
  mayBeLive(first: number, end: number): boolean {
    const [from, to] = [Math.floor(first / SEGMENT_SIZE), Math.floor((end - 1) / SEGMENT_SIZE)]
    return this.all().some(({ index, live }) => index >= from && index <= to && live > 0)
  }

  /** The changes to store now; with `everything`, lazy changes too. Reports each change once. */
  takeChanges(everything: boolean): { changed: Segment[]; dropped: number[] } {
    return this.unstored.take(everything, this.segments)
  }

  /** Segments that got their first live ticket since the last call. */
  takeNewlyLive(): number[] {
    const segments = [...this.newlyLive]
    this.newlyLive.clear()
    return segments
  }

  /** Rebuilds the table from stored segments. The numbers are restored already. */
  restore(segments: Iterable<Segment>): void {
    this.segments.restore(segments)
    for (const segment of this.all()) {
      for (const state of [State.waiting, State.offered, State.active, State.absent]) {
        ;(this.counts[state] as number) += segment.counts[state] as number
      }
    }
    this.waitingTickets.recount()
  }

  /** Recounts the blocks that changed since the last call. @throws BrokenInvariant */
  verifyMoved(): void {
    for (const segment of this.moved) segment.verifyMoved()
    this.moved = []
  }

  /** Recounts one segment, the next one at each call. @throws BrokenInvariant */
  verifyOneSegment(): void {
    const segments = this.all()
    if (segments.length === 0) return
    this.nextToVerify = (this.nextToVerify + 1) % segments.length
    segments[this.nextToVerify]?.verify()
  }

  /** Recounts everything. @throws BrokenInvariant */
  verifyAll(): void {
    for (const segment of this.all()) segment.verify()
    for (const state of [State.waiting, State.offered, State.active, State.absent]) {
      const sum = this.all().reduce((total, segment) => total + (segment.counts[state] as number), 0)
      if (sum === this.counts[state]) continue
      throw new BrokenInvariant(`${stateName(state)}: counted ${this.counts[state]}, found ${sum}`)
    }
    this.waitingTickets.verify()
  }
}
