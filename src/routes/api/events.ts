/** The events of a room: listed, created, changed only with the current ETag, started, delayed. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import type { EventAnswer, EventCommand, EventDetails, EventsView, EventView } from '../../room/room-events.ts'
import { eventPatchSchema, eventSchema } from '../../settings/event-schema.ts'
import type { RoomSettings } from '../../settings/rooms.ts'
import { whole } from '../../settings/values.ts'
import { readBody, refusedBody } from './body.ts'
import { changedMeanwhile, ETAG, IF_MATCH_PARAMETER, IF_MATCH_REFUSALS, readIfMatch, tagHeaders } from './if-match.ts'
import { isoTime, NO_STORE, type Operation, ROOM_PARAMETER, withRoom } from './operation.ts'
import { callerName } from './operator.ts'
import { eventDetailsSchema, eventJsonSchema, eventsSchema } from './operator-schemas.ts'

/** A week. */
const DELAY_MAX_MINUTES = 10_080

const patchSchema = v.pipe(
  eventPatchSchema,
  v.check((patch) => Object.keys(patch).length > 0, 'Name at least one key'),
)
const nothing = v.strictObject({})
const delaySchema = v.strictObject({ minutes: whole(1, DELAY_MAX_MINUTES) })

const EVENT_PARAMETERS = {
  ...ROOM_PARAMETER,
  id: {
    in: 'path',
    required: true,
    description: 'The `id` of the event.',
    schema: v.string(),
    example: 'autumn-sale-2b91c4',
  },
} as const
const CHANGE_PARAMETERS = { ...EVENT_PARAMETERS, 'If-Match': IF_MATCH_PARAMETER } as const
const THE_EVENT = { description: 'The event, stored durably.', schema: eventJsonSchema, headers: ETAG }
const EXAMPLE = {
  name: 'Autumn sale',
  prequeue_start_time: '2026-11-27T09:00:00+01:00',
  event_start_time: '2026-11-27T10:00:00+01:00',
  event_end_time: '2026-11-27T12:00:00+01:00',
  shuffle_at_event_start: true,
}
const INVALID = { 400: 'Every problem is listed with its key.' }
const NO_EVENT = { 404: 'No such room or event.' }
const CONFLICT = { 409: 'It would overlap another event, or break a promise to visitors.' }
const REFUSALS = { ...INVALID, ...NO_EVENT, ...CONFLICT, ...IF_MATCH_REFUSALS }

const shared = { tag: 'events', parameters: EVENT_PARAMETERS } as const

export const eventOperations: readonly Operation[] = [
  {
    ...shared,
    id: 'listEvents',
    method: 'get',
    path: '/rooms/{room}/events',
    summary: 'List the events of a room by ascending time',
    needs: 'read',
    parameters: ROOM_PARAMETER,
    answers: { 200: { description: 'The events.', schema: eventsSchema, headers: ETAG } },
    handle: withRoom(listEvents),
  },
  {
    ...shared,
    id: 'createEvent',
    method: 'post',
    path: '/rooms/{room}/events',
    summary: 'Create an event',
    description: 'With the ETag of the list as `If-Match` only if no event has changed since.',
    needs: 'write',
    parameters: { ...ROOM_PARAMETER, 'If-Match': { ...IF_MATCH_PARAMETER, required: false } },
    body: { schema: eventSchema, required: true, example: EXAMPLE },
    answers: { 201: { ...THE_EVENT, headers: { ...ETAG, Location: 'The path of the event.' } } },
    refusals: { ...INVALID, ...CONFLICT, 412: 'The list has changed.' },
    handle: withRoom(async (c, room) => {
      const read = await readBody(c, eventSchema, unknownKey)
      if (!read.ok) return read.refusal
      const etag = readIfMatch(c, false)
      if (etag instanceof Response) return etag
      return send(c, room, { kind: 'create', settings: read.body, etag })
    }),
  },
  {
    ...shared,
    id: 'getEvent',
    method: 'get',
    path: '/rooms/{room}/events/{id}',
    summary: 'Get an event',
    needs: 'read',
    answers: { 200: { ...THE_EVENT, description: 'The event.' } },
    refusals: NO_EVENT,
    handle: withRoom(async (c, room) => {
      const details = await detailsOf(c, room)
      return details === null ? noEvent() : c.json(eventJson(details.event), 200, tagHeaders(details.event.etag))
    }),
  },
  {
    ...shared,
    id: 'getEventDetails',
    method: 'get',
    path: '/rooms/{room}/events/{id}/details',
    summary: 'Get an event with the settings in force during it, and its draw',
    needs: 'read',
    answers: { 200: { description: 'Inherited settings are those of the room now.', schema: eventDetailsSchema } },
    refusals: NO_EVENT,
    handle: withRoom(async (c, room) => {
      const details = await detailsOf(c, room)
      if (details === null) return noEvent()
      const { event, ...more } = details
      return c.json({ room: room.name, event: eventJson(event), ...more }, 200, NO_STORE)
    }),
  },
  {
    ...shared,
    id: 'replaceEvent',
    method: 'put',
    path: '/rooms/{room}/events/{id}',
    summary: 'Replace an event: keys that are left out get their defaults',
    needs: 'write',
    parameters: CHANGE_PARAMETERS,
    body: { schema: eventSchema, required: true, example: EXAMPLE },
    answers: { 200: THE_EVENT },
    refusals: REFUSALS,
    handle: changing(eventSchema, (settings, id, etag) => ({ kind: 'replace', id, settings, etag })),
  },
  {
    ...shared,
    id: 'changeEvent',
    method: 'patch',
    path: '/rooms/{room}/events/{id}',
    summary: 'Change keys of an event; null inherits',
    needs: 'write',
    parameters: CHANGE_PARAMETERS,
    body: { schema: patchSchema, required: true, example: { message: 'The doors open at 10' } },
    answers: { 200: THE_EVENT },
    refusals: REFUSALS,
    handle: changing(patchSchema, (patch, id, etag) => ({ kind: 'change', id, patch, etag })),
  },
  {
    ...shared,
    id: 'deleteEvent',
    method: 'delete',
    path: '/rooms/{room}/events/{id}',
    summary: 'Delete an event, or restore the deployed one',
    needs: 'write',
    parameters: CHANGE_PARAMETERS,
    answers: { 200: { ...THE_EVENT, description: 'The deployed event.' }, 204: { description: 'Deleted.' } },
    refusals: REFUSALS,
    handle: changing(nothing, (_, id, etag) => ({ kind: 'delete', id, etag })),
  },
  {
    ...shared,
    id: 'startEvent',
    method: 'post',
    path: '/rooms/{room}/events/{id}/start',
    summary: 'Start an event now: its end stays, its rate plan moves along',
    needs: 'write',
    body: { schema: nothing, required: false },
    answers: { 200: THE_EVENT },
    refusals: { ...INVALID, ...NO_EVENT, ...CONFLICT },
    handle: changing(nothing, (_, id, etag) => ({ kind: 'start', id, etag }), false),
  },
  {
    ...shared,
    id: 'delayEvent',
    method: 'post',
    path: '/rooms/{room}/events/{id}/delay',
    summary: 'Delay an event that has not started: its lobby unless it is open, start, end and rate plan',
    needs: 'write',
    body: { schema: delaySchema, required: true, example: { minutes: 15 } },
    answers: { 200: THE_EVENT },
    refusals: { ...INVALID, ...NO_EVENT, ...CONFLICT },
    handle: changing(delaySchema, ({ minutes }, id, etag) => ({ kind: 'delay', id, minutes, etag }), false),
  },
]

async function listEvents(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const { etag, events, refused }: EventsView = await c.var.deployment.stub(room).events(room.name)
  return c.json({ room: room.name, events: events.map(eventJson), refused }, 200, tagHeaders(etag))
}

function detailsOf(c: Context<AppEnv>, room: RoomSettings): Promise<EventDetails | null> {
  return c.var.deployment.stub(room).eventDetails(room.name, idOf(c))
}

/** The handler of a change of one event. */
function changing<S extends v.GenericSchema>(
  schema: S,
  commandOf: (body: v.InferOutput<S>, id: string, etag: EventCommand['etag']) => EventCommand,
  isTagRequired = true,
) {
  return withRoom(async (c, room) => {
    const etag = readIfMatch(c, isTagRequired)
    if (etag instanceof Response) return etag
    const read = await readBody(c, schema, unknownKey)
    return read.ok ? send(c, room, commandOf(read.body, idOf(c), etag)) : read.refusal
  })
}

async function send(c: Context<AppEnv>, room: RoomSettings, command: EventCommand): Promise<Response> {
  const answer: EventAnswer = await c.var.deployment.stub(room).changeEvents(room.name, command, callerName(c))
  if (answer.state === 'refused') return refusalOf(answer)
  const { event } = answer
  if (event === null) return c.body(null, 204, NO_STORE)
  const headers = tagHeaders(event.etag)
  if (command.kind !== 'create') return c.json(eventJson(event), 200, headers)
  return c.json(eventJson(event), 201, { ...headers, Location: `${c.var.deployment.prefix}${c.req.path}/${event.id}` })
}

function refusalOf(answer: Exclude<EventAnswer, { state: 'done' }>): Response {
  switch (answer.why) {
    case 'no-such-event':
      return noEvent()
    case 'changed-meanwhile':
      return changedMeanwhile(answer.etag)
    case 'invalid':
      return refusedBody(400, 'Bad body', answer.problems)
    case 'conflict':
      return refusedBody(409, 'Conflict', answer.problems)
  }
}

function noEvent(): Response {
  return problem(404, 'No such event', 'GET the events of the room to list them.')
}

function idOf(c: Context<AppEnv>): string {
  return c.req.param('id') ?? ''
}

/** The keys of an answer that are not settings. */
const READ_ONLY = ['id', 'phase', 'source', 'changedAt', 'changedBy']

function unknownKey(key: string): string {
  return READ_ONLY.includes(key) ? 'is read-only: leave it out' : 'there is no such key'
}

function eventJson({ id, phase, source, atMs, by, settings }: EventView) {
  return { id, phase, source, changedAt: isoTime(atMs), changedBy: by, ...settings }
}
