/**
 * npm run bench -- --scale: the cost of one room as its line grows, in this process alone (no
 * runtime, no storage), of a draw, and the calls of many isolates under its pacing. Writes the plot
 * docs/scale.svg. Times depend on the machine; their growth does not.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import '../simulation/load.ts'
import { applyExchange, type ExchangeRequest } from '../src/core/exchange.ts'
import { SEGMENT_SIZE } from '../src/core/limits.ts'
import { Line } from '../src/core/line.ts'
import type { LineChanges } from '../src/core/line-state.ts'
import type { Segment } from '../src/core/segment.ts'
import { takeSnapshot } from '../src/core/snapshot.ts'
import { DEPARTING_FLAG } from '../src/core/ticket-state.ts'
import { rules } from '../test/core/support/rules.ts'
import { cpuMs } from './cpu-ms.ts'
import { DRAW_TARGET_MS, drawCosts } from './draw.ts'
import { plot, type Series } from './plot.ts'

const { simulateManyIsolates } = await import('../simulation/many-isolates.ts')

/**
 * Processor time has a resolution of several milliseconds, so short ticks are repeated more often.
 */
const WORST_TICKS_MIN = 5
const WORST_TICKS_MAX = 60
const WORST_TICKS_TICKETS = 3_000_000

/** The plot's axes have no zero. */
const LEAST_MS = 0.001
const START_MS = 1_700_000_000_000
const HEARD_PER_CALL = 1_000
const JOINS_PER_CALL = 256
const PLOT = resolve(import.meta.dirname, '../docs/scale.svg')

const benchRules = rules({ capacity: 1000, ratePerMinute: 6000, maxWaiting: 10_000_000 })

interface Cost {
  readonly line: string
  readonly waiting: number
  readonly stateKiB: number
  readonly snapshotBytes: number
  readonly snapshotMs: number
  readonly callMs: number
  readonly tickMs: number
  readonly worstTickMs: number
  readonly restoreMs: number
  readonly rowsOfJoins: number
  readonly rowsOfWorstTick: number
}

type Targets = Partial<Record<keyof Cost, number>>

const MILLION: Targets = { stateKiB: 16 * 1024, snapshotBytes: 16 * 1024, worstTickMs: 50, restoreMs: 500 }
const TEN_MILLION: Targets = { stateKiB: 64 * 1024, snapshotBytes: 48 * 1024, tickMs: 60 }

const costs = [
  costsOf('10,000 wait', () => lineOf(10_000)),
  costsOf('100,000 wait', () => lineOf(100_000)),
  costsOf('1,000,000 wait', () => lineOf(1_000_000)),
  costsOf('10,000,000 wait', () => lineOf(10_000_000)),
  costsOf('10,000,000 numbers, the last 100,000 wait', longTail),
]
console.table(
  costs.map((cost) => ({
    line: cost.line,
    'state, KiB': Math.round(cost.stateKiB),
    'snapshot, bytes': cost.snapshotBytes,
    'snapshot, ms': rounded(cost.snapshotMs),
    'call with 1,000 heard, ms': rounded(cost.callMs),
    'tick, all present, ms': rounded(cost.tickMs),
    'tick, all expire, ms': rounded(cost.worstTickMs),
    'restore, ms': rounded(cost.restoreMs),
    'rows, 256 joins': cost.rowsOfJoins,
    'rows, worst tick': cost.rowsOfWorstTick,
  })),
)
console.table([...judged(costs[2] as Cost, MILLION), ...judged(costs[3] as Cost, TEN_MILLION)])
console.table(
  drawCosts().map(({ entries, tablesMs, ranksMs, eventMs }) => ({
    'entries of a draw': entries,
    'tables, ms': rounded(tablesMs),
    'all ranks, ms': rounded(ranksMs),
    'the whole event, ms': rounded(eventMs),
    target: `${DRAW_TARGET_MS} or less`,
    '': eventMs <= DRAW_TARGET_MS ? 'met' : 'missed',
  })),
)
writeFileSync(PLOT, plot('One room as its line grows', 'people who wait', series()))
console.log(`Plotted in ${PLOT}`)
console.table(await manyIsolates())

function judged(cost: Cost, targets: Targets) {
  return Object.entries(targets).map(([what, target]) => {
    const value = cost[what as keyof Cost] as number
    return {
      line: cost.line,
      cost: what,
      value: rounded(value),
      target: `${target} or less`,
      '': value <= target ? 'met' : 'missed',
    }
  })
}

function lineOf(size: number): Line {
  const line = newLine()
  for (let i = 0; i < size; i++) line.places.join(`key ${i}`)
  line.takeChanges(true)
  return line
}

/** Ten million joined and nearly all are gone; one in each 100,000 has stayed. */
function longTail(): Line {
  const line = newLine()
  for (let number = 1; number <= 10_000_000; number++) {
    line.places.join(`key ${number}`)
    if (number <= 9_900_000 && number % 100_000 !== 0) line.places.leave(number)
    if (number % 1_000_000 === 0) {
      line.tickets.dropEmpty()
      line.verify()
    }
  }
  line.takeChanges(true)
  return line
}

function newLine(): Line {
  const line = Line.start(benchRules, START_MS, START_MS)
  line.beginCall(START_MS)
  return line
}

function costsOf(name: string, make: () => Line): Cost {
  const line = make()
  const request = presenceOf(line, HEARD_PER_CALL)
  const snapshot = takeSnapshot(line, START_MS)
  const { blockCounts, blockRuns, headBits, frontBits } = snapshot
  const cost = {
    line: name,
    waiting: line.tickets.waiting,
    stateKiB: line.tickets.all().reduce((sum, segment) => sum + bytesOf(segment), 0) / 1024,
    snapshotBytes: blockCounts.byteLength + blockRuns.byteLength + headBits.byteLength + frontBits.byteLength,
    snapshotMs: meanMs(500, () => takeSnapshot(line, START_MS)),
    callMs: meanMs(500, () => call(line, () => applyExchange(line, request))),
    tickMs: meanMs(20, () => call(line, () => line.advance())),
  }
  const restoreMs = restoreMsOf(line)
  call(line, () => {
    for (let i = 0; i < JOINS_PER_CALL; i++) line.places.join(`late ${i}`)
  })
  const rowsOfJoins = rowsOf(line.takeChanges(false))
  const changes = allOf(line)
  // A line can expire only once, so each run uses a copy.
  const count = Math.ceil(WORST_TICKS_TICKETS / cost.waiting)
  const worstTicks = Array.from({ length: Math.min(Math.max(count, WORST_TICKS_MIN), WORST_TICKS_MAX) }, () => {
    const copy = Line.restore(benchRules, structuredClone(changes), START_MS)
    for (let second = 5; second <= 60; second += 5) copy.beginCall(START_MS + second * 1000)
    const worstTickMs = cpuMs(() => {
      copy.advance()
      copy.verify()
    })
    if (copy.totals.expired < cost.waiting - benchRules.capacity) throw new Error('not all have expired')
    return { worstTickMs, rows: rowsOf(copy.takeChanges(true)) }
  })
  // The first run happens before the code is compiled.
  const [, ...ticksMs] = worstTicks.map((tick) => tick.worstTickMs)
  const worstTickMs = Math.max(LEAST_MS, ticksMs.reduce((sum, each) => sum + each, 0) / ticksMs.length)
  return { ...cost, restoreMs, worstTickMs, rowsOfJoins, rowsOfWorstTick: worstTicks[0]?.rows ?? 0 }
}

function bytesOf({ states, heard, joinSeconds, waitingPerBlock, counts }: Segment): number {
  const views = [states, heard, joinSeconds, waitingPerBlock, counts]
  return views.reduce((sum, view) => sum + view.byteLength, 0)
}

function presenceOf(line: Line, count: number): ExchangeRequest {
  const step = Math.max(1, Math.floor(line.tickets.next / count))
  const numbers = Uint32Array.from({ length: count }, (_, i) => 1 + i * step)
  const none = { numbers: new Uint32Array(), agesMs: new Uint32Array() }
  const presence = { numbers, agesMs: new Uint32Array(count) }
  const nothing = { joins: [], claims: [], leaves: [], departures: none, failures: 0, honoured: 0 }
  return { room: 'bench', isolate: 'bench', run: line.run, presence, ...nothing }
}

function call(line: Line, work: () => void): void {
  line.beginCall(START_MS)
  work()
}

/** The head, and each segment written or deleted. */
function rowsOf(changes: LineChanges | null): number {
  return changes === null ? 0 : 1 + changes.segments.length + changes.dropped.length
}

function restoreMsOf(line: Line): number {
  const changes = allOf(line)
  return meanMs(10, () => Line.restore(benchRules, changes, START_MS))
}

/** The stored form of the whole line. */
function allOf(line: Line): LineChanges {
  for (const { index } of line.tickets.all()) {
    const live = line.tickets.lowestWaitingFrom(index * SEGMENT_SIZE)
    // Toggles a flag, so that every segment counts as changed.
    if (live < 0) continue
    line.tickets.setFlags(live, DEPARTING_FLAG)
    line.tickets.clearFlags(live, DEPARTING_FLAG)
  }
  const changes = line.takeChanges(true)
  if (changes === null) throw new Error('nothing to restore')
  // The line changes later, its stored form must not.
  return structuredClone(changes)
}

async function manyIsolates() {
  const crowd = { capacity: 200, ratePerMinute: 600, seed: 1, arrivalSeconds: 40, staySeconds: 30 }
  const rows = []
  for (const [isolates, visitors] of [
    [1, 5_000],
    [100, 5_000],
    [2_500, 10_000],
  ] as const) {
    const figures = await simulateManyIsolates({ ...crowd, isolates, visitors })
    rows.push({
      isolates,
      visitors,
      'calls/s': rounded(figures.callsPerSecond),
      'worst second': figures.worstSecond,
      'one call per request, calls/s': Math.round(figures.requestsPerSecond),
      'pace, ms': figures.worstPaceMs,
      'expired though present': figures.expired,
    })
  }
  return rows
}

function series(): Series[] {
  const of = (label: string, figure: (cost: Cost) => number): Series => ({
    label,
    points: costs.slice(0, 4).map((cost) => [cost.waiting, figure(cost)]),
  })
  return [
    of('state, KiB', (cost) => cost.stateKiB),
    of('snapshot, bytes', (cost) => cost.snapshotBytes),
    of('tick in which all expire, ms', (cost) => cost.worstTickMs),
    of('tick with all present, ms', (cost) => cost.tickMs),
    of('restore, ms', (cost) => cost.restoreMs),
    of('call with 1,000 heard, ms', (cost) => cost.callMs),
  ]
}

/** Measures many runs together, because one is shorter than the clock's resolution. */
function meanMs(runs: number, work: () => void): number {
  return Math.max(LEAST_MS, cpuMs(() => Array.from({ length: runs }, work)) / runs)
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
