/**
 * The cost of a draw: the tables of its permutation, the rank of every entry, and the event of the
 * object that makes it, which also moves every ticket.
 */
import { drawSeed, Permutation } from '../src/core/draw.ts'
import { Line } from '../src/core/line.ts'
import { START_MS } from '../test/core/support/driven-line.ts'
import { event } from '../test/core/support/events.ts'
import { rules } from '../test/core/support/rules.ts'
import { cpuMs } from './cpu-ms.ts'

/** The object orders all drawn entries in one of its events. */
export const DRAW_TARGET_MS = 100

/** A million, and one entry more than a power of four. */
const SIZES = [1_000_000, 1_048_577]

/** Other work on the machine slows a run down even in processor time, so the best one counts. */
const RUNS = 20
const EVENT_RUNS = 5

export interface DrawCost {
  readonly entries: number
  readonly tablesMs: number
  readonly ranksMs: number
  readonly eventMs: number
}

export function drawCosts(): DrawCost[] {
  return SIZES.map((entries) => {
    const seed = drawSeed({ secret: '01'.repeat(32), run: 1, first: 1, end: 1 + entries, randomness: null })
    const make = () => new Permutation(seed, entries)
    // One is made in less than the clock's resolution.
    const tablesMs = cpuMs(() => Array.from({ length: RUNS }, make)) / RUNS
    const best = (runs: number, measure: () => number) => Math.min(...Array.from({ length: runs }, measure))
    const eventMs = best(EVENT_RUNS, () => eventMsOf(entries))
    return { entries, tablesMs, ranksMs: best(RUNS, () => ranksMs(make())), eventMs }
  })
}

function ranksMs(permutation: Permutation): number {
  const entryOf = new Uint32Array(permutation.size)
  const passedMs = cpuMs(() => {
    for (let index = 0; index < entryOf.length; index++) entryOf[permutation.rankOf(index)] = 1 + index
  })
  if (entryOf.includes(0)) throw new Error('a rank was given to nobody')
  return passedMs
}

/** From the lobby to the start, with a full lobby. */
function eventMsOf(entries: number): number {
  const sale = event()
  const line = Line.start(rules(), START_MS, START_MS, [sale])
  line.beginCall(sale.lobbyAtMs ?? START_MS)
  for (let i = 0; i < entries; i++) line.places.join(`key ${i}`)
  line.takeChanges(true)
  const passedMs = cpuMs(() => line.beginInternalEvent(sale.startAtMs))
  if (line.course.draws.published.length !== 1) throw new Error('no draw was made')
  return passedMs
}
