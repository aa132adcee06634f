/** Samples in the object's storage: one row per tick, kept for 7 days. */
import type { Demand } from '../src/core/advice.ts'
import { DISTRIBUTIONS, eachFigure, FIGURES, SAMPLED, SAMPLED_GAUGES } from '../src/core/figures.ts'
import { type Additive, addLists } from '../src/core/histogram.ts'
import { SITE_BEFORE_MS, SITE_WINDOW_MS } from '../src/core/limits.ts'
import type { FullSample, Sample, SampledFigures } from '../src/core/sample.ts'
import type { RecentSite, SiteFigures } from '../src/core/site-health.ts'
import { SAMPLES_KEPT_MS } from '../src/limits.ts'
import type { HistoryPoint } from '../src/room/room-object.ts'
import { DayStore, sumOfLists } from './day-store.ts'
import { inPortions } from './portions.ts'
import { columnOf, FROM_MS, type SampleColumn, WITHIN } from './sample-columns.ts'

type Row = Record<SampleColumn, number | null>

const COLUMNS = [...SAMPLED.map(columnOf), ...DISTRIBUTIONS.map((name) => FIGURES[name].column)]

const LAST_GAUGES = SAMPLED_GAUGES.map((name) => `last.${columnOf(name)}`)
const AGGREGATES = SAMPLED.filter((name) => FIGURES[name].kind !== 'gauge').map(
  (name) => `${FIGURES[name].kind === 'total' ? 'SUM' : 'MAX'}(${columnOf(name)}) AS ${columnOf(name)}`,
)

const INSERT = `INSERT OR REPLACE INTO samples (at_ms, ${COLUMNS}) VALUES (?${', ?'.repeat(COLUMNS.length)})`

const SELECT_STEPS = `
  WITH steps AS (
    SELECT ${FROM_MS}, MAX(at_ms) AS last_ms, COUNT(*) AS samples,
      ${AGGREGATES}
    FROM samples WHERE ${WITHIN} GROUP BY 1)
  SELECT steps.*, ${LAST_GAUGES}
  FROM steps JOIN samples AS last ON last.at_ms = steps.last_ms ORDER BY steps.from_ms`

const SELECT_SITE_TIMES = `
  SELECT group_concat(${FIGURES.siteTimes.column}) AS texts FROM samples WHERE at_ms >= ?1 AND at_ms < ?2`

const SELECT_MINUTES = `
  SELECT SUM(${columnOf('joined')}) AS arrivals, MAX(${columnOf('active')}) AS onSite, MAX(${columnOf('waiting')}) AS inLine
  FROM samples WHERE at_ms >= ?1 AND at_ms < ?2 GROUP BY at_ms / 60000`

export class SampleStore {
  readonly days: DayStore
  private readonly sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.sql = sql
    this.days = new DayStore(sql)
  }

  /** Adds a sample, and deletes those that are too old once their days are stored. */
  write(sample: FullSample): void {
    const durations = DISTRIBUTIONS.map((name) => sample.distributions[name])
    const values = [
      ...SAMPLED.map((name) => sample[name]),
      ...durations.map((list) => (list === null ? null : JSON.stringify(list))),
    ]
    this.sql.exec(INSERT, sample.atMs, ...values)
    const cutoffMs = sample.atMs - SAMPLES_KEPT_MS
    this.days.rollUp(cutoffMs)
    this.sql.exec('DELETE FROM samples WHERE at_ms < ?', cutoffMs)
  }

  /** Samples from `fromMs` (included) to `toMs` (excluded), oldest first. */
  between(fromMs: number, toMs: number): Sample[] {
    return this.sql
      .exec<Row & { at_ms: number }>(
        'SELECT * FROM samples WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms',
        fromMs,
        toMs,
      )
      .toArray()
      .map((row) => ({ atMs: row.at_ms, ...figuresOf(row) }))
  }

  /** The same span in steps; steps without a sample are left out. */
  async history(fromMs: number, toMs: number, stepMs: number): Promise<HistoryPoint[]> {
    const portions = await inPortions(this.sql, fromMs, toMs, (startMs, endMs) =>
      this.sql
        .exec<Row & { from_ms: number; samples: number }>(SELECT_STEPS, stepMs, startMs, endMs)
        .toArray()
        .map((row) => ({ fromMs: row.from_ms, samples: row.samples, ...figuresOf(row) })),
    )
    return portions.flat()
  }

  /** The minutes of a period, and the lengths of the sessions that ended in it. */
  async demand(fromMs: number, toMs: number): Promise<Demand> {
    const portions = await inPortions(this.sql, fromMs, toMs, (startMs, endMs) => ({
      minutes: this.sql
        .exec<{ arrivals: number; onSite: number; inLine: number }>(SELECT_MINUTES, startMs, endMs)
        .toArray(),
      siteTimes: sumOfLists(this.sql.exec<{ texts: string | null }>(SELECT_SITE_TIMES, startMs, endMs).one().texts),
    }))
    const minutes = portions.flatMap((portion) => portion.minutes)
    return {
      arrivals: minutes.map(({ arrivals }) => arrivals),
      onSite: minutes.map(({ onSite }) => onSite),
      inLine: minutes.map(({ inLine }) => inLine),
      siteTimes: portions.reduce<Additive>((sum, { siteTimes }) => addLists(sum, siteTimes), []),
    }
  }

  /** The origin's figures in the last minutes. */
  recentSite(nowMs: number): RecentSite {
    // A sample covers the time before it: one taken at this very moment counts, one at the start
    // does not.
    const startMs = nowMs - SITE_WINDOW_MS + 1
    return { recent: this.site(startMs, nowMs + 1), before: this.site(startMs - SITE_BEFORE_MS, startMs) }
  }

  private site(fromMs: number, toMs: number): SiteFigures {
    const { requests, errors, latency } = this.sql
      .exec<{ requests: number; errors: number; latency: number | null }>(
        `SELECT COALESCE(SUM(origin_requests), 0) AS requests, COALESCE(SUM(origin_errors), 0) AS errors,
           SUM(origin_latency_p90_ms * origin_requests) /
             NULLIF(SUM(origin_requests) FILTER (WHERE origin_latency_p90_ms IS NOT NULL), 0) AS latency
         FROM samples WHERE at_ms >= ? AND at_ms < ?`,
        fromMs,
        toMs,
      )
      .one()
    return { requests, errors, latencyMsP90: latency === null ? null : Math.round(latency) }
  }
}

/** Only the columns of percentiles can be NULL. */
function figuresOf(row: Row): SampledFigures {
  return eachFigure(SAMPLED, (name) => row[columnOf(name)]) as SampledFigures
}
