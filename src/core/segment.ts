/**
 * 4,096 consecutive tickets: their states, their last-seen times, and how many of them wait.
 *
 * Owns its counts: states change only in `put` and `putMany`. Knows nothing of rules, order or
 * time.
 */
import {
  BLOCK_BITS,
  BLOCK_SIZE,
  BLOCKS_PER_SEGMENT,
  JOIN_BLOCK_SIZE,
  JOIN_BLOCKS_PER_SEGMENT,
  SEGMENT_SIZE,
} from './limits.ts'
import { BrokenInvariant, RETURNS_MASK, STATE_MASK, State } from './ticket-state.ts'

/** `lazy`: the changes may wait for the tick. */
export type Unstored = 'nothing' | 'lazy' | 'durable'

export class Segment {
  readonly index: number
  /** One byte per ticket: state and flags (ticket-state.ts). */
  readonly states: Uint8Array
  /** Listening second at which a ticket was last heard, or at which it became absent. */
  readonly heard = new Uint32Array(SEGMENT_SIZE)
  /** Wall-clock second at which the first number of each 64 joined; 0: none yet. */
  readonly joinSeconds: Uint32Array
  readonly waitingPerBlock = new Uint16Array(BLOCKS_PER_SEGMENT)
  /** Tickets by state. `gone` includes numbers that were never issued. */
  readonly counts = new Uint16Array(5)
  /**
   * Marks that tickets.ts and unstored-segments.ts set: a bit per block that changed since it was
   * verified, and whether changes are still to be stored.
   */
  movedBlocks = 0
  unstored: Unstored = 'nothing'

  constructor(index: number, states?: Uint8Array, joinSeconds?: Uint32Array) {
    this.index = index
    this.states = states ?? new Uint8Array(SEGMENT_SIZE)
    this.joinSeconds = joinSeconds ?? new Uint32Array(JOIN_BLOCKS_PER_SEGMENT)
    recount(this.states, this.counts, this.waitingPerBlock)
  }

  /** Tickets that are not gone. */
  get live(): number {
    return SEGMENT_SIZE - (this.counts[State.gone] as number)
  }

  get waiting(): number {
    return this.counts[State.waiting] as number
  }

  stateAt(offset: number): State {
    return ((this.states[offset] as number) & STATE_MASK) as State
  }

  /** Sets state and flags of one ticket and updates the counts. */
  put(offset: number, byte: number): void {
    const from = this.stateAt(offset)
    const to = byte & STATE_MASK
    this.states[offset] = byte
    if (from === to) return
    const block = offset >> BLOCK_BITS
    if (from === State.waiting) (this.waitingPerBlock[block] as number)--
    if (to === State.waiting) (this.waitingPerBlock[block] as number)++
    ;(this.counts[from] as number)--
    ;(this.counts[to] as number)++
  }

  /**
   * Sets the state of many tickets, each to the entry of `to` for its state, which may contain
   * flags. Clears other flags, keeps their returns and updates the counts. Returns how many were in
   * each state.
   */
  putMany(offsets: Uint16Array, to: Uint8Array): Uint16Array {
    const { states, counts, waitingPerBlock } = this
    const moved = new Uint16Array(counts.length)
    for (let i = 0; i < offsets.length; i++) {
      const offset = offsets[i] as number
      const byte = states[offset] as number
      const from = byte & STATE_MASK
      const next = to[from] as number
      const state = next & STATE_MASK
      states[offset] = state === State.gone ? state : next | (byte & RETURNS_MASK)
      ;(moved[from] as number)++
      if (from === State.waiting) (waitingPerBlock[offset >> BLOCK_BITS] as number)--
      if (state === State.waiting) (waitingPerBlock[offset >> BLOCK_BITS] as number)++
    }
    moved.forEach((count, from) => {
      ;(counts[from] as number) -= count
      ;(counts[(to[from] as number) & STATE_MASK] as number) += count
    })
    return moved
  }

  /** Sets the last-seen time of many tickets. */
  hearMany(offsets: Uint16Array, heardSeconds: number): void {
    const { heard } = this
    for (let i = 0; i < offsets.length; i++) heard[offsets[i] as number] = heardSeconds
  }

  /**
   * Replaces consecutive tickets, from an offset on. The join times of blocks that begin there or
   * later become `joinSeconds`.
   */
  replace(from: number, states: Uint8Array, heard: Uint32Array, joinSeconds: number): void {
    this.states.set(states, from)
    this.heard.set(heard, from)
    this.joinSeconds.fill(
      joinSeconds,
      Math.ceil(from / JOIN_BLOCK_SIZE),
      Math.ceil((from + states.length) / JOIN_BLOCK_SIZE),
    )
    this.counts.fill(0)
    this.waitingPerBlock.fill(0)
    recount(this.states, this.counts, this.waitingPerBlock)
  }

  /** Clears these flags of every ticket whose byte matches. */
  clearFlags(flags: number, matches: (byte: number) => boolean): void {
    const { states } = this
    for (let offset = 0; offset < SEGMENT_SIZE; offset++) {
      const byte = states[offset] as number
      if ((byte & flags) !== 0 && matches(byte)) states[offset] = byte & ~flags
    }
  }

  /** Offset of the first waiting ticket at or after `fromOffset`, -1 if there is none. */
  firstWaiting(fromOffset = 0): number {
    let offset = fromOffset
    while (offset < SEGMENT_SIZE) {
      if (this.waitingPerBlock[offset >> BLOCK_BITS] === 0) {
        offset = ((offset >> BLOCK_BITS) + 1) << BLOCK_BITS
      } else if (this.stateAt(offset) === State.waiting) {
        return offset
      } else {
        offset++
      }
    }
    return -1
  }

  /** The offset of the waiting ticket with this many waiting ones before it in the segment. */
  waitingOffsetAt(before: number): number {
    let left = before
    let block = 0
    while (left >= (this.waitingPerBlock[block] as number)) left -= this.waitingPerBlock[block++] as number
    let offset = this.firstWaiting(block << BLOCK_BITS)
    for (; left > 0; left--) offset = this.firstWaiting(offset + 1)
    return offset
  }

  /** Waiting tickets before `offset`. */
  waitingBefore(offset: number): number {
    const block = offset >> BLOCK_BITS
    let count = 0
    for (let b = 0; b < block; b++) count += this.waitingPerBlock[b] as number
    for (let o = block << BLOCK_BITS; o < offset; o++) if (this.stateAt(o) === State.waiting) count++
    return count
  }

  /** Recounts the blocks that changed since the last call. @throws BrokenInvariant */
  verifyMoved(): void {
    for (let block = 0; block < BLOCKS_PER_SEGMENT; block++) {
      if ((this.movedBlocks & (1 << block)) === 0 || this.isBlockCorrect(block)) continue
      const number = this.index * BLOCKS_PER_SEGMENT + block
      throw new BrokenInvariant(`block ${number}: the waiting count differs from a recount`)
    }
    this.movedBlocks = 0
  }

  /** Inlined and without branches per ticket, which halves its time. */
  private isBlockCorrect(block: number): boolean {
    const { states } = this
    let waiting = 0
    const end = (block + 1) << BLOCK_BITS
    for (let o = end - BLOCK_SIZE; o < end; o++)
      waiting += ((states[o] as number) & STATE_MASK) === State.waiting ? 1 : 0
    return waiting === this.waitingPerBlock[block]
  }

  /** Recounts everything. @throws BrokenInvariant */
  verify(): void {
    const counts = new Uint16Array(this.counts.length)
    const blocks = new Uint16Array(BLOCKS_PER_SEGMENT)
    recount(this.states, counts, blocks)
    const isCorrect =
      counts.every((count, state) => count === this.counts[state]) &&
      blocks.every((count, block) => count === this.waitingPerBlock[block])
    if (!isCorrect) throw new BrokenInvariant(`segment ${this.index}: counts differ from a recount`)
  }
}

function recount(states: Uint8Array, counts: Uint16Array, waitingPerBlock: Uint16Array): void {
  for (let offset = 0; offset < states.length; offset++) {
    const state = (states[offset] as number) & STATE_MASK
    counts[state] = (counts[state] as number) + 1
    if (state === State.waiting) {
      const block = offset >> BLOCK_BITS
      waitingPerBlock[block] = (waitingPerBlock[block] as number) + 1
    }
  }
}
