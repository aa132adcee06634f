/**
 * `GET /metrics`: the figures of all rooms in the Prometheus text format (version 0.0.4).
 */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { ORIGIN_LATENCY_BUCKETS_MS, WAIT_BUCKETS_SECONDS } from '../core/limits.ts'
import type { Totals } from '../core/line-record.ts'
import { BEACON_OBSTACLES } from '../core/origin-report.ts'
import { logError } from '../log/log.ts'
import { type RoomFigures, roomFigures } from './room-figures.ts'

const PREFIX = 'waiting_room'

const GAUGES: readonly [name: string, help: string, figure: (figures: RoomFigures) => number][] = [
  ['active', 'People on the site or called to it: slots taken.', ({ active }) => active],
  ['offered', 'People called to the site who have not come yet.', ({ offered }) => offered],
  ['waiting', 'People who wait in line.', ({ waiting }) => waiting],
  ['absent', 'People who fell silent and may still take their place up again.', ({ absent }) => absent],
  ['capacity', 'Slots there are.', ({ capacity }) => capacity],
  ['admission_limit_per_second', 'Admissions per second at most.', ({ newUsersPerMinute }) => newUsersPerMinute / 60],
  ['admission_ratio', 'What the origin guard scales that limit by, 0 to 1.', ({ admissionFactor }) => admissionFactor],
]

const COUNTERS: readonly [name: string, help: string, total: keyof Totals][] = [
  ['joined', 'Tickets handed out.', 'joined'],
  ['admitted', 'Admissions.', 'admitted'],
  ['expired', 'Stays that ended because nobody was heard any more.', 'expired'],
  ['left', 'Stays given up.', 'left'],
  ['returned', 'People who were heard again within the grace.', 'returned'],
  ['ended', 'Sessions ended by the idle or the maximal time.', 'ended'],
  ['forgotten', 'Absent people whose grace was over.', 'forgotten'],
  ['call_errors', 'Calls of isolates that did not reach the room.', 'roomErrors'],
  ['honoured_passes', 'Expired passes honoured while the room was out of reach.', 'honoured'],
  ['origin_requests', 'Requests of admitted people that the origin was asked.', 'originRequests'],
  ['origin_errors', 'Those that the origin answered with 5xx, not in time or not at all.', 'originErrors'],
  ['limited_joins', 'Newcomers refused because too many came from their address.', 'limited'],
  ['foreign_tokens', 'Tokens refused because they came from another client (bind_pass).', 'foreign'],
]

const LOAD_COUNTERS: readonly [name: string, help: string, figure: (figures: RoomFigures) => number][] = [
  ['calls', 'Calls of isolates that the room answered, since its object started.', ({ calls }) => calls],
  ['rows_written', "Rows of the line written, since the room's object started.", ({ rowsWritten }) => rowsWritten],
]

export async function metrics(c: Context<AppEnv>): Promise<Response> {
  const { rooms } = c.var.deployment
  const asked = await Promise.allSettled(rooms.map((room) => roomFigures(c.var.deployment, room)))
  for (const [i, answer] of asked.entries()) {
    if (answer.status === 'rejected') logError('metrics_failed', answer.reason, { room: rooms[i]?.name })
  }
  const figures = asked.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value)
  const up = asked.map((answer, i) => [rooms[i]?.name ?? '', answer.status === 'fulfilled' ? 1 : 0] as const)
  const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' }
  return new Response(metricsText(figures, up), { headers })
}

/** Room names need no escaping: the settings allow a-z, 0-9 and "-". */
export function metricsText(figures: readonly RoomFigures[], up: readonly (readonly [string, number])[]): string {
  type Figure = (room: RoomFigures) => number
  const ofEachRoom = (name: string, type: string, help: string, figure: Figure) =>
    family(
      name,
      type,
      help,
      figures.map((room) => sample(name, room.room, figure(room))),
    )
  const counter = (name: string, help: string, figure: Figure) => ofEachRoom(`${name}_total`, 'counter', help, figure)
  const families = [
    family(
      'up',
      'gauge',
      '1: the room answered.',
      up.map(([room, value]) => sample('up', room, value)),
    ),
    ...GAUGES.map(([name, help, figure]) => ofEachRoom(name, 'gauge', help, figure)),
    ...COUNTERS.map(([name, help, total]) => counter(name, help, ({ totals }) => totals[total])),
    ...LOAD_COUNTERS.map(([name, help, figure]) => counter(name, help, figure)),
    family(
      'pages_without_beacon_total',
      'counter',
      'Pages of admitted people that got no beacon script, by reason.',
      figures.flatMap(pagesWithoutBeacon),
    ),
    family('wait_seconds', 'histogram', 'Time from joining to admission.', figures.flatMap(waitHistogram)),
    family(
      'origin_response_seconds',
      'histogram',
      "Time until the origin's headers, or until the time-out.",
      figures.flatMap(latencyHistogram),
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

function waitHistogram({ room, waits }: RoomFigures): string[] {
  return histogram('wait_seconds', room, WAIT_BUCKETS_SECONDS, waits.counts, waits.sumSeconds)
}

function latencyHistogram({ room, originLatency: { counts, sumMs } }: RoomFigures): string[] {
  const bounds = ORIGIN_LATENCY_BUCKETS_MS.map((bound) => bound / 1000)
  return histogram('origin_response_seconds', room, bounds, counts, sumMs / 1000)
}

/** Buckets are cumulative: each counts all up to its bound. */
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
