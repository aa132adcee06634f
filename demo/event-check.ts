/**
 * Checks the draw of an event: takes the published record as any visitor could, and lets
 * examples/verify-draw.mjs, which shares no code with the waiting room, compute each rank.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type DrawRecord, readPublishedDraws } from './admin-client.ts'
import type { Figures } from './figures.ts'
import type { Stage } from './stage.ts'
import type { Visitor } from './visitor.ts'

const SCRIPT = fileURLToPath(new URL('../examples/verify-draw.mjs', import.meta.url))
const SCRIPTS_AT_ONCE = 4
const SCRIPT_TIMEOUT_MS = 20_000
const run = promisify(execFile)

/** An entry of the draw. */
export interface EntryOutcome {
  readonly entry: number
  /** By the independent script. */
  readonly rank: number
  /** As the visitor was told. */
  readonly shownRank: number | null
  /** After the start; null: not admitted. */
  readonly admittedAfterSeconds: number | null
}

export interface EventOutcome {
  readonly draw: DrawRecord
  readonly startMs: number
  /** By rank. */
  readonly entries: readonly EntryOutcome[]
  /** The command that computes the rank of an entry. */
  readonly command: string
}

/** @throws Error when there is no draw, or the script refuses its record */
export async function checkEvent(
  stage: Stage,
  figures: Figures,
  visitors: readonly Visitor[],
  startMs: number,
): Promise<EventOutcome> {
  const published = await readPublishedDraws(stage)
  const draw = published.draws.at(-1)
  if (draw === undefined) throw new Error('no draw was made in time')
  const file = join(stage.folder, 'draw.json')
  writeFileSync(file, JSON.stringify(published))
  const entrants = visitors.filter((visitor) => visitor.draw !== null)
  const entries: EntryOutcome[] = []
  for (let done = 0; done < entrants.length; done += SCRIPTS_AT_ONCE) {
    const some = entrants.slice(done, done + SCRIPTS_AT_ONCE)
    entries.push(...(await Promise.all(some.map((visitor) => outcomeOf(visitor, file, draw, figures, startMs)))))
  }
  entries.sort((a, b) => a.rank - b.rank)
  const command = `node ${[SCRIPT, file].map((path) => relative(process.cwd(), path)).join(' ')}`
  return { draw, startMs, entries, command: `${command} ${entries[0]?.entry} ${draw.commitment}` }
}

async function outcomeOf(
  { draw: shown }: Visitor,
  file: string,
  { first }: DrawRecord,
  figures: Figures,
  startMs: number,
): Promise<EntryOutcome> {
  const { entry, commitment, rank: shownRank } = shown as NonNullable<Visitor['draw']>
  // The commitment of the lobby: the script refuses the record if it is another one.
  const args = [SCRIPT, file, String(entry), commitment]
  const { stdout } = await run(process.execPath, args, { timeout: SCRIPT_TIMEOUT_MS })
  const rank = Number(/^entry \d+: rank (\d+) of \d+$/.exec(stdout.trim())?.[1])
  const admittedMs = figures.firstAdmissions.get(first + rank - 1)
  return {
    entry,
    rank,
    shownRank,
    admittedAfterSeconds: admittedMs === undefined ? null : Math.round((admittedMs - startMs) / 100) / 10,
  }
}

/** The entries by rank, as a table. */
export function entryTable({ entries }: EventOutcome): string {
  const rows = entries.map(({ rank, shownRank, entry, admittedAfterSeconds }) => [
    String(rank),
    String(entry),
    shownRank === rank ? 'yes' : `NO: ${shownRank}`,
    admittedAfterSeconds === null ? 'not yet' : admittedAfterSeconds.toFixed(1),
  ])
  const header = ['rank', 'entry', 'as shown', 'admitted after s']
  return [header, ...rows]
    .map((cells) => `  ${cells.map((cell, i) => cell.padStart(header[i]?.length ?? 0)).join('  ')}\n`)
    .join('')
}
