/** When visitors joined, and how long they waited until their admission. */
import { bucketOf, type Percentiles } from './histogram.ts'
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
  const start = tickets.segmentOf(number)?.joinSeconds[blockOf(number)] ?? 0
  if (start === 0) return null
  const first = number - (number % JOIN_BLOCK_SIZE)
  const following = first + JOIN_BLOCK_SIZE
  const nextStart = tickets.segmentOf(following)?.joinSeconds[blockOf(following)] ?? 0
  const [end, size] =
    nextStart > 0
      ? [nextStart, JOIN_BLOCK_SIZE]
      : [lastJoinSeconds, (tickets.numbers.at(number)?.next ?? 0) - 1 - first]
  return size <= 0 ? start : start + Math.floor((Math.max(0, end - start) * (number - first)) / size)
}

function blockOf(number: number): number {
  return Math.floor((number % SEGMENT_SIZE) / JOIN_BLOCK_SIZE)
}

export interface WaitHistogram {
  /** Admissions per bucket of `WAIT_BUCKETS_SECONDS`; the last count is beyond its last bound. */
  readonly counts: readonly number[]
  readonly sumSeconds: number
}

/**
 * The waits of admitted visitors; one who was admitted at once waited 0 s. The last admissions and
 * those since the last sample are in memory, for percentiles. The histogram of the run is stored.
 */
export class WaitTimes {
  private readonly recent = new Uint32Array(WAIT_SAMPLES)
  private recentCount = 0
  private sinceSample: number[] = []
  private readonly counts: number[]
  private sumSeconds: number

  constructor(histogram?: WaitHistogram) {
    this.counts = Array.from({ length: WAIT_BUCKETS_SECONDS.length + 1 }, (_, i) => histogram?.counts[i] ?? 0)
    this.sumSeconds = histogram?.sumSeconds ?? 0
  }

  push(waitSeconds: number): void {
    const seconds = Math.max(0, waitSeconds)
    this.recent[this.recentCount++ % WAIT_SAMPLES] = seconds
    // Enough for percentiles, whatever the rate of the room.
    if (this.sinceSample.length < WAIT_SAMPLES) this.sinceSample.push(seconds)
    const bucket = bucketOf(WAIT_BUCKETS_SECONDS, seconds)
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sumSeconds += seconds
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
    return { counts: [...this.counts], sumSeconds: this.sumSeconds }
  }
}

function nearestRank(waits: number[]): Percentiles {
  const sorted = waits.sort((a, b) => a - b)
  return (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}
