/**
 * Longer periods from the object's storage: from samples while they are kept (7 days), and from one
 * row per UTC day for 400 days.
 *
 * A day gets its row just before its first sample is deleted: then nothing about it changes any
 * more, and no tick writes more than its sample.
 */
import {
  DISTRIBUTIONS,
  type DistributionName,
  eachFigure,
  FIGURES,
  PERCENTILES,
  SAMPLED_GAUGES,
  SAMPLED_TOTALS,
} from '../src/core/figures.ts'
import { mergePeriods, NO_PERIOD, type Period, type PeriodPoint, type StoredPeriod } from '../src/core/period.ts'
import { DAY_MS, DAYS_KEPT } from '../src/limits.ts'
import { inPortions, portionsOf } from './portions.ts'
import { columnOf, FROM_MS, WITHIN } from './sample-columns.ts'

type Row = Record<string, number | null>
type Texts = Record<DistributionName, string | null>

const AGGREGATES = [
  ...SAMPLED_GAUGES.flatMap((name) => [
    `MAX(${columnOf(name)}) AS max_${columnOf(name)}`,
    `SUM(${columnOf(name)}) AS sum_${columnOf(name)}`,
  ]),
  ...SAMPLED_TOTALS.map((name) => `SUM(${columnOf(name)}) AS ${columnOf(name)}`),
  ...PERCENTILES.map((name) => `MAX(${columnOf(name)}) AS ${columnOf(name)}`),
  // Lists of numbers as JSON. json_each takes ten times as long as adding them up here.
  ...DISTRIBUTIONS.map((name) => `group_concat(${FIGURES[name].column}) AS ${name}`),
]

const SELECT_STEPS = `SELECT ${FROM_MS}, COUNT(*) AS samples, ${AGGREGATES} FROM samples WHERE ${WITHIN}
  GROUP BY 1 ORDER BY 1`

export class DayStore {
  private readonly sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.sql = sql
  }

  /**
   * The steps from `fromMs` (included) to `toMs` (excluded), oldest first; steps without a sample
   * are left out. Only steps of a day reach further back than the samples.
   */
  async points(fromMs: number, toMs: number, stepMs: number): Promise<PeriodPoint[]> {
    const portions = await inPortions(this.sql, fromMs, toMs, (start, end) => this.fromSamples(start, end, stepMs))
    const recent = merged(portions.flat())
    if (stepMs !== DAY_MS) return recent
    // Read last: a day that got its row meanwhile has lost some of its samples.
    const days = this.stored(fromMs, toMs)
    const known = new Set(days.map((day) => day.fromMs))
    return [...days, ...recent.filter((day) => !known.has(day.fromMs))].sort((a, b) => a.fromMs - b.fromMs)
  }

  /** Before samples from before `cutoffMs` are deleted: writes the rows of their days. */
  rollUp(cutoffMs: number): void {
    const [oldest] = this.sql.exec<{ at_ms: number }>('SELECT at_ms FROM samples ORDER BY at_ms LIMIT 1').toArray()
    if (oldest === undefined || oldest.at_ms >= cutoffMs) return
    const [last] = this.sql.exec<{ day: number | null }>('SELECT MAX(day) AS day FROM days').toArray()
    const firstMs = Math.max(startOfDay(oldest.at_ms), ((last?.day ?? -1) + 1) * DAY_MS)
    const endMs = startOfDay(cutoffMs - 1) + DAY_MS
    if (firstMs >= endMs) return
    const portions = portionsOf(firstMs, endMs).flatMap(([start, end]) => this.fromSamples(start, end, DAY_MS))
    for (const { fromMs, ...day } of merged(portions)) {
      this.sql.exec('INSERT OR IGNORE INTO days (day, figures) VALUES (?, ?)', fromMs / DAY_MS, JSON.stringify(day))
    }
    this.sql.exec('DELETE FROM days WHERE day < ?', Math.floor(cutoffMs / DAY_MS) - DAYS_KEPT)
  }

  private stored(fromMs: number, toMs: number): PeriodPoint[] {
    return this.sql
      .exec<{ day: number; figures: string }>(
        'SELECT day, figures FROM days WHERE day >= ? AND day < ? ORDER BY day',
        Math.floor(fromMs / DAY_MS),
        Math.ceil(toMs / DAY_MS),
      )
      .toArray()
      .map(({ day, figures }) => ({
        ...mergePeriods(NO_PERIOD, JSON.parse(figures) as StoredPeriod),
        fromMs: day * DAY_MS,
      }))
  }

  /** One portion. */
  private fromSamples(fromMs: number, toMs: number, stepMs: number): PeriodPoint[] {
    return this.sql
      .exec<Row & Texts & { from_ms: number; samples: number }>(SELECT_STEPS, stepMs, fromMs, toMs)
      .toArray()
      .map((row) => ({
        fromMs: row.from_ms,
        ...periodOf(row),
        distributions: eachFigure(DISTRIBUTIONS, (name) => sumOfLists(row[name])),
      }))
  }
}

/** Merges the portions of a step, which are next to each other. */
function merged(points: readonly PeriodPoint[]): PeriodPoint[] {
  const steps: PeriodPoint[] = []
  for (const point of points) {
    const last = steps.at(-1)
    if (last?.fromMs !== point.fromMs) steps.push(point)
    else steps[steps.length - 1] = { fromMs: point.fromMs, ...mergePeriods(last, point) }
  }
  return steps
}

/** @param texts lists of numbers as JSON, separated by commas; null: none */
export function sumOfLists(texts: string | null): number[] {
  const sum: number[] = []
  for (const list of JSON.parse(`[${texts ?? ''}]`) as number[][]) {
    for (let i = 0; i < list.length; i++) sum[i] = (sum[i] ?? 0) + (list[i] as number)
  }
  return sum
}

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS
}

/** Only the columns of percentiles can be NULL. */
function periodOf(row: Row & { samples: number }): Omit<Period, 'distributions'> {
  const value = (column: string) => row[column] as number
  return {
    samples: row.samples,
    highest: eachFigure(SAMPLED_GAUGES, (name) => value(`max_${columnOf(name)}`)),
    sums: eachFigure(SAMPLED_GAUGES, (name) => value(`sum_${columnOf(name)}`)),
    totals: eachFigure(SAMPLED_TOTALS, (name) => value(columnOf(name))),
    percentiles: eachFigure(PERCENTILES, (name) => row[columnOf(name)] ?? null),
  }
}
