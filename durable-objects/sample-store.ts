/**
 * Samples in the object's storage: one row per tick, kept for 7 days.
 */
import { SITE_BEFORE_MS, SITE_WINDOW_MS } from '../src/core/limits.ts'
import type { Sample } from '../src/core/sample.ts'
import type { RecentSite, SiteFigures } from '../src/core/site-health.ts'
import type { HistoryPoint } from '../src/room/room-object.ts'

export const SAMPLES_KEPT_MS = 7 * 24 * 3600 * 1000

export class SampleStore {
  private readonly sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.sql = sql
  }

  /** Adds a sample and forgets those that are too old. */
  write(sample: Sample): void {
    this.sql.exec(
      `INSERT OR REPLACE INTO samples (at_ms, active, capacity, waiting, absent, joined, admitted, expired, left_line,
         returned, room_errors, wait_p50, wait_p90, origin_requests, origin_errors, origin_latency_p90_ms,
         admission_factor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      sample.atMs,
      sample.active,
      sample.capacity,
      sample.waiting,
      sample.absent,
      sample.joined,
      sample.admitted,
      sample.expired,
      sample.left,
      sample.returned,
      sample.roomErrors,
      sample.waitSecondsP50,
      sample.waitSecondsP90,
      sample.originRequests,
      sample.originErrors,
      sample.originLatencyMsP90,
      sample.admissionFactor,
    )
    this.sql.exec('DELETE FROM samples WHERE at_ms < ?', sample.atMs - SAMPLES_KEPT_MS)
  }

  /** Samples from `fromMs` (included) to `toMs` (not included), oldest first. */
  between(fromMs: number, toMs: number): Sample[] {
    return this.sql
      .exec<Row>('SELECT * FROM samples WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms', fromMs, toMs)
      .toArray()
      .map(toSample)
  }

  /** What the last minutes say of the site. */
  recentSite(nowMs: number): RecentSite {
    // A sample is of the time before it: the one of this very moment counts, the one at the start does not.
    const startMs = nowMs - SITE_WINDOW_MS + 1
    return { recent: this.site(startMs, nowMs + 1), before: this.site(startMs - SITE_BEFORE_MS, startMs) }
  }

  private site(fromMs: number, toMs: number): SiteFigures {
    const [row] = this.sql
      .exec<{ requests: number; errors: number; latency: number | null }>(
        `SELECT COALESCE(SUM(origin_requests), 0) AS requests, COALESCE(SUM(origin_errors), 0) AS errors,
           SUM(origin_latency_p90_ms * origin_requests) /
             NULLIF(SUM(origin_requests) FILTER (WHERE origin_latency_p90_ms IS NOT NULL), 0) AS latency
         FROM samples WHERE at_ms >= ? AND at_ms < ?`,
        fromMs,
        toMs,
      )
      .toArray()
    const { requests = 0, errors = 0, latency = null } = row ?? {}
    return { requests, errors, latencyMsP90: latency === null ? null : Math.round(latency) }
  }

  /** The same span in steps; steps without a sample are left out. */
  history(fromMs: number, toMs: number, stepMs: number): HistoryPoint[] {
    // Numbers are bound as REAL; only whole steps divide time into steps.
    const rows = this.sql.exec<Row & { from_ms: number; samples: number }>(
      `WITH steps AS (
         SELECT (at_ms / CAST(?1 AS INTEGER)) * CAST(?1 AS INTEGER) AS from_ms, MAX(at_ms) AS last_ms, COUNT(*) AS samples,
           SUM(joined) AS joined, SUM(admitted) AS admitted, SUM(expired) AS expired, SUM(left_line) AS left_line,
           SUM(returned) AS returned, SUM(room_errors) AS room_errors, MAX(wait_p50) AS wait_p50, MAX(wait_p90) AS wait_p90,
           SUM(origin_requests) AS origin_requests, SUM(origin_errors) AS origin_errors,
           MAX(origin_latency_p90_ms) AS origin_latency_p90_ms
         FROM samples WHERE at_ms >= ?2 AND at_ms < ?3 GROUP BY 1)
       SELECT steps.*, last.at_ms, last.active, last.capacity, last.waiting, last.absent, last.admission_factor
       FROM steps JOIN samples AS last ON last.at_ms = steps.last_ms ORDER BY steps.from_ms`,
      stepMs,
      fromMs,
      toMs,
    )
    return rows.toArray().map((row) => {
      const { atMs, ...figures } = toSample(row)
      return { fromMs: row.from_ms, samples: row.samples, ...figures }
    })
  }
}

type Row = Record<
  | 'at_ms'
  | 'active'
  | 'capacity'
  | 'waiting'
  | 'absent'
  | 'joined'
  | 'admitted'
  | 'expired'
  | 'left_line'
  | 'returned'
  | 'room_errors'
  | 'origin_requests'
  | 'origin_errors'
  | 'admission_factor',
  number
> &
  Record<'wait_p50' | 'wait_p90' | 'origin_latency_p90_ms', number | null>

function toSample(row: Row): Sample {
  return {
    atMs: row.at_ms,
    active: row.active,
    capacity: row.capacity,
    waiting: row.waiting,
    absent: row.absent,
    joined: row.joined,
    admitted: row.admitted,
    expired: row.expired,
    left: row.left_line,
    returned: row.returned,
    roomErrors: row.room_errors,
    waitSecondsP50: row.wait_p50,
    waitSecondsP90: row.wait_p90,
    originRequests: row.origin_requests,
    originErrors: row.origin_errors,
    originLatencyMsP90: row.origin_latency_p90_ms,
    admissionFactor: row.admission_factor,
  }
}
