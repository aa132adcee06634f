/**
 * Longer times from the object's storage: from samples while they are kept (7 days), and from one
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
import { type Additive, addLists } from '../src/core/histogram.ts'
import { mergePeriods, NO_PERIOD, type Period, type PeriodPoint, type StoredPeriod } from '../src/core/period.ts'
import { DAY_MS, DAYS_KEPT } from '../src/limits.ts'
import { columnOf, FROM_MS, WITHIN } from './sample-columns.ts'

type Row = Record<string, number | null>

const AGGREGATES = [
  ...SAMPLED_GAUGES.flatMap((name) => [
    `MAX(${columnOf(name)}) AS max_${columnOf(name)}`,
    `SUM(${columnOf(name)}) AS sum_${columnOf(name)}`,
  ]),
  ...SAMPLED_TOTALS.map((name) => `SUM(${columnOf(name)}) AS ${columnOf(name)}`),
  ...PERCENTILES.map((name) => `MAX(${columnOf(name)}) AS ${columnOf(name)}`),
]

const SELECT_STEPS = `SELECT ${FROM_MS}, COUNT(*) AS samples, ${AGGREGATES} FROM samples WHERE ${WITHIN}
  GROUP BY 1 ORDER BY 1`

const SELECT_DURATIONS = eachFigure(
  DISTRIBUTIONS,
  (name) => `SELECT ${FROM_MS}, key AS place, SUM(value) AS value
    FROM samples, json_each(samples.${FIGURES[name].column})
    WHERE ${WITHIN} AND ${FIGURES[name].column} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2`,
)

export class DayStore {
  private readonly sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.sql = sql
  }

  /**
   * The steps from `fromMs` (included) to `toMs` (excluded), oldest first; steps without a sample
   * are left out. Only steps of a day reach further back than the samples.
   */
  points(fromMs: number, toMs: number, stepMs: number): PeriodPoint[] {
    const recent = this.fromSamples(fromMs, toMs, stepMs)
    if (stepMs !== DAY_MS) return recent
    const days = this.stored(fromMs, toMs)
    const known = new Set(days.map((day) => day.fromMs))
    // A day with a row may have some of its samples left.
    return [...days, ...recent.filter((day) => !known.has(day.fromMs))].sort((a, b) => a.fromMs - b.fromMs)
  }

  /** One distribution of a time that has its samples still. */
  distribution(name: DistributionName, fromMs: number, toMs: number): Additive {
    const steps = this.durations(name, fromMs, toMs, toMs - fromMs)
    return [...steps.values()].reduce<Additive>((sum, list) => addLists(sum, list), [])
  }

  /** Before samples from before `cutoffMs` are deleted: writes the rows of their days. */
  rollUp(cutoffMs: number): void {
    const [oldest] = this.sql.exec<{ at_ms: number }>('SELECT at_ms FROM samples ORDER BY at_ms LIMIT 1').toArray()
    if (oldest === undefined || oldest.at_ms >= cutoffMs) return
    const [last] = this.sql.exec<{ day: number | null }>('SELECT MAX(day) AS day FROM days').toArray()
    const firstMs = Math.max(startOfDay(oldest.at_ms), ((last?.day ?? -1) + 1) * DAY_MS)
    const endMs = startOfDay(cutoffMs - 1) + DAY_MS
    if (firstMs >= endMs) return
    for (const { fromMs, ...day } of this.fromSamples(firstMs, endMs, DAY_MS)) {
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

  private fromSamples(fromMs: number, toMs: number, stepMs: number): PeriodPoint[] {
    const durations = eachFigure(DISTRIBUTIONS, (name) => this.durations(name, fromMs, toMs, stepMs))
    return this.sql
      .exec<Row & { from_ms: number; samples: number }>(SELECT_STEPS, stepMs, fromMs, toMs)
      .toArray()
      .map((row) => ({
        fromMs: row.from_ms,
        ...periodOf(row),
        distributions: eachFigure(DISTRIBUTIONS, (name) => durations[name].get(row.from_ms) ?? []),
      }))
  }

  private durations(name: DistributionName, fromMs: number, toMs: number, stepMs: number): Map<number, number[]> {
    const lists = new Map<number, number[]>()
    const rows = this.sql.exec<{ from_ms: number; place: number; value: number }>(
      SELECT_DURATIONS[name],
      stepMs,
      fromMs,
      toMs,
    )
    for (const { from_ms, place, value } of rows) {
      const list = lists.get(from_ms) ?? []
      list[place] = value
      lists.set(from_ms, list)
    }
    return lists
  }
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
