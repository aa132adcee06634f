/**
 * An isolate's reading of a snapshot: positions, estimates and line numbers of waiting visitors,
 * without a call.
 */
import { type DrawResult, drawOf, lineNumber } from './draw-result.ts'
import { type Estimate, estimateAt, expectedWaitSeconds } from './estimate.ts'
import { type LaneFigures, placeAmongAll } from './lane-snapshot.ts'
import { laneNumber, laneOf, REGULAR, startOf } from './lanes.ts'
import { BLOCK_BITS, BLOCK_SIZE, REGULAR_MAX_NUMBER } from './limits.ts'
import type { Snapshot } from './snapshot.ts'

/** Prefix sums of the waiting tickets of a snapshot. */
class WaitingSums {
  /** First block of each run, and the index of its first count. */
  private readonly runStarts: number[] = []
  private readonly runOffsets: number[] = []
  /** Waiting tickets before each counted block; one more entry than there are blocks. */
  private readonly before: Uint32Array
  private readonly blockRuns: Uint32Array

  constructor({ blockRuns, blockCounts }: Snapshot) {
    this.blockRuns = blockRuns
    this.before = new Uint32Array(blockCounts.length + 1)
    for (let i = 0; i < blockCounts.length; i++) {
      this.before[i + 1] = (this.before[i] as number) + (blockCounts[i] as number) + 1
    }
    let offset = 0
    for (let i = 0; i < blockRuns.length; i += 2) {
      this.runStarts.push(blockRuns[i] as number)
      this.runOffsets.push(offset)
      offset += blockRuns[i + 1] as number
    }
  }

  beforeBlock(block: number): number {
    const run = lastAtMost(this.runStarts, block)
    if (run < 0) return 0
    const length = this.blockRuns[run * 2 + 1] as number
    const within = block - (this.runStarts[run] as number)
    return this.before[(this.runOffsets[run] as number) + Math.min(within, length)] as number
  }
}

/** Answers questions about one snapshot. */
export class SnapshotView {
  readonly snapshot: Snapshot
  /** Null until the first position: an isolate may replace a snapshot that nobody looked at. */
  private sums: WaitingSums | null = null

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot
  }

  /**
   * Queue position of a waiting number in its lane: people ahead + 1. Exact in the two blocks with
   * bits; elsewhere too high by at most the gaps in the number's own block. Only returning tickets
   * ahead make it worse; joins behind and newer snapshots do not.
   */
  position(number: number): number {
    const lane = this.laneOf(number)
    const figures = this.figuresOf(lane)
    // The lane was opened after this snapshot.
    if (figures === undefined) return laneNumber(number)
    const { next, waiting, head } = figures
    const block = number >>> BLOCK_BITS
    const offset = number % BLOCK_SIZE
    const firstOfBlock = number - offset
    if (head < 0 || firstOfBlock >= next) return waiting + Math.max(0, number - next) + 1
    const before = this.waitingBeforeBlock(block) - this.waitingBeforeBlock(startOf(lane) >>> BLOCK_BITS)
    const bits = bitsOf(block, figures)
    if (bits === null) return before + offset + 1
    return before + bitsBefore(bits, offset) + Math.max(0, number - next) + 1
  }

  /** The index of a number's lane; 0: the regular line. */
  laneOf(number: number): number {
    // See `LaneNumbers`: the regular line may have all numbers.
    const { lanes, next } = this.snapshot
    return lanes === undefined && next > REGULAR_MAX_NUMBER + 1 ? REGULAR : laneOf(number)
  }

  /** The name of a lane; null: the regular line, or not known yet. */
  laneName(lane: number): string | null {
    if (lane === REGULAR) return null
    return this.snapshot.lanes?.find(({ index }) => index === lane)?.name ?? null
  }

  /** How many people wait in a lane. */
  waitingIn(lane: number): number {
    return this.figuresOf(lane)?.waiting ?? 0
  }

  /** The number of the next newcomer to the regular line. */
  get nextRegular(): number {
    return (this.figuresOf(REGULAR) as LaneFigures).next
  }

  /** Perhaps admitted: only the object knows. Tickets from the frontier of their lane on wait. */
  isBelowFrontier(number: number): boolean {
    return number < (this.figuresOf(this.laneOf(number))?.frontier ?? 0)
  }

  /** Undefined: the lane was opened after this snapshot. */
  private figuresOf(lane: number): LaneFigures | undefined {
    const { snapshot } = this
    return snapshot.lanes === undefined && lane === REGULAR
      ? snapshot
      : snapshot.lanes?.find(({ index }) => index === lane)
  }

  /** The line number of an issued number: see draw-result.ts. */
  lineNumber(issued: number): number {
    const { draws = [], run } = this.snapshot
    return lineNumber(draws, run, issued)
  }

  /** The draw that an issued number took part in; null: none. */
  drawOf(issued: number): DrawResult | null {
    const { draws = [], run } = this.snapshot
    return drawOf(draws, run, issued)
  }

  /** Whether the place was lost or given up, as far as the snapshot knows. */
  hasLostPlace(number: number): boolean {
    return this.snapshot.lostPlaces?.includes(number) === true || this.hasLeft(number)
  }

  /** Whether the place was given up, as far as the snapshot knows. */
  hasLeft(number: number): boolean {
    return this.snapshot.leftPlaces?.includes(number) ?? false
  }

  /**
   * Whether the place moved to another device, as far as the snapshot knows.
   * @param issued the number of a token
   * @param holder the generation of the token's device
   */
  hasMovedOn(issued: number, holder: number): boolean {
    const { movedPlaces } = this.snapshot
    if (movedPlaces === undefined) return false
    for (let i = 0; i < movedPlaces.length; i += 2) {
      if (movedPlaces[i] === issued) return holder < (movedPlaces[i + 1] as number)
    }
    return false
  }

  /** The wait at this position of a lane, null while unknown. */
  estimate(position: number, lane: number = REGULAR): Estimate | null {
    return estimateAt(this.snapshot, this.placeAmongAll(position, lane))
  }

  /** The wait at this position of a lane, or at the full rate while it is unknown. */
  expectedWaitSeconds(position: number, lane: number = REGULAR): number {
    return expectedWaitSeconds(this.snapshot, this.placeAmongAll(position, lane))
  }

  private placeAmongAll(position: number, lane: number): number {
    const { lanes } = this.snapshot
    return lanes === undefined ? position : placeAmongAll(position, lane, lanes)
  }

  /** Whether the visitor with this line number may poll less often: only in the regular line. */
  isFar(number: number): boolean {
    return this.laneOf(number) === REGULAR && number >= (this.snapshot.farFrom ?? Number.POSITIVE_INFINITY)
  }

  private waitingBeforeBlock(block: number): number {
    this.sums ??= new WaitingSums(this.snapshot)
    return this.sums.beforeBlock(block)
  }
}

function bitsOf(block: number, { headBlock, headBits, frontBlock, frontBits }: LaneFigures): Uint8Array | null {
  return block === headBlock ? headBits : block === frontBlock ? frontBits : null
}

function bitsBefore(bits: Uint8Array, offset: number): number {
  let count = 0
  for (let i = 0; i < offset; i++) if (((bits[i >> 3] as number) & (1 << (i & 7))) !== 0) count++
  return count
}

/** Index of the last entry that is at most `value`, -1 if there is none. */
function lastAtMost(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
