/** `GET .../rooms/:room/report?from=&to=&format=`: the report of src/core/period-report.ts. */
import type { Context } from 'hono'
import type { AppEnv } from '../../app-env.ts'
import { SAMPLED_TOTALS } from '../../core/figures.ts'
import type { PeriodPoint } from '../../core/period.ts'
import { type DurationsReport, type PeriodReport, periodReport } from '../../core/period-report.ts'
import { problem } from '../../http/problem.ts'
import { DAY_MS, DAYS_KEPT, HOUR_MS, REPORT_CHANGES_MAX, SAMPLES_KEPT_MS } from '../../limits.ts'
import { HISTORY_RANGE_SLACK_MS } from '../../operators/limits.ts'
import type { RoomPeriod } from '../../room/room-object.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { csvResponse, formatOf } from './csv.ts'
import { isoTime, isoTimeOrNull, NO_STORE } from './operation.ts'
import { readTimeRange } from './time-range.ts'

/** The steps of a report from samples, 181 at most, by the length of its period. */
const STEPS = [
  { name: '1m', ms: 60_000, rangeMs: 3 * HOUR_MS },
  { name: '10m', ms: 600_000, rangeMs: DAY_MS + HISTORY_RANGE_SLACK_MS },
  { name: '1h', ms: HOUR_MS, rangeMs: Number.POSITIVE_INFINITY },
] as const
const DAYS = { name: '1d', ms: DAY_MS } as const

export async function roomReport(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const format = formatOf(c)
  if (format === null) return problem(400, 'Bad query', '"format" must be json or csv.')
  const read = readTimeRange(c, DAY_MS, { ms: DAYS_KEPT * DAY_MS, text: `The range can be at most ${DAYS_KEPT} days.` })
  if (read instanceof Response) return read
  const hasSamples = read.fromMs >= Date.now() - SAMPLES_KEPT_MS - HISTORY_RANGE_SLACK_MS
  const step = hasSamples ? STEPS.find(({ rangeMs }) => read.toMs - read.fromMs <= rangeMs) : undefined
  const { name, ms } = step ?? DAYS
  // Days are whole.
  const fromMs = hasSamples ? read.fromMs : Math.floor(read.fromMs / DAY_MS) * DAY_MS
  const toMs = hasSamples ? read.toMs : Math.ceil(read.toMs / DAY_MS) * DAY_MS
  const known: RoomPeriod = await c.var.deployment.stub(room).period(fromMs, toMs, ms)
  const report = periodReport(known.points)
  if (format === 'csv') {
    const all = { row: 'all', from: isoTime(fromMs), to: isoTime(toMs), ...columnsOf(report) }
    const rows = known.points.map((point) => {
      const times = { from: isoTime(point.fromMs), to: isoTime(point.fromMs + ms) }
      return { row: 'step', ...times, ...columnsOf(periodReport([point])) }
    })
    return csvResponse(c, `${room.name}-report`, [all, ...rows])
  }
  const { peakWaitingAtMs, ...figures } = report
  const body = {
    room: room.name,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    resolution: hasSamples ? 'samples' : 'days',
    step: name,
    ...figures,
    peakWaitingAt: isoTimeOrNull(peakWaitingAtMs),
    points: known.points.map((point) => pointOf(point, ms)),
    changes: known.changes.map(({ atMs, ...change }) => ({ ...change, at: isoTime(atMs) })),
    changesComplete: known.changes.length < REPORT_CHANGES_MAX,
  }
  return c.json(body, 200, NO_STORE)
}

/** One step, for charts. */
function pointOf(point: PeriodPoint, stepMs: number) {
  const { waits, abandonment, timeOnSite, noShows, turnedAway, peakWaiting, peakActive } = periodReport([point])
  const { joined, admitted, expired, left, returned } = point.totals
  return {
    at: isoTime(point.fromMs),
    seconds: stepMs / 1000,
    samples: point.samples,
    ...{ joined, admitted, expired, left, returned, noShows, turnedAway },
    abandoned: abandonment.count,
    peakWaiting,
    peakActive,
    capacity: point.highest.capacity,
    waitSecondsP50: waits.p50Seconds,
    waitSecondsP90: waits.p90Seconds,
    siteSecondsP50: timeOnSite.p50Seconds,
  }
}

/** A flat row of CSV. */
function columnsOf(report: PeriodReport): Record<string, number | null> {
  const { peakWaiting, peakActive, capacityUsedMean, capacityUsedPeak, turnedAway } = report
  return {
    samples: report.samples,
    ...{ peakWaiting, peakActive, capacityUsedMean, capacityUsedPeak },
    ...Object.fromEntries(SAMPLED_TOTALS.map((name) => [name, report.totals[name]])),
    turnedAway,
    abandoned: report.abandonment.count,
    abandonedShare: report.abandonment.share,
    noShowShare: report.noShowShare,
    ...durationColumns('wait', report.waits),
    ...durationColumns('abandonedWait', report.abandonment),
    ...durationColumns('site', report.timeOnSite),
  }
}

function durationColumns(name: string, report: DurationsReport): Record<string, number | null> {
  const { meanSeconds, p50Seconds, p90Seconds, buckets } = report
  return {
    [`${name}SecondsMean`]: meanSeconds,
    [`${name}SecondsP50`]: p50Seconds,
    [`${name}SecondsP90`]: p90Seconds,
    ...Object.fromEntries(buckets.map(({ upToSeconds, count }) => [`${name}UpTo${upToSeconds ?? 'Inf'}`, count])),
  }
}
