/** `GET .../rooms/:room/history?from=&to=&step=`: the samples in steps of 10 s, 1 min or 1 h. */
import type { Context } from 'hono'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import { HOUR_MS } from '../../limits.ts'
import type { HistoryPoint } from '../../room/room-object.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { csvResponse, formatOf } from './csv.ts'
import { isoTime, NO_STORE } from './operation.ts'
import { readTimeRange } from './time-range.ts'

/** Each step with its widest range, about 10,000 points at most. Samples are kept for 7 days. */
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
  const text = `With step ${stepName} the range can be at most ${step.rangeName}.`
  const read = readTimeRange(c, DEFAULT_RANGE_MS, { ms: step.rangeMs, text })
  if (read instanceof Response) return read
  const { fromMs, toMs } = read
  const points: HistoryPoint[] = await c.var.deployment.stub(room).history(fromMs, toMs, step.ms)
  const rows = points.map(({ fromMs: atMs, ...point }) => ({ at: isoTime(atMs), ...point }))
  if (format === 'csv') return csvResponse(c, `${room.name}-history`, rows)
  const range = { from: isoTime(fromMs), to: isoTime(toMs), step: stepName }
  return c.json({ room: room.name, ...range, points: rows }, 200, NO_STORE)
}

function isStep(name: string): name is keyof typeof STEPS {
  return Object.hasOwn(STEPS, name)
}
