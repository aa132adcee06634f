/**
 * The operators' API: `GET .../rooms/:room/stats` and `.../journal`. Off unless ADMIN_TOKEN is set.
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { RoomJournal, RoomStats } from '../../durable-objects/waiting-room.ts'
import type { AppEnv } from '../app-env.ts'
import { Line } from '../core/line.ts'
import { lineStats } from '../core/line-stats.ts'
import { logError } from '../log.ts'
import { problem } from '../problem.ts'
import { lineRules, type RoomSettings } from '../settings/rooms.ts'

export function operatorsApi(): Hono<AppEnv> {
  const api = new Hono<AppEnv>()
  api.use('*', requireAdminToken())
  api.get('/rooms/:room/stats', (c) => withRoom(c, stats))
  api.get('/rooms/:room/journal', (c) => withRoom(c, journal))
  api.all('*', () => problem(404, 'No such resource'))
  return api
}

/** Bearer token, compared in constant time: both sides are hashed first, so lengths do not show either. */
function requireAdminToken(): MiddlewareHandler<AppEnv> {
  return async function adminToken(c, next) {
    const expected = c.var.deployment.adminToken
    if (expected === null) {
      return problem(403, 'The API is off', 'Set a token of 16 or more characters: npx wrangler secret put ADMIN_TOKEN')
    }
    const [, given] = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '') ?? []
    if (given === undefined || !(await sameText(given, expected))) {
      return problem(401, 'A valid bearer token is needed', undefined, { 'WWW-Authenticate': 'Bearer' })
    }
    return next()
  }
}

async function sameText(a: string, b: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return crypto.subtle.timingSafeEqual(await digest(a), await digest(b))
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
  const known: RoomStats | null = await c.var.deployment.stub(room).stats()
  const { atMs, ...figures } = known ?? nobodyYet(room)
  return privateJson({ ...figures, at: new Date(atMs).toISOString() })
}

/** The figures of a room that nobody has come to: all zero, without a run. */
function nobodyYet(room: RoomSettings) {
  const nowMs = Date.now()
  return { room: room.name, ...lineStats(Line.start(lineRules(room), 0, nowMs), nowMs), run: null }
}

async function journal(c: Context<AppEnv>, room: RoomSettings): Promise<Response> {
  const after = Number(c.req.query('after') ?? 0)
  if (!Number.isSafeInteger(after) || after < 0) {
    return problem(400, 'Bad query', '"after" must be a sequence number, 0 or more.')
  }
  const known: RoomJournal | null = await c.var.deployment.stub(room).journal(after)
  return privateJson(known ?? { room: room.name, run: null, entries: [], last: 0, lost: false })
}

function privateJson(body: object): Response {
  return Response.json(body, { headers: { 'Cache-Control': 'no-store' } })
}
