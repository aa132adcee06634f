/** The read-only operations: rooms, figures, journal, one ticket. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { REGULAR_NAME } from '../../core/lanes.ts'
import type { TicketReport } from '../../core/ticket-report.ts'
import type { Deployment } from '../../deployment.ts'
import { problem } from '../../http/problem.ts'
import { LANGUAGES } from '../../languages.ts'
import { logError } from '../../log/log.ts'
import type { RoomJournal } from '../../room/room-object.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { routesOf } from '../../settings/routes.ts'
import { PAGE_STATES } from '../../status.ts'
import { roomFigures, siteOf } from '../room-figures.ts'
import { FORMAT_PARAMETER } from './csv.ts'
import { history } from './history.ts'
import {
  isoTime,
  isoTimeOrNull,
  NO_STORE,
  type Operation,
  ROOM_PARAMETER,
  wholeOf,
  wholeText,
  withRoom,
} from './operation.ts'
import { roomReport } from './report.ts'
import { historySchema, reportSchema, whoCameSchema } from './report-schemas.ts'
import { journalSchema, roomsSchema, statsSchema, ticketSchema } from './room-schemas.ts'
import { rangeParameters } from './time-range.ts'
import { whoCameReport } from './who-came.ts'

export const figureOperations: readonly Operation[] = [
  {
    id: 'listRooms',
    method: 'get',
    path: '/rooms',
    tag: 'rooms',
    summary: 'All rooms with their coverage and current state',
    needs: 'read',
    answers: { 200: { description: 'The rooms, in the order of the settings.', schema: roomsSchema } },
    handle: rooms,
  },
  {
    id: 'getStats',
    method: 'get',
    path: '/rooms/{room}/stats',
    tag: 'figures',
    summary: 'The current figures of a room',
    needs: 'read',
    parameters: ROOM_PARAMETER,
    answers: { 200: { description: 'Current values, and totals since the run began.', schema: statsSchema } },
    handle: withRoom(stats),
  },
  {
    id: 'getHistory',
    method: 'get',
    path: '/rooms/{room}/history',
    tag: 'figures',
    summary: 'The figures of the last days, as JSON or CSV',
    description:
      'The range is at most 24 hours with step `10s` and 7 days otherwise; 10 minutes more without `to`. Steps without a sample (an empty room) are left out.',
    needs: 'read',
    parameters: {
      ...ROOM_PARAMETER,
      ...rangeParameters('10 minutes'),
      step: { in: 'query', description: 'Default: 10s.', schema: v.picklist(['10s', '1m', '1h']) },
      format: FORMAT_PARAMETER,
    },
    answers: {
      200: {
        description: 'Each step has the last value of gauges, the sum of counts and the highest percentile.',
        schema: historySchema,
        types: ['application/json', 'text/csv'],
      },
    },
    refusals: { 400: 'Invalid time, step, range or format.' },
    handle: withRoom(history),
  },
  {
    id: 'getWhoCame',
    method: 'get',
    path: '/rooms/{room}/who-came',
    tag: 'figures',
    summary: 'Where the visitors who joined came from, and who was refused',
    description: 'Sums of the history. The range is at most 7 days; 10 minutes more without `to`.',
    needs: 'read',
    parameters: {
      ...ROOM_PARAMETER,
      ...rangeParameters('1 hour'),
    },
    answers: { 200: { description: 'The report.', schema: whoCameSchema } },
    refusals: { 400: 'Invalid time or range.' },
    handle: withRoom(whoCameReport),
  },
  {
    id: 'getReport',
    method: 'get',
    path: '/rooms/{room}/report',
    tag: 'figures',
    summary: 'How an event or some days went, as JSON or CSV',
    description:
      'The range is at most 400 days. One that begins within the last 7 days is answered from samples, an older one from whole days in UTC. In CSV the first row is the whole time, and each other row a step.',
    needs: 'read',
    parameters: {
      ...ROOM_PARAMETER,
      ...rangeParameters('1 day'),
      format: FORMAT_PARAMETER,
    },
    answers: {
      200: { description: 'The report.', schema: reportSchema, types: ['application/json', 'text/csv'] },
    },
    refusals: { 400: 'Invalid time, range or format.' },
    handle: withRoom(roomReport),
  },
  {
    id: 'getJournal',
    method: 'get',
    path: '/rooms/{room}/journal',
    tag: 'figures',
    summary: 'The last 4,096 events of the line',
    needs: 'read',
    parameters: {
      ...ROOM_PARAMETER,
      after: {
        in: 'query',
        description: 'Returns only events after this sequence number. Default: 0.',
        schema: wholeText,
      },
    },
    answers: { 200: { description: 'Oldest first.', schema: journalSchema } },
    refusals: { 400: 'Not a sequence number.' },
    handle: withRoom(journal),
  },
  {
    id: 'getTicket',
    method: 'get',
    path: '/rooms/{room}/tickets/{number}',
    tag: 'figures',
    summary: 'The history of one ticket',
    description:
      'The state is always known. The time of admission and the reason of the end are known while the journal has the event: it keeps the last 4,096 since the object started.',
    needs: 'read',
    parameters: {
      ...ROOM_PARAMETER,
      number: { in: 'path', required: true, description: "The visitor's number.", schema: wholeText, example: '4711' },
      lane: {
        in: 'query',
        description: 'The lane that the page shows; `number` is then the number within it. Default: a full number.',
        schema: v.string(),
      },
    },
    answers: { 200: { description: 'The ticket.', schema: ticketSchema } },
    refusals: { 400: 'Not a number.', 404: 'No such room, or the number was never issued in this run.' },
    handle: withRoom(ticket),
  },
]

/** An unreachable room is listed as well. */
async function rooms(c: Context<AppEnv>): Promise<Response> {
  const { deployment } = c.var
  const listed = await Promise.all(deployment.rooms.map((room) => roomInList(deployment, room)))
  return c.json({ rooms: listed, preview: { states: PAGE_STATES, languages: LANGUAGES } }, 200, NO_STORE)
}

async function roomInList(deployment: Deployment, room: RoomSettings) {
  const { name } = room
  const routes = routesOf(room).map(({ host = null, path }) => ({ host, path }))
  const known = await roomFigures(deployment, room).catch((error: unknown) => {
    logError('api_failed', error, { room: name })
    return null
  })
  const { mode, closed, suspended, soldOut, active, capacity, waiting, admittedPerMinute, admissionFactor } =
    known ?? UNREACHABLE
  const site = known === null ? null : siteOf(known, room)
  const figures = { active, capacity, waiting, admittedPerMinute, admissionFactor, site }
  return {
    name,
    ...routes[0],
    routes,
    match: room.match,
    reachable: known !== null,
    mode,
    closed,
    suspended,
    soldOut,
    ...figures,
  }
}

const UNREACHABLE = {
  mode: null,
  closed: null,
  suspended: null,
  soldOut: null,
  active: null,
  capacity: null,
  waiting: null,
  admittedPerMinute: null,
  admissionFactor: null,
}

async function stats(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const known = await roomFigures(c.var.deployment, room)
  const { atMs, recentSite: _, ...figures } = known
  return c.json({ ...figures, site: siteOf(known, room), at: isoTime(atMs) }, 200, NO_STORE)
}

async function journal(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const after = wholeOf(c.req.query('after') ?? '0')
  if (after === null) return problem(400, 'Bad query', '"after" must be a sequence number, 0 or more.')
  const known: RoomJournal | null = await c.var.deployment.stub(room).journal(after)
  const body = known ?? { room: room.name, run: null, entries: [], last: 0, lost: false }
  return c.json({ ...body }, 200, NO_STORE)
}

async function ticket(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const number = wholeOf(c.req.param('number') ?? '')
  if (number === null) return problem(400, 'Bad number', 'The number of a ticket is a whole number, 1 or more.')
  const full = await fullNumber(c, room, number)
  const known: TicketReport | null = full === null ? null : await c.var.deployment.stub(room).ticket(full)
  if (known === null) return problem(404, 'No such ticket', 'That number was not issued in the current run.')
  const { joinedMs, admittedMs, endedMs, events, ...report } = known
  const times = {
    joinedAt: isoTimeOrNull(joinedMs),
    admittedAt: isoTimeOrNull(admittedMs),
    endedAt: isoTimeOrNull(endedMs),
  }
  const timedEvents = events.map(({ atMs, ...event }) => ({ ...event, at: isoTime(atMs) }))
  return c.json({ room: room.name, ...report, ...times, events: timedEvents }, 200, NO_STORE)
}

/** The full number of one within the lane of the query; null: it was not issued. */
async function fullNumber(c: Context<AppEnv>, room: RoomSettings, number: number): Promise<number | null> {
  const name = c.req.query('lane')
  if (name === undefined || name === REGULAR_NAME) return number
  const { lanes = [] } = await roomFigures(c.var.deployment, room)
  const lane = lanes.find((each) => each.name === name)
  if (lane === undefined || number < 1) return null
  const full = lane.firstNumber + number - 1
  return full < lane.nextNumber ? full : null
}
