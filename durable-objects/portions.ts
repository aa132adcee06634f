/**
 * The samples of a long period are read in portions. Between two portions the object, which does
 * one thing at a time, answers its visitors.
 */
import { HOUR_MS } from '../src/limits.ts'

/**
 * 1,080 samples of a tick each 10 s, twice as many with the shortest ticks: less than 50 ms
 * (docs/bench.md). Steps of an hour and less divide it; a day has several.
 */
const PORTION_MS = 3 * HOUR_MS

type Span = readonly [fromMs: number, toMs: number]

/** Cut at whole multiples, so that no step of this length or shorter is in two portions. */
export function portionsOf(fromMs: number, toMs: number): Span[] {
  const spans: Span[] = []
  for (let startMs = fromMs; startMs < toMs; ) {
    const endMs = Math.min(toMs, (Math.floor(startMs / PORTION_MS) + 1) * PORTION_MS)
    spans.push([startMs, endMs])
    startMs = endMs
  }
  return spans
}

/** The results of the portions from the first sample to the last. Other events run between them. */
export async function inPortions<T>(
  sql: SqlStorage,
  fromMs: number,
  toMs: number,
  read: (fromMs: number, toMs: number) => T,
): Promise<T[]> {
  const { first, last } = sql.exec<{ first: number | null; last: number | null }>(SELECT_ENDS).one()
  const results: T[] = []
  for (const [startMs, endMs] of portionsOf(Math.max(fromMs, first ?? toMs), Math.min(toMs, (last ?? 0) + 1))) {
    if (results.length > 0) await new Promise((resume) => setTimeout(resume, 0))
    results.push(read(startMs, endMs))
  }
  return results
}

/** Two lookups in the index: both in one SELECT would read all rows. */
const SELECT_ENDS = 'SELECT (SELECT MIN(at_ms) FROM samples) AS first, (SELECT MAX(at_ms) FROM samples) AS last'
