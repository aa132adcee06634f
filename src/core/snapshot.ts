/**
 * The line at one moment, small enough to send with every answer: from it isolates tell everyone who waits a position
 * without asking again.
 *
 * A million people in an unbroken line take about 4 KB: one byte for each block of 256 numbers in which someone waits.
 */
import { BLOCK_BITS, BLOCK_SIZE, BLOCKS_PER_SEGMENT, SEGMENT_BITS } from './limits.ts'
import type { Line } from './line.ts'
import { isClosed, type LineMode, messageNow } from './rules.ts'
import { State } from './ticket-state.ts'

export interface Snapshot {
  readonly run: number
  /** The object's wall-clock time, ms since 1970. */
  readonly atMs: number
  readonly mode: LineMode
  /** 1 + the highest number ever admitted: who has this number or a higher one and is not gone, waits. */
  readonly frontier: number
  /** The next newcomer's number. */
  readonly next: number
  /** The lowest number that waits, -1 when nobody does. For display only. */
  readonly head: number
  readonly waiting: number
  /** Slots taken: offered + active. */
  readonly active: number
  readonly capacity: number
  /** The rate in force: the set one, scaled by the origin guard; 0: nobody is admitted for now. */
  readonly ratePerMinute: number
  /** Newcomers would be answered "full". */
  readonly full: boolean
  /** Runs of blocks in which someone waits, as pairs (first block, number of blocks), ascending. */
  readonly blockRuns: Uint32Array
  /** For each block of these runs in turn: how many wait in it, less 1 (1 to 256 people in one byte). */
  readonly blockCounts: Uint8Array
  /**
   * The blocks that most who look at a position are in, with one bit per ticket: waits or not. The head's, where those who
   * came back may be alone, and that of the first who waits from the frontier on. -1: there is none.
   */
  readonly headBlock: number
  readonly headBits: Uint8Array
  readonly frontBlock: number
  readonly frontBits: Uint8Array
  readonly admittedPerMinute: number | null
  readonly observedAdmissions: number
  readonly leaverSharePerMinute: number
  readonly heartbeatTimeoutSeconds: number
  readonly sessionTimeoutSeconds: number
  readonly reclaimGraceSeconds: number
  /** Objects of older deploys do not say the following. Newcomers are turned away. */
  readonly closed?: boolean
  /** When a closed room opens, ms since 1970; null: not known. */
  readonly opensAtMs?: number | null
  /** The room steps aside. */
  readonly suspended?: boolean
  /** The operators' word to everyone in line. */
  readonly message?: string | null
  /** Numbers from the frontier on that have no place any more, newest last: their holders are told by the object. */
  readonly lostPlaces?: Uint32Array
  /** Sessions that nobody uses end after this; 0 or missing: they do not. */
  readonly idleTimeoutSeconds?: number
  /** What the origin guard scales the set rate by, 0 to 1. */
  readonly admissionFactor?: number
}

/** Cost grows with the number of segments in which someone waits, not with the people. */
export function takeSnapshot(line: Line, nowMs: number): Snapshot {
  const { tickets, rules, rates } = line
  const head = tickets.lowestWaiting()
  const front = tickets.lowestWaitingFrom(line.frontier)
  return {
    run: line.run,
    atMs: nowMs,
    mode: rules.mode,
    frontier: line.frontier,
    next: tickets.next,
    head,
    waiting: tickets.waiting,
    active: tickets.occupied,
    capacity: rules.capacity,
    ratePerMinute: line.pace.ratePerMinute,
    full: tickets.isFull || tickets.waiting >= rules.maxWaiting,
    ...waitingBlocks(line),
    headBlock: head < 0 ? -1 : head >>> BLOCK_BITS,
    headBits: blockBits(line, head),
    frontBlock: front < 0 ? -1 : front >>> BLOCK_BITS,
    frontBits: blockBits(line, front),
    admittedPerMinute: rates.admittedPerMinute,
    observedAdmissions: rates.observedAdmissions,
    leaverSharePerMinute: rates.leaverSharePerMinute,
    heartbeatTimeoutSeconds: rules.heartbeatTimeoutSeconds,
    sessionTimeoutSeconds: rules.sessionTimeoutSeconds,
    reclaimGraceSeconds: rules.reclaimGraceSeconds,
    lostPlaces: line.lostPlaces(nowMs),
    idleTimeoutSeconds: rules.idleTimeoutSeconds,
    closed: isClosed(rules, nowMs),
    opensAtMs: isClosed(rules, nowMs) ? rules.opensAtMs : null,
    suspended: rules.suspended,
    message: messageNow(rules, nowMs),
    admissionFactor: line.admissionFactor,
  }
}

function waitingBlocks(line: Line): Pick<Snapshot, 'blockRuns' | 'blockCounts'> {
  const runs: number[] = []
  const counts: number[] = []
  let previous = -2
  for (const segment of line.tickets.all()) {
    if (segment.waiting === 0) continue
    const firstBlock = segment.index << (SEGMENT_BITS - BLOCK_BITS)
    for (let b = 0; b < BLOCKS_PER_SEGMENT; b++) {
      const count = segment.waitingPerBlock[b] as number
      if (count === 0) continue
      if (firstBlock + b === previous + 1) (runs[runs.length - 1] as number)++
      else runs.push(firstBlock + b, 1)
      previous = firstBlock + b
      counts.push(count - 1)
    }
  }
  return { blockRuns: Uint32Array.from(runs), blockCounts: Uint8Array.from(counts) }
}

/** Of the block that a number is in; of none (-1) all 0. */
function blockBits(line: Line, number: number): Uint8Array {
  const bits = new Uint8Array(BLOCK_SIZE / 8)
  const segment = line.tickets.segmentOf(number)
  if (segment === undefined) return bits
  const start = (number % (1 << SEGMENT_BITS)) & ~(BLOCK_SIZE - 1)
  for (let i = 0; i < BLOCK_SIZE; i++) {
    if (segment.stateAt(start + i) === State.waiting) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7))
  }
  return bits
}
