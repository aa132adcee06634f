/** The part of a snapshot that is about one lane, and about the lanes among each other. */
import { REGULAR } from './lanes.ts'
import { BLOCK_BITS, BLOCK_SIZE, SEGMENT_SIZE } from './limits.ts'
import type { Line } from './line.ts'
import { State } from './ticket-state.ts'

/** All positions are within the lane. */
export interface LaneFigures {
  /** 1 + the highest number ever admitted: tickets from here on wait unless they are gone. */
  readonly frontier: number
  /** The number of the next newcomer. */
  readonly next: number
  /** The lowest waiting number, -1 if there is none. For display only. */
  readonly head: number
  readonly waiting: number
  /**
   * The two blocks that most positions are asked for, with one bit per ticket (1: waits): the block
   * of the head, which may hold only returned tickets, and the block of the first waiting ticket
   * from the frontier on. -1: there is none.
   */
  readonly headBlock: number
  readonly headBits: Uint8Array
  readonly frontBlock: number
  readonly frontBits: Uint8Array
}

/** See lanes.ts and lane-order.ts. */
export interface LaneInSnapshot extends LaneFigures {
  readonly index: number
  readonly name: string
  /** Its place among the lanes that are drained first; null: the weight decides. */
  readonly before: number | null
  readonly weight: number
}

export function laneFigures({ tickets, numbers }: Line, lane: number): LaneFigures {
  const { frontier, next } = numbers.of(lane)
  const head = tickets.lowestWaiting(lane)
  const front = tickets.lowestWaitingFrom(frontier)
  const blockBits = (number: number) => waitingBits(tickets, number)
  return {
    frontier,
    next,
    head,
    waiting: tickets.waitingByLane[lane] as number,
    headBlock: head < 0 ? -1 : head >>> BLOCK_BITS,
    headBits: blockBits(head),
    frontBlock: front < 0 ? -1 : front >>> BLOCK_BITS,
    frontBits: blockBits(front),
  }
}

/** The regular line and the lanes; undefined in a room that never used a lane. */
export function lanesInSnapshot(line: Line): readonly LaneInSnapshot[] | undefined {
  const { numbers, laneOrder } = line
  if (!numbers.hasLanes) return undefined
  return numbers.opened.map((index) => ({
    index,
    name: numbers.of(index).name,
    ...laneOrder.priorityOf(index),
    ...laneFigures(line, index),
  }))
}

/**
 * How many people of all lanes are admitted before the one at a position of a lane, that one
 * included, if nobody joins or leaves.
 */
export function placeAmongAll(position: number, lane: number, lanes: readonly LaneInSnapshot[]): number {
  const own = lanes.find(({ index }) => index === lane)
  if (own === undefined) return position
  const others = lanes.filter((each) => each !== own)
  return others.reduce((place, { before, weight, waiting }) => {
    if (before !== null) return place + (own.before === null || before < own.before ? waiting : 0)
    return own.before === null ? place + Math.min(waiting, Math.floor((position * weight) / own.weight)) : place
  }, position)
}

/** Whether a snapshot has all admissions of a line. */
export function hasAllAdmissions(
  snapshot: { readonly frontier: number; readonly lanes?: readonly LaneInSnapshot[] },
  { numbers }: Line,
): boolean {
  if (snapshot.frontier !== numbers.of(REGULAR).frontier) return false
  const { lanes = [] } = snapshot
  if (!numbers.hasLanes) return lanes.length === 0
  return (
    lanes.length === numbers.opened.length &&
    lanes.every(({ index, frontier }) => frontier === numbers.of(index).frontier)
  )
}

/** The bits of a number's block; all 0 for no number (-1). */
function waitingBits(tickets: Line['tickets'], number: number): Uint8Array {
  const bits = new Uint8Array(BLOCK_SIZE / 8)
  const segment = tickets.segmentOf(number)
  if (segment === undefined) return bits
  const start = (number % SEGMENT_SIZE) & ~(BLOCK_SIZE - 1)
  for (let i = 0; i < BLOCK_SIZE; i++) {
    if (segment.stateAt(start + i) === State.waiting) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7))
  }
  return bits
}
