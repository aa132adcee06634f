/**
 * The operators' API below `/api/v1`: each room's figures, history, journal and alerts.
 */
import { type Context, Hono } from 'hono'
import type { RoomJournal } from '../../durable-objects/waiting-room.ts'
import type { AppEnv } from '../app-env.ts'
import { logError } from '../log.ts'
import { problem } from '../problem.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { requireAdminToken } from './admin-token.ts'
import { history } from './history.ts'
import { alerts, testAlerts } from './room-alerts.ts'
import { roomFigures } from './room-figures.ts'

export function operatorsApi(): Hono<AppEnv> {
  const api = new Hono<AppEnv>()
  api.use('*', requireAdminToken())
  api.get('/rooms/:room/stats', (c) => withRoom(c, stats))
  api.get('/rooms/:room/history', (c) => withRoom(c, history))
  api.get('/rooms/:room/journal', (c) => withRoom(c, journal))
  api.get('/rooms/:room/alerts', (c) => withRoom(c, alerts))
  api.post('/rooms/:room/alerts/test', (c) => withRoom(c, testAlerts))
  api.all('*', () => problem(404, 'No such resource'))
  return api
}

async function withRoom(
  c: Context<AppEnv>,
  answer: (c: Context<AppEnv>, room: RoomSettings) => Promise<Response>,
): Promise<Response> {
  const room = c.var.deployment.rooms.find(({ name }) => name === c.req.param('room'))
  if (room === undefined) return problem(404, 'No such room')
  try {
    return await answer(c, room)
  } catch (error) {
    logError('api_failed', error, { room: room.name })
    return problem(503, 'The room cannot be reached', undefined, { 'Retry-After': '5' })
  }
}

async function stats(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const { atMs, ...figures } = await roomFigures(c.var.deployment, room)
  return c.json({ ...figures, at: new Date(atMs).toISOString() }, 200, { 'Cache-Control': 'no-store' })
}

async function journal(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const after = Number(c.req.query('after') ?? 0)
  if (!Number.isSafeInteger(after) || after < 0) {
    return problem(400, 'Bad query', '"after" must be a sequence number, 0 or more.')
  }
  const known: RoomJournal | null = await c.var.deployment.stub(room).journal(after)
  const body = known ?? { room: room.name, run: null, entries: [], last: 0, lost: false }
  return c.json({ ...body }, 200, { 'Cache-Control': 'no-store' })
}
