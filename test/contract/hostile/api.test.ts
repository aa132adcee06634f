/**
 * The operators' API, called with anything, with and without the token. With the token the worst
 * response is problem details, never a failure. Without it nothing is disclosed.
 */
import fc from 'fast-check'
import { afterEach, beforeAll, expect, it } from 'vitest'
import {
  expectCleanLog,
  expectHarmless,
  expectNotCacheable,
  FUZZ,
  method,
  pathBelow,
  text,
} from '../support/hostile.ts'
import { stats } from '../support/operator.ts'
import { type RawRequest, rawRequest, sendRaw } from '../support/raw-http.ts'
import { room, useStage } from '../support/stage.ts'
import { ADMIN_TOKEN } from '../support/worker-config.ts'

const HOST = 'full.test'
const FEWER = { ...FUZZ, numRuns: FUZZ.numRuns / 2 }
const stage = useStage([room('full', 1), room('spare', 1)])
const API = '/__waiting-room/api/v1'
const ROOM = `${API}/rooms/full`

let seenByOrigin = 0

beforeAll(async () => {
  await stage.guest('full')
  await stage.guest('spare')
  seenByOrigin = stage.origin.requests.length
})

afterEach(() => {
  expect(stage.origin.requests.slice(seenByOrigin)).toEqual([])
  expectCleanLog(stage.workerd.log)
  expect(stage.workerd.log).not.toMatch(/"(api_failed|request_failed|room_aborted)"/)
})

const parts = ['', '/', '/rooms', '/rooms/', '/openapi.json', '/session', '/sessions', '/docs', '/../metrics']
const ofRoom = [
  '',
  '/',
  '/stats',
  '/history',
  '/journal',
  '/settings',
  '/actions',
  '/alerts',
  '/alerts/test',
  '/tickets/',
  '/audit',
  '/reset',
]
const target = pathBelow(
  '/__waiting-room/metrics',
  '/__waiting-room/admin',
  ...parts.map((part) => API + part),
  ...ofRoom.map((part) => ROOM + part),
)

const query = fc
  .array(fc.tuple(fc.constantFrom('from', 'to', 'step', 'after', 'before', 'limit', 'count', 'format', 'room'), text), {
    maxLength: 3,
  })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&'))
const times = fc.constantFrom(
  '0',
  '-1',
  '1e15',
  '999999999999999',
  '2026-13-45',
  '275760-09-13T00:00:00Z',
  '2026-01-01',
  '9'.repeat(30),
  'NaN',
)
const timed = fc
  .tuple(times, times, fc.constantFrom('10s', '1m', '1h', ''))
  .map(([from, to, step]) => `from=${from}&to=${to}&step=${step}`)

const field = fc.constantFrom(
  'action',
  'capacity',
  'total_active_users',
  'new_users_per_minute',
  'queue_all',
  'message',
  'channel',
  'number',
  'count',
  'opens_at',
  '__proto__',
  'constructor',
)
const fields = fc.dictionary(field, fc.jsonValue(), { maxKeys: 4 }).map((value) => JSON.stringify(value))
const body = fc.option(fc.oneof(fields, fc.json(), text), { nil: undefined })
const typed: [string, string] = ['Content-Type', 'application/json']

async function send(request: RawRequest) {
  const [reply] = await sendRaw(stage.workerd.port, rawRequest({ host: HOST, ...request }))
  expectHarmless(reply, HOST)
  return reply
}

it('refuses every request without a token, however its path is spelled', async () => {
  const credentials = fc.oneof(
    fc.constant([]),
    text.map((value): [string, string][] => [['Authorization', value]]),
    text.map((value): [string, string][] => [['Authorization', `Bearer ${value}`]]),
    text.map((value): [string, string][] => [['Cookie', `waiting-room-admin=${value}`]]),
    fc.constantFrom<[string, string][]>(
      [['Authorization', `bearer  ${ADMIN_TOKEN}x`]],
      [['Authorization', `Basic ${ADMIN_TOKEN}`]],
    ),
  )
  const before = await stats(stage.workerd, 'full')
  await fc.assert(
    fc.asyncProperty(
      method,
      pathBelow(...ofRoom.map((part) => ROOM + part)),
      credentials,
      body,
      async (how, where, named, what) => {
        const reply = await send({ method: how, target: where, headers: [...named, typed], body: what })
        expectNotCacheable(reply)
        // The methods of a path are in the API's description, which is public.
        const allowed = [400, 401, 403, 404, 405, 429, 501, 503, ...(how === 'OPTIONS' ? [204] : [])]
        if (reply !== undefined) expect(allowed).toContain(reply.status)
        expect(reply?.body ?? '').not.toMatch(/"(capacity|active|entries)"/)
      },
    ),
    FEWER,
  )
  const { active, capacity, waiting } = await stats(stage.workerd, 'full')
  expect({ active, capacity, waiting }).toEqual({
    active: before.active,
    capacity: before.capacity,
    waiting: before.waiting,
  })
})

it('answers any request with a token with problem details at worst', async () => {
  const headers: [string, string][] = [['Authorization', `Bearer ${ADMIN_TOKEN}`], typed]
  const asked = fc.oneof(
    target,
    fc
      .tuple(fc.constantFrom('stats', 'history', 'journal', 'audit', 'alerts'), fc.oneof(query, timed))
      .map(([what, q]) => `${ROOM}/${what}?${q}`),
  )
  await fc.assert(
    fc.asyncProperty(method, asked, fc.option(text, { nil: undefined }), body, async (how, where, etag, what) => {
      const more: [string, string][] = etag === undefined ? [] : [['If-Match', etag]]
      const reply = await send({ method: how, target: where, headers: [...headers, ...more], body: what })
      if (reply !== undefined) expect(reply.status).not.toBe(503)
    }),
    FEWER,
  )
})
