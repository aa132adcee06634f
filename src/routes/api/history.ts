/**
 * `GET .../rooms/:room/history?from=&to=&step=`: the samples in steps of 10 s, 1 min or 1 h.
 */
import type { Context } from 'hono'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import { HISTORY_RANGE_SLACK_MS } from '../../limits.ts'
import type { HistoryPoint } from '../../room/room-object.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { isoTime } from './iso-time.ts'
import { NO_STORE } from './operation.ts'

const HOUR_MS = 3_600_000

/** Each step with the widest range it may be asked for: at most about 10,000 points. Samples are kept for 7 days. */
const STEPS = {
  '10s': { ms: 10_000, rangeMs: 24 * HOUR_MS, rangeName: '24 hours' },
  '1m': { ms: 60_000, rangeMs: 7 * 24 * HOUR_MS, rangeName: '7 days' },
  '1h': { ms: HOUR_MS, rangeMs: 7 * 24 * HOUR_MS, rangeName: '7 days' },
} as const

const DEFAULT_RANGE_MS = HOUR_MS / 6

export async function history(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const stepName = c.req.query('step') ?? '10s'
  if (!isStep(stepName)) return problem(400, 'Bad query', '"step" must be 10s, 1m or 1h.')
  const format = formatOf(c)
  if (format === null) return problem(400, 'Bad query', '"format" must be json or csv.')
  const step = STEPS[stepName]
  const endsNow = (c.req.query('to') ?? '') === ''
  const toMs = timeOf(c.req.query('to'), Date.now())
  const fromMs = timeOf(c.req.query('from'), toMs - DEFAULT_RANGE_MS)
  if (Number.isNaN(toMs) || Number.isNaN(fromMs)) {
    return problem(400, 'Bad query', '"from" and "to" must be ISO 8601 times or milliseconds since 1970.')
  }
  if (fromMs >= toMs) return problem(400, 'Bad query', '"from" must be before "to".')
  if (toMs - fromMs > step.rangeMs + (endsNow ? HISTORY_RANGE_SLACK_MS : 0)) {
    const detail = `With step ${stepName} at most ${step.rangeName} can be asked for at once.`
    return problem(400, 'Range too wide', detail)
  }
  const points: HistoryPoint[] = await c.var.deployment.stub(room).history(fromMs, toMs, step.ms)
  const told = points.map(({ fromMs: atMs, ...point }) => ({ at: isoTime(atMs), ...point }))
  if (format === 'csv') return csvAnswer(c, room.name, told)
  const range = { from: isoTime(fromMs), to: isoTime(toMs), step: stepName }
  return c.json({ room: room.name, ...range, points: told }, 200, NO_STORE)
}

/** RFC 4180. No value needs quotes: they are numbers and times; null is empty. */
function csvAnswer(c: Context<AppEnv>, room: string, points: readonly Readonly<Record<string, unknown>>[]): Response {
  const columns = Object.keys(points[0] ?? { at: null })
  const rows = points.map((point) => columns.map((column) => point[column] ?? '').join(','))
  return c.body(`${[columns.join(','), ...rows].join('\r\n')}\r\n`, 200, {
    ...NO_STORE,
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="${room}-history.csv"`,
  })
}

/** By the query, else by what the client accepts. */
function formatOf(c: Context<AppEnv>): 'json' | 'csv' | null {
  const asked = c.req.query('format')
  if (asked === undefined) return /\btext\/csv\b/i.test(c.req.header('Accept') ?? '') ? 'csv' : 'json'
  return asked === 'json' || asked === 'csv' ? asked : null
}

function isStep(name: string): name is keyof typeof STEPS {
  return Object.hasOwn(STEPS, name)
}

/** Dates and times of ISO 8601; `Date.parse` alone takes "room 1" for a year. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/

/** NaN for what is no time. */
function timeOf(text: string | undefined, otherwiseMs: number): number {
  if (text === undefined || text === '') return otherwiseMs
  if (/^\d{1,15}$/.test(text)) return Number(text)
  return ISO_TIME.test(text) ? Date.parse(text) : Number.NaN
}
