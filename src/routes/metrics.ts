/** `GET /metrics`: the figures of all rooms in the Prometheus text format (version 0.0.4). */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import {
  DISTRIBUTIONS,
  type DistributionName,
  FIGURES,
  GAUGES,
  LOADS,
  type LoadName,
  TOTALS,
  type TotalName,
} from '../core/figures.ts'
import { REGULAR_NAME } from '../core/lanes.ts'
import { ORIGIN_LATENCY_BUCKETS_MS } from '../core/limits.ts'
import { BEACON_OBSTACLES } from '../core/origin-report.ts'
import { inTurn } from '../in-turn.ts'
import { logError } from '../log/log.ts'
import { type RoomFigures, roomFigures } from './room-figures.ts'

const PREFIX = 'waiting_room'

export async function metrics(c: Context<AppEnv>): Promise<Response> {
  const { rooms } = c.var.deployment
  const results = await inTurn(rooms, (room) => roomFigures(c.var.deployment, room))
  for (const [i, result] of results.entries()) {
    if (result.status === 'rejected') logError('metrics_failed', result.reason, { room: rooms[i]?.name })
  }
  const figures = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value)
  const up = results.map((result, i) => [rooms[i]?.name ?? '', result.status === 'fulfilled' ? 1 : 0] as const)
  const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' }
  return new Response(metricsText(figures, up), { headers })
}

/** Room names need no escaping: the settings allow a-z, 0-9 and "-". */
export function metricsText(rooms: readonly RoomFigures[], up: readonly (readonly [string, number])[]): string {
  const ofEachRoom = (name: string, type: string, help: string, value: (room: RoomFigures) => number) =>
    family(
      name,
      type,
      help,
      rooms.map((room) => sample(name, room.room, value(room))),
    )
  const counter = (name: TotalName | LoadName, value: (room: RoomFigures) => number) =>
    ofEachRoom(`${FIGURES[name].metric}_total`, 'counter', FIGURES[name].help, value)
  const families = [
    family(
      'up',
      'gauge',
      '1: the room answered.',
      up.map(([room, value]) => sample('up', room, value)),
    ),
    ...GAUGES.map((name) => {
      const { metric, help, unit } = FIGURES[name]
      // Prometheus wants base units.
      return ofEachRoom(metric, 'gauge', help, (room) => (unit === 'per minute' ? room[name] / 60 : room[name]))
    }),
    ...TOTALS.map((name) => counter(name, ({ totals }) => totals[name])),
    ...LOADS.map((name) => counter(name, (room) => room[name])),
    family(
      'pages_without_beacon_total',
      'counter',
      'Pages for admitted visitors that got no beacon script, by reason.',
      rooms.flatMap(pagesWithoutBeacon),
    ),
    ...waitingInLanes(rooms),
    ...DISTRIBUTIONS.map((name) =>
      family(
        FIGURES[name].metric,
        'histogram',
        FIGURES[name].help,
        rooms.flatMap((room) => durations(name, room)),
      ),
    ),
    family(
      'origin_response_seconds',
      'histogram',
      "Time until the origin's headers, or until the time-out.",
      rooms.flatMap(latencyHistogram),
    ),
  ]
  return families.join('')
}

function family(name: string, type: string, help: string, samples: readonly string[]): string {
  return `# HELP ${PREFIX}_${name} ${help}\n# TYPE ${PREFIX}_${name} ${type}\n${samples.join('')}`
}

function sample(name: string, room: string, value: number, labels = ''): string {
  return `${PREFIX}_${name}{room="${room}"${labels}} ${value}\n`
}

function pagesWithoutBeacon({ room, pagesWithoutBeacon }: RoomFigures): string[] {
  return BEACON_OBSTACLES.map((reason) =>
    sample('pages_without_beacon_total', room, pagesWithoutBeacon[reason], `,reason="${reason}"`),
  )
}

/** Only in deployments that use lanes. Their names need no escaping either. */
function waitingInLanes(rooms: readonly RoomFigures[]): string[] {
  const samples = rooms.flatMap(({ room, waiting, lanes = [] }) => {
    const inLanes = lanes.reduce((sum, lane) => sum + lane.waiting, 0)
    const regular = { name: REGULAR_NAME, waiting: waiting - inLanes }
    return lanes.length === 0
      ? []
      : [regular, ...lanes].map((lane) => sample('waiting_in_lane', room, lane.waiting, `,lane="${lane.name}"`))
  })
  return samples.length === 0 ? [] : [family('waiting_in_lane', 'gauge', 'Visitors in line, by lane.', samples)]
}

function durations(name: DistributionName, room: RoomFigures): string[] {
  const { metric, bounds } = FIGURES[name]
  return histogram(metric, room.room, bounds, room[name].counts, room[name].sumSeconds)
}

function latencyHistogram({ room, originLatency: { counts, sumMs } }: RoomFigures): string[] {
  const bounds = ORIGIN_LATENCY_BUCKETS_MS.map((bound) => bound / 1000)
  return histogram('origin_response_seconds', room, bounds, counts, sumMs / 1000)
}

/** Buckets are cumulative: each counts all values up to its bound. */
function histogram(
  name: string,
  room: string,
  bounds: readonly number[],
  counts: readonly number[],
  sum: number,
): string[] {
  let count = 0
  const buckets = [...bounds, '+Inf'].map((bound, i) => {
    count += counts[i] ?? 0
    return sample(`${name}_bucket`, room, count, `,le="${bound}"`)
  })
  return [...buckets, sample(`${name}_sum`, room, sum), sample(`${name}_count`, room, count)]
}
