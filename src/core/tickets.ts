/**
 * All tickets of one run: the segments in order, every state change, and what changed since it was last stored.
 *
 * Owns which ticket is in which state and the counters of that. Does not own why a ticket moves (line.ts, admission.ts,
 * silence.ts) nor how it is stored.
 */
import { BLOCK_BITS, BLOCKS_PER_SEGMENT, MAX_NUMBER, SEGMENT_BITS, SEGMENT_SIZE } from './limits.ts'
import { Segment } from './segment.ts'
import {
  BEACON_FLAG,
  DEPARTING_FLAG,
  keptReturns,
  mayMove,
  mustBeDurable,
  STATE_MASK,
  State,
  stateName,
  withOneMoreReturn,
} from './ticket-state.ts'

export class BrokenInvariant extends Error {
  override name = 'BrokenInvariant'
}

export class Tickets {
  /** In order of index; dropped ones are missing. */
  private segments: Segment[] = []
  private readonly byIndex = new Map<number, Segment>()
  /** Tickets by state, over all segments. */
  private readonly counts = [0, 0, 0, 0, 0]
  /** No ticket below this number waits. */
  private headHint = 0

  private readonly durable = new Set<number>()
  private readonly lazy = new Set<number>()
  private readonly dropped = new Set<number>()
  private readonly bornLive = new Set<number>()
  private moved: Segment[] = []
  private nextToVerify = 0

  /** The number the next visitor gets. The first one is 1: people read it. */
  next = 1

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
    return this.next > MAX_NUMBER
  }

  /** Hands out the next number; its ticket starts as waiting or, admitted at once, as active. */
  issue(state: typeof State.waiting | typeof State.active, heardSeconds: number): number {
    const number = this.next++
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

  /** `gone` for a number never handed out, too. */
  stateOf(number: number): State {
    return this.segmentOf(number)?.stateAt(number % SEGMENT_SIZE) ?? State.gone
  }

  /**
   * Moves a ticket to another state. Its flags are cleared, but for a goodbye before admission: nobody was heard since. Returns
   * from absence are counted. A move that is not in a ticket's life throws.
   */
  move(number: number, to: State): void {
    const segment = this.segmentOf(number)
    if (segment === undefined) throw new BrokenInvariant(`ticket ${number} was never handed out`)
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
   * Moves many tickets of one segment (ascending offsets), each to what `to` holds for the state it is in, and clears their
   * flags. Returns how many were in each state. A move that is not in a ticket's life throws. Counts and marks are written once
   * for the segment: with a move for each ticket a tick that moves a million took five times as long.
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

  /** Keeps what is known of the whole table after moves between two offsets of a segment. */
  private countMoves(segment: Segment, first: number, last: number, from: State, to: State, count: number): void {
    ;(this.counts[from] as number) -= count
    ;(this.counts[to] as number) += count
    if (from === State.gone && segment.live === count) this.bornLive.add(segment.index)
    if (to === State.waiting) this.headHint = Math.min(this.headHint, segment.index * SEGMENT_SIZE + first)
    // A mark where the move is, instead of a set of blocks and one of segments: half the time of a tick that moves a million.
    if (segment.movedBlocks === 0) this.moved.push(segment)
    segment.movedBlocks |= (2 << (last >> BLOCK_BITS)) - (1 << (first >> BLOCK_BITS))
    this.markUnstored(segment, mustBeDurable(from, to) ? 'durable' : 'lazy')
  }

  private markUnstored(segment: Segment, what: 'lazy' | 'durable'): void {
    if (segment.unstored === what || segment.unstored === 'durable') return
    segment.unstored = what
    if (what === 'durable') this.durable.add(segment.index)
    else this.lazy.add(segment.index)
  }

  /** `what`: a session whose beacon was forgotten would hold its slot for a minute after it fell silent. */
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

  /** The lowest number that waits, -1 when nobody does. Amortised: what was passed over is not looked at again. */
  lowestWaiting(): number {
    if (this.waiting === 0) return -1
    const lowest = this.lowestWaitingFrom(this.headHint)
    if (lowest < 0) throw new BrokenInvariant(`${this.waiting} wait, but none at or above number ${this.headHint}`)
    this.headHint = lowest
    return lowest
  }

  /** The lowest number that waits at or above `from`, -1 when there is none. */
  lowestWaitingFrom(from: number): number {
    for (let i = this.positionFrom(Math.floor(from / SEGMENT_SIZE)); i < this.segments.length; i++) {
      const segment = this.segments[i] as Segment
      if (segment.waiting === 0) continue
      const start = segment.index * SEGMENT_SIZE
      const offset = segment.firstWaiting(Math.max(0, from - start))
      if (offset >= 0) return start + offset
    }
    return -1
  }

  /** People who wait with a lower number. */
  waitingBefore(number: number): number {
    const index = Math.floor(number / SEGMENT_SIZE)
    let count = 0
    for (const segment of this.segments) {
      if (segment.index > index) break
      count += segment.index < index ? segment.waiting : segment.waitingBefore(number % SEGMENT_SIZE)
    }
    return count
  }

  all(): readonly Segment[] {
    return this.segments
  }

  liveSegments(): number[] {
    return this.segments.filter((segment) => segment.live > 0).map((segment) => segment.index)
  }

  /** Forgets the segments whose tickets are all gone, but never the tail: its next numbers are still to come. */
  dropEmpty(): void {
    const tail = Math.floor(this.next / SEGMENT_SIZE)
    const kept = this.segments.filter((segment) => segment.live > 0 || segment.index >= tail)
    if (kept.length === this.segments.length) return
    for (const segment of this.segments) {
      if (segment.live > 0 || segment.index >= tail) continue
      this.byIndex.delete(segment.index)
      this.durable.delete(segment.index)
      this.lazy.delete(segment.index)
      this.dropped.add(segment.index)
    }
    this.segments = kept
  }

  /** What must be stored now; with `everything`, lazy changes too. Each is told once. */
  takeChanges(everything: boolean): { changed: Segment[]; dropped: number[] } {
    const indexes = everything ? [...new Set([...this.durable, ...this.lazy])] : [...this.durable]
    const changed = indexes.map((index) => this.byIndex.get(index)).filter((segment) => segment !== undefined)
    const dropped = [...this.dropped]
    // A durable write carries the whole segment, its lazy changes with it.
    for (const segment of changed) segment.unstored = 'nothing'
    for (const index of indexes) this.lazy.delete(index)
    this.durable.clear()
    this.dropped.clear()
    return { changed, dropped }
  }

  /** Segments that went from no live ticket to one since the last call. */
  takeBornLive(): number[] {
    const born = [...this.bornLive]
    this.bornLive.clear()
    return born
  }

  /** Rebuilds the table from stored segments. */
  restore(segments: Iterable<Segment>, next: number): void {
    this.next = next
    this.segments = [...segments].sort((a, b) => a.index - b.index)
    for (const segment of this.segments) {
      this.byIndex.set(segment.index, segment)
      for (const state of [State.waiting, State.offered, State.active, State.absent]) {
        ;(this.counts[state] as number) += segment.counts[state] as number
      }
    }
  }

  /** Recounts the blocks that moved since the last call. Throws when a count is wrong. */
  verifyMoved(): void {
    for (const segment of this.moved) {
      for (let block = 0; block < BLOCKS_PER_SEGMENT; block++) {
        if ((segment.movedBlocks & (1 << block)) === 0 || segment.blockHolds(block)) continue
        const number = segment.index * BLOCKS_PER_SEGMENT + block
        throw new BrokenInvariant(`block ${number}: the waiting count differs from a recount`)
      }
      segment.movedBlocks = 0
    }
    this.moved = []
  }

  /** Recounts one segment, another at each call. Throws when a count is wrong. */
  verifyOneSegment(): void {
    if (this.segments.length === 0) return
    this.nextToVerify = (this.nextToVerify + 1) % this.segments.length
    verifySegment(this.segments[this.nextToVerify] as Segment)
  }

  /** Recounts everything. Throws when a count is wrong. */
  verifyAll(): void {
    for (const segment of this.segments) verifySegment(segment)
    for (const state of [State.waiting, State.offered, State.active, State.absent]) {
      const sum = this.segments.reduce((total, segment) => total + (segment.counts[state] as number), 0)
      if (sum !== this.counts[state])
        throw new BrokenInvariant(`${stateName(state)}: counted ${this.counts[state]}, found ${sum}`)
    }
  }

  private segmentFor(index: number): Segment {
    const known = this.byIndex.get(index)
    if (known !== undefined) return known
    const segment = new Segment(index)
    this.segments.push(segment)
    this.byIndex.set(index, segment)
    return segment
  }

  /** Place in `segments` of the first one with at least this index. */
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

function verifySegment(segment: Segment): void {
  if (!segment.countsHold()) throw new BrokenInvariant(`segment ${segment.index}: counts differ from a recount`)
}
