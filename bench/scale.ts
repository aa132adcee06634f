/**
 * npm run bench: what one room costs as its line grows, in this process alone (no runtime, no storage). Times depend on the
 * machine; how they grow from row to row does not.
 */
import { applyExchange, type ExchangeRequest } from '../src/core/exchange.ts'
import { Line } from '../src/core/line.ts'
import { takeSnapshot } from '../src/core/snapshot.ts'
import { rules } from '../test/core/support/rules.ts'

const SIZES = [10_000, 100_000, 1_000_000]
const REPEATS = 15
const START_MS = 1_700_000_000_000

const benchRules = rules({ capacity: 1000, ratePerMinute: 6000, maxWaiting: 5_000_000 })

function lineOf(size: number): Line {
  const line = Line.start(benchRules, START_MS, START_MS)
  line.beginCall(START_MS)
  for (let i = 0; i < size; i++) line.join(`key ${i}`)
  line.takeChanges(true)
  return line
}

function presenceOf(line: Line, count: number): ExchangeRequest {
  const step = Math.max(1, Math.floor(line.tickets.next / count))
  const numbers = Uint32Array.from({ length: count }, (_, i) => 1 + i * step)
  const none = { numbers: new Uint32Array(), agesMs: new Uint32Array() }
  const presence = { numbers, agesMs: new Uint32Array(count) }
  const nothing = { joins: [], claims: [], leaves: [], departures: none, failures: 0, honoured: 0 }
  return { room: 'bench', isolate: 'bench', run: line.run, presence, ...nothing }
}

/** Median of several runs, ms. */
function medianMs(work: (run: number) => void): number {
  const times = Array.from({ length: REPEATS }, (_, run) => {
    const start = performance.now()
    work(run)
    return performance.now() - start
  })
  return times.sort((a, b) => a - b)[REPEATS >> 1] as number
}

function call(line: Line, work: () => void): void {
  line.beginCall(START_MS)
  work()
}

function worstTickMs(size: number): number {
  const line = lineOf(size)
  for (const seconds of [10, 20, 30]) line.beginCall(START_MS + seconds * 1000)
  const start = performance.now()
  line.advance()
  line.verify()
  return performance.now() - start
}

function restoreMs(line: Line): number {
  for (const segment of line.tickets.all()) line.tickets.setFlags(segment.index * 4096 + 1, 16)
  const changes = line.takeChanges(true)
  if (changes === null) throw new Error('nothing to restore')
  return medianMs(() => Line.restore(benchRules, changes, START_MS))
}

const rows = SIZES.map((size) => {
  const line = lineOf(size)
  const request = presenceOf(line, 1000)
  const snapshot = takeSnapshot(line, START_MS)
  return {
    'people in line': size,
    'state, KB': Math.round((line.tickets.all().length * (4096 * 5 + 64 * 4 + 16 * 2)) / 1024),
    'snapshot, bytes': snapshot.blockCounts.byteLength + snapshot.blockRuns.byteLength + snapshot.headBits.byteLength,
    'snapshot, ms': round(medianMs((run) => takeSnapshot(line, START_MS + run))),
    'call with 1,000 heard, ms': round(medianMs(() => call(line, () => applyExchange(line, request)))),
    'tick, all present, ms': round(medianMs(() => call(line, () => line.advance()))),
    'tick, all expire, ms': round(worstTickMs(size)),
    'restore, ms': round(restoreMs(line)),
  }
})
console.table(rows)

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
