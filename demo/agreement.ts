/**
 * Compares all counts at the end of a smoke run: those of the crowd and of the object's event
 * record with those that an operator reads in stats, history and metrics.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { readHistory, readMetrics, readStats } from './admin-client.ts'
import type { Figures } from './figures.ts'
import { takeSample } from './monitor.ts'
import type { Stage } from './stage.ts'
import type { Visitor } from './visitor.ts'

/** The history lags by one tick: 10 s, and a little more. */
const PATIENCE_MS = 12_000
const POLL_MS = 500

export interface Count {
  readonly joined: number
  readonly admitted: number
  readonly expired: number
}

export interface Agreement {
  /** The tickets of the crowd; admissions and expiries one by one. */
  readonly own: Count
  readonly stats: Count
  readonly history: Count
  readonly metrics: Count
}

/** The four counts as soon as they agree, or the last ones when the time is up. */
export async function countAll(
  stage: Stage,
  figures: Figures,
  visitors: readonly Visitor[],
  fromMs: number,
  signal: AbortSignal,
): Promise<Agreement> {
  const deadlineMs = Date.now() + PATIENCE_MS
  for (;;) {
    const counts = await countOnce(stage, figures, visitors, fromMs)
    if (agrees(counts) || Date.now() > deadlineMs) return counts
    await sleep(POLL_MS, undefined, { signal })
  }
}

export function agrees({ own, ...others }: Agreement): boolean {
  return Object.values(others).every(
    ({ joined, admitted, expired }) => joined === own.joined && admitted === own.admitted && expired === own.expired,
  )
}

async function countOnce(
  stage: Stage,
  figures: Figures,
  visitors: readonly Visitor[],
  fromMs: number,
): Promise<Agreement> {
  await takeSample(stage, figures)
  const joined = new Set(visitors.map(({ number }) => number).filter((number) => number !== null)).size
  const { totals } = await readStats(stage)
  const points = await readHistory(stage, fromMs)
  const metrics = await readMetrics(stage)
  return {
    own: { joined, admitted: figures.admissions, expired: figures.expiries },
    stats: countOf((name) => totals[name]),
    history: countOf((name) => points.reduce((sum, point) => sum + point[name], 0)),
    metrics: countOf((name) => metrics(`waiting_room_${name}_total`)),
  }
}

function countOf(figure: (name: keyof Count) => number): Count {
  return { joined: figure('joined'), admitted: figure('admitted'), expired: figure('expired') }
}
