/** When visitors joined, and how long they waited until their admission. */
import { Distribution, nearestRank, type Percentiles, type SecondsHistogram } from './histogram.ts'
import { JOIN_BLOCK_SIZE, SEGMENT_SIZE, WAIT_BUCKETS_SECONDS, WAIT_SAMPLES } from './limits.ts'
import type { Tickets } from './tickets.ts'

/** Only the join time of the first number of each block of 64 is stored. */
export function noteJoinTime(tickets: Tickets, number: number, nowSeconds: number): void {
  const segment = tickets.segmentOf(number)
  const block = blockOf(number)
  if (segment !== undefined && segment.joinSeconds[block] === 0) segment.joinSeconds[block] = nowSeconds
}

/**
 * When a number joined, in wall-clock seconds; null if its block is unknown. Interpolates as if the
 * joins of a block were spread evenly, so it is off by less than the time that the block took to
 * join. `lastJoinSeconds` is the join time of the lane's newest number.
 */
export function joinedSeconds(
  tickets: Tickets,
  number: number,
  lastJoinSeconds = tickets.numbers.at(number)?.lastJoinSeconds ?? 0,
): number | null {
  const block = joinBlock(tickets, number, lastJoinSeconds)
  return block === null ? null : joinedInBlock(block, number)
}

/** The times between which the numbers of a block joined. */
export interface JoinBlock {
  readonly first: number
  readonly startSeconds: number
  readonly lengthSeconds: number
  /** Numbers that joined within `lengthSeconds`. */
  readonly size: number
}

/** The block of a number; null: unknown. */
export function joinBlock(
  tickets: Tickets,
  number: number,
  lastJoinSeconds = tickets.numbers.at(number)?.lastJoinSeconds ?? 0,
): JoinBlock | null {
  const startSeconds = tickets.segmentOf(number)?.joinSeconds[blockOf(number)] ?? 0
  if (startSeconds === 0) return null
  const first = number - (number % JOIN_BLOCK_SIZE)
  const following = first + JOIN_BLOCK_SIZE
  const nextStart = tickets.segmentOf(following)?.joinSeconds[blockOf(following)] ?? 0
  const [end, size] =
    nextStart > 0
      ? [nextStart, JOIN_BLOCK_SIZE]
      : [lastJoinSeconds, (tickets.numbers.at(number)?.next ?? 0) - 1 - first]
  return { first, startSeconds, lengthSeconds: Math.max(0, end - startSeconds), size }
}

export function joinedInBlock({ first, startSeconds, lengthSeconds, size }: JoinBlock, number: number): number {
  return size <= 0 ? startSeconds : startSeconds + Math.floor((lengthSeconds * (number - first)) / size)
}

function blockOf(number: number): number {
  return Math.floor((number % SEGMENT_SIZE) / JOIN_BLOCK_SIZE)
}

/** Admissions per bucket of `WAIT_BUCKETS_SECONDS`. */
export type WaitHistogram = SecondsHistogram

/**
 * The waits of admitted visitors; one who was admitted at once waited 0 s. The last admissions and
 * those since the last sample are in memory, for percentiles. The histogram of the run is stored.
 */
export class WaitTimes {
  private readonly recent = new Uint32Array(WAIT_SAMPLES)
  private recentCount = 0
  private sinceSample: number[] = []
  readonly distribution: Distribution

  constructor(histogram?: WaitHistogram) {
    this.distribution = new Distribution(WAIT_BUCKETS_SECONDS, histogram)
  }

  push(waitSeconds: number): void {
    const seconds = Math.max(0, waitSeconds)
    this.recent[this.recentCount++ % WAIT_SAMPLES] = seconds
    // Enough for percentiles, whatever the rate of the room.
    if (this.sinceSample.length < WAIT_SAMPLES) this.sinceSample.push(seconds)
    this.distribution.push(seconds)
  }

  /** Of the last `WAIT_SAMPLES` admissions, in seconds. */
  recentPercentiles(): Percentiles {
    return nearestRank([...this.recent.subarray(0, Math.min(this.recentCount, WAIT_SAMPLES))])
  }

  /** Of the admissions since the last call, in seconds. */
  takePercentiles(): Percentiles {
    const waits = this.sinceSample
    this.sinceSample = []
    return nearestRank(waits)
  }

  toStored(): WaitHistogram {
    return this.distribution.toStored()
  }
}
