/** The cost of a draw: the tables of its permutation, and the rank of every entry. */
import { drawSeed, Permutation } from '../src/core/draw.ts'
import { cpuMs } from './cpu-ms.ts'

/** The object orders all drawn entries in one of its events. */
export const DRAW_TARGET_MS = 100

/** A million, and one entry more than a power of four. */
const SIZES = [1_000_000, 1_048_577]

/** Other work on the machine slows a run down even in processor time, so the best one counts. */
const RUNS = 20

export interface DrawCost {
  readonly entries: number
  readonly tablesMs: number
  readonly ranksMs: number
}

export function drawCosts(): DrawCost[] {
  return SIZES.map((entries) => {
    const seed = drawSeed({ secret: '01'.repeat(32), run: 1, first: 1, end: 1 + entries, randomness: null })
    const make = () => new Permutation(seed, entries)
    // One is made in less than the clock's resolution.
    const tablesMs = cpuMs(() => Array.from({ length: RUNS }, make)) / RUNS
    return { entries, tablesMs, ranksMs: Math.min(...Array.from({ length: RUNS }, () => ranksMs(make()))) }
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
