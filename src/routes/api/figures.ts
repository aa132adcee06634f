/** Rooms, figures, journal, one ticket, audit: everything that is only read. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AuditEntry } from '../../../durable-objects/control-store.ts'
import type { RoomJournal } from '../../../durable-objects/waiting-room.ts'
import type { AppEnv } from '../../app-env.ts'
import type { TicketReport } from '../../core/ticket-report.ts'
import { problem } from '../../http/problem.ts'
import { LANGUAGES } from '../../languages.ts'
import { AUDIT_PAGE_MAX } from '../../limits.ts'
import { logError } from '../../log/log.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { PAGE_STATES } from '../../status.ts'
import { roomFigures, siteOf } from '../room-figures.ts'
import { history } from './history.ts'
import { isoTime, isoTimeOrNull } from './iso-time.ts'
import { NO_STORE, type Operation } from './operation.ts'
import { auditSchema, historySchema, journalSchema, roomsSchema, statsSchema, ticketSchema } from './schemas.ts'
import { ROOM_PARAMETER, withRoom } from './with-room.ts'

const wholeText = v.pipe(v.string(), v.regex(/^\d{1,15}$/))
const timeText = v.string()

export const figureOperations: readonly Operation[] = [
  {
    id: 'listRooms',
    method: 'get',
    path: '/rooms',
    tag: 'rooms',
    summary: 'All rooms with what they cover and how they are',
    needs: 'read',
    answers: { 200: { description: 'The rooms, in the order of the settings.', schema: roomsSchema } },
    handle: rooms,
  },
  {
    id: 'getStats',
    method: 'get',
    path: '/rooms/{room}/stats',
    tag: 'figures',
    summary: 'The figures of a room now',
    needs: 'read',
    parameters: ROOM_PARAMETER,
    answers: { 200: { description: 'Now, and totals since the run began.', schema: statsSchema } },
    handle: withRoom(stats),
  },
  {
    id: 'getHistory',
    method: 'get',
    path: '/rooms/{room}/history',
    tag: 'figures',
    summary: 'The figures of the last days, as JSON or CSV',
    description:
      'At most 24 hours with step `10s`, 7 days otherwise; without `to` 10 minutes more. Steps without a sample (an empty room) are left out.',
    needs: 'read',
    parameters: {
      ...ROOM_PARAMETER,
      from: {
        in: 'query',
        description: 'ISO 8601, or ms since 1970. Default: 10 minutes before `to`.',
        schema: timeText,
      },
      to: { in: 'query', description: 'ISO 8601, or ms since 1970. Default: now.', schema: timeText },
      step: { in: 'query', description: 'Default: 10s.', schema: v.picklist(['10s', '1m', '1h']) },
      format: {
        in: 'query',
        description: 'Default: json, or csv for `Accept: text/csv`.',
        schema: v.picklist(['json', 'csv']),
      },
    },
    answers: {
      200: {
        description: 'Gauges as at the last sample of each step, counts as sums, waits as the highest.',
        schema: historySchema,
        types: ['application/json', 'text/csv'],
      },
    },
    refusals: { 400: 'A time, a step or a range that cannot be used.' },
    handle: withRoom(history),
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
      after: { in: 'query', description: 'Only events after this sequence number. Default: 0.', schema: wholeText },
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
    summary: 'What became of one ticket',
    description:
      'The state is always known. When it was admitted and why it ended is known as long as the journal has the event: the last 4,096 since the object was last started.',
    needs: 'read',
    parameters: {
      ...ROOM_PARAMETER,
      number: { in: 'path', required: true, description: "The visitor's number.", schema: wholeText, example: '4711' },
    },
    answers: { 200: { description: 'What is known of it.', schema: ticketSchema } },
    refusals: { 400: 'Not a number.', 404: 'No such room, or the number was never handed out in this run.' },
    handle: withRoom(ticket),
  },
  {
    id: 'getAudit',
    method: 'get',
    path: '/rooms/{room}/audit',
    tag: 'actions',
    summary: 'Who did what when, with the values before and after',
    description: 'The last 1,000 entries are kept.',
    needs: 'read',
    parameters: {
      ...ROOM_PARAMETER,
      before: { in: 'query', description: 'Only entries before this id.', schema: wholeText },
      limit: { in: 'query', description: `1 to ${AUDIT_PAGE_MAX}. Default: 50.`, schema: wholeText },
    },
    answers: { 200: { description: 'The newest first.', schema: auditSchema } },
    refusals: { 400: 'Not an id, or not a limit.' },
    handle: withRoom(audit),
  },
]

/** A room that cannot be reached is listed all the same. */
async function rooms(c: Context<AppEnv>): Promise<Response> {
  const all = c.var.deployment.rooms
  const asked = await Promise.allSettled(all.map((room) => roomFigures(c.var.deployment, room)))
  const listed = all.map(({ name, host = null, path }, i) => {
    const answer = asked[i] as (typeof asked)[number]
    if (answer.status === 'rejected') logError('api_failed', answer.reason, { room: name })
    const { mode, closed, suspended, active, capacity, waiting, admittedPerMinute, admissionFactor } =
      answer.status === 'fulfilled' ? answer.value : UNREACHABLE
    const site = answer.status === 'fulfilled' ? siteOf(answer.value, all[i] as RoomSettings) : null
    const figures = { active, capacity, waiting, admittedPerMinute, admissionFactor, site }
    return { name, host, path, reachable: mode !== null, mode, closed, suspended, ...figures }
  })
  return c.json({ rooms: listed, preview: { states: PAGE_STATES, languages: LANGUAGES } }, 200, NO_STORE)
}

const UNREACHABLE = {
  mode: null,
  closed: null,
  suspended: null,
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
  if (number === null) return problem(400, 'Bad number', 'A ticket has a whole number, 1 or more.')
  const known: TicketReport | null = await c.var.deployment.stub(room).ticket(number)
  if (known === null) return problem(404, 'No such ticket', 'That number was not handed out in the run of now.')
  const { joinedMs, admittedMs, endedMs, events, ...report } = known
  const times = {
    joinedAt: isoTimeOrNull(joinedMs),
    admittedAt: isoTimeOrNull(admittedMs),
    endedAt: isoTimeOrNull(endedMs),
  }
  const told = events.map(({ atMs, ...event }) => ({ ...event, at: isoTime(atMs) }))
  return c.json({ room: room.name, ...report, ...times, events: told }, 200, NO_STORE)
}

async function audit(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const before = wholeOf(c.req.query('before') ?? String(Number.MAX_SAFE_INTEGER).slice(0, 15))
  const limit = wholeOf(c.req.query('limit') ?? '50')
  if (before === null) return problem(400, 'Bad query', '"before" must be the id of an entry.')
  if (limit === null || limit < 1 || limit > AUDIT_PAGE_MAX) {
    return problem(400, 'Bad query', `"limit" must be a whole number from 1 to ${AUDIT_PAGE_MAX}.`)
  }
  const known: AuditEntry[] = await c.var.deployment.stub(room).audit(before, limit)
  const entries = known.map(({ atMs, ...entry }) => ({ ...entry, at: isoTime(atMs) }))
  const last = entries.at(-1)
  const next = entries.length < limit || last === undefined || last.id === 1 ? null : last.id
  return c.json({ room: room.name, entries, next }, 200, NO_STORE)
}

function wholeOf(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}
