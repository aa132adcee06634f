/** The output of `npm run verify-draw` about a draw that matches. */
import { Permutation } from '../../src/core/draw.ts'
import type { PublishedDraw } from './draws.ts'

const FIRST_SHOWN = 10

/** The first entries of a larger draw are not looked for, which would take seconds. */
const SEARCHED_MAX = 5_000_000

export function entryLine(draw: PublishedDraw, entry: number): string {
  const { event, run, first, end } = draw
  const rank = new Permutation(draw.seed, end - first).rankOf(entry - first)
  return `${event}, run ${run}: entry ${entry} has rank ${rank + 1} of ${end - first}, line number ${first + rank}`
}

export function summary(draw: PublishedDraw): string {
  const { event, run, first, end } = draw
  const entries = end === first ? 'no entries' : `${end - first} entries, numbers ${first} to ${end - 1}`
  const frozenAt = draw.frozenAt ?? draw.frozenAtMs
  const lines = [
    `${event}, run ${run}: ${entries}`,
    ...(frozenAt === undefined ? [] : [`  entries frozen at ${new Date(frozenAt).toISOString()}`]),
    `  commitment ${draw.commitment} matches the secret`,
    `  seed ${draw.seed} matches secret, run, bounds and randomness`,
    ...randomnessLines(draw),
  ]
  if (end > first && end - first <= SEARCHED_MAX) lines.push(`  first by rank: ${firstEntries(draw).join(', ')}`)
  return lines.join('\n')
}

function randomnessLines({ beacon, randomness }: PublishedDraw): string[] {
  if (!beacon) return ['  without public randomness: the secret alone decided']
  const url = `${beacon.url}/${beacon.hash}/public/${beacon.round}`
  return randomness === null
    ? [`  the beacon could not be read in time, so the secret alone decided: ${url}`]
    : [`  randomness ${randomness}`, `  compare it with ${url}`]
}

/** The entries with the lowest ranks, in order. */
function firstEntries({ seed, first, end }: PublishedDraw): number[] {
  const permutation = new Permutation(seed, end - first)
  const entries: number[] = []
  for (let entry = first; entry < end; entry++) {
    const rank = permutation.rankOf(entry - first)
    if (rank < FIRST_SHOWN) entries[rank] = entry
  }
  return entries
}
