/** Samples once a second: the object's counters and record, and the origin's licences. */
import { setTimeout as sleep } from 'node:timers/promises'
import { readJournal, readLicences, readStats } from './admin-client.ts'
import type { Figures } from './figures.ts'
import type { Stage } from './stage.ts'
import type { Visitor } from './visitor.ts'

const SAMPLE_EVERY_MS = 1_000
/** Failures in a row; a single lost sample does not end the demo. */
const MAX_FAILURES = 10

/** Adds one sample to `figures`. */
export async function takeSample(stage: Stage, figures: Figures): Promise<void> {
  const [stats, journal, licences] = await Promise.all([
    readStats(stage),
    readJournal(stage, figures.lastSequence),
    readLicences(stage),
  ])
  figures.addSample(stats, licences)
  figures.addJournal(journal)
}

/**
 * Samples until the signal, calling `onSample` after each.
 * @throws Error of the last sample when ten failed in a row.
 */
export async function watch(stage: Stage, figures: Figures, onSample: () => void, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    try {
      await takeSample(stage, figures)
      failures = 0
      onSample()
    } catch (error) {
      failures += 1
      if (failures >= MAX_FAILURES) throw error
    }
    await sleep(SAMPLE_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}

/**
 * Seconds from the last request of each silent leaver to its end in the object's record; null: not
 * found yet.
 */
export function leaverDelaysSeconds(visitors: readonly Visitor[], figures: Figures): (number | null)[] {
  return visitors
    .filter(({ vanished, number }) => vanished && number !== null)
    .map(({ number, lastHeardMs }) => {
      const atMs = figures.expiredAtMs(number ?? 0, lastHeardMs)
      return atMs === null ? null : (atMs - lastHeardMs) / 1_000
    })
}
