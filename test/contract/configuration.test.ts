/** Deployments with a missing or invalid setting refuse to serve and tell the operator why. */
import { afterEach, expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { Visitor } from './support/visitor.ts'
import { ADMIN_TOKEN, type WorkerBindings } from './support/worker-config.ts'
import { Workerd, WorkerdRefused } from './support/workerd.ts'

const started: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop()
})

async function start(bindings: Partial<WorkerBindings>): Promise<{ workerd: Workerd; origin: Origin }> {
  const origin = await Origin.start()
  started.push(origin)
  const workerd = await Workerd.start({ rooms: [room('shop', 10)], originUrl: origin.url, ...bindings })
  started.push(workerd)
  return { workerd, origin }
}

test.each<[string, string | null, RegExp]>([
  ['missing', null, /SIGNING_KEYS is not set/],
  ['empty', '', /SIGNING_KEYS is not set/],
  ['too short', `weak:${Buffer.alloc(31, 1).toString('base64url')}`, /entry 1 \(weak\): has 31 bytes, 32 or more/],
  ['no key at all', 'short', /entry 1: is not NAME:KEY, there is no/],
  ['without a name', ':QUJD', /entry 1: is not NAME:KEY, the name must be/],
  ['in the base64 of openssl', `k:${'+/'.repeat(22)}=`, /entry 1: is not NAME:KEY, the key must be base64url/],
  ['cut off', `k:${'A'.repeat(41)}`, /entry 1: is not NAME:KEY, the key must be base64url/],
  ['too short in their second entry', `a:${'A'.repeat(43)},b:QUJD`, /entry 2 \(b\): has 3 bytes/],
])('serves an error page and logs the command when signing keys are %s', async (_what, keys, reason) => {
  const { workerd, origin } = await start({ signingKeys: keys })
  const visitor = new Visitor(workerd, 'shop.test')
  for (const path of ['/', '/__waiting-room/status']) {
    const reply = await visitor.get(path)
    expect(reply.status).toBe(500)
    expect(reply.headers['content-type']).toMatch(/^text\/html/)
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(reply.setCookies).toEqual([])
    expect(reply.text).not.toMatch(/SIGNING_KEYS/)
  }
  expect((await visitor.get('/__waiting-room/healthz')).status).toBe(200)
  expect(origin.requests).toEqual([])
  await expect.poll(() => workerd.log).toMatch(/make-key \| npx wrangler secret put SIGNING_KEYS --env/)
  await expect.poll(() => workerd.log).toContain('.dev.vars')
  await expect.poll(() => workerd.log).toMatch(reason)
  if (keys !== null && keys !== '') expect(workerd.log).not.toContain(keys)
})

test('refuses to start with invalid settings, and names every problem by its key', async () => {
  const rooms = [
    { name: 'Shop!', new_users_per_minute: 0, total_active_users: 1.5, path: 'shop', heartbeat_timeout_second: 20 },
    { name: 'twice', total_active_users: 1, new_users_per_minute: 1, check_interval_seconds: 30 },
    { name: 'twice', total_active_users: 1, new_users_per_minute: 1, path: '/2', queueing_status_code: 418 },
    { total_active_users: 1, new_users_per_minute: 1, path: '/3', session_timeout_seconds: '20' },
    { name: 'umlaut', total_active_users: 1, new_users_per_minute: 1, path: '/k\u00fcche' },
    'room',
  ]
  const bindings = { rooms, originUrl: 'http://127.0.0.1/path', originTimeoutSeconds: 0 }
  const refused = await Workerd.start(bindings as unknown as WorkerBindings).then(
    (workerd) => workerd.stop().then(() => null),
    (error: unknown) => error,
  )
  expect(refused).toBeInstanceOf(WorkerdRefused)
  const { message } = refused as WorkerdRefused
  const keys = [
    'ROOMS[0].name',
    'ROOMS[0].new_users_per_minute',
    'ROOMS[0].total_active_users',
    'ROOMS[0].path',
    'ROOMS[0].heartbeat_timeout_second: there is no such setting',
    'ROOMS[1].check_interval_seconds',
    'ROOMS[2].queueing_status_code',
    'ROOMS[3].name: is missing',
    'ROOMS[3].session_timeout_seconds',
    'ROOMS[4].path',
    'ROOMS[5]: must be a table',
    'ORIGIN_URL',
    'ORIGIN_TIMEOUT_SECONDS',
  ]
  for (const key of keys) expect(message).toContain(key)
})

test('refuses two rooms with the same name or address', async () => {
  const one = { total_active_users: 1, new_users_per_minute: 1 }
  const rooms = [
    { ...one, name: 'a' },
    { ...one, name: 'a', path: '/a' },
    { ...one, name: 'b' },
  ]
  await expect(Workerd.start({ rooms, originUrl: 'http://127.0.0.1:1' })).rejects.toThrow(
    /ROOMS\[1\]\.name: .*[\s\S]*ROOMS\[2\]\.path: /,
  )
})

test.each([
  ['not set', null],
  ['too short to be safe', 'short'],
])('turns the operators API off while its token is %s', async (_what, adminToken) => {
  const { workerd, origin } = await start({ adminToken })
  for (const given of [
    '',
    'Bearer ',
    `Bearer ${adminToken}`,
    'Bearer undefined',
    'Bearer null',
    `Bearer ${ADMIN_TOKEN}`,
  ]) {
    const operator = new Visitor(workerd, 'shop.test', { Authorization: given })
    const reply = await operator.get('/__waiting-room/api/v1/rooms/shop/stats')
    expect(reply.status, given).toBe(403)
    expect(reply.headers['content-type']).toBe('application/problem+json')
  }
  expect(origin.requests).toEqual([])
  if (adminToken === null) return
  await expect.poll(() => workerd.log).toMatch(/ADMIN_TOKEN: entry 1 has a token of 5 characters/)
})

test('turns the operators API off without the binding that limits guesses, and says how to add it', async () => {
  const { workerd } = await start({ loginGuard: false })
  const api = new ApiClient(workerd)
  for (const reply of [
    await api.get('/rooms/shop/stats'),
    await api.act('shop', 'pause'),
    await new ApiClient(workerd, { Authorization: 'Bearer guessed' }).get('/rooms'),
    await ApiClient.browser(workerd).logIn(ADMIN_TOKEN),
    await new Visitor(workerd, 'shop.test', { Authorization: `Bearer ${ADMIN_TOKEN}` }).get('/__waiting-room/metrics'),
  ]) {
    expect(reply.status).toBe(500)
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.json()).toMatchObject({ title: 'The API is off', detail: expect.stringContaining('Bind LOGIN_GUARD') })
    expect(reply.setCookies).toEqual([])
  }
  await expect.poll(() => workerd.log).toContain('"event":"login_guard_missing"')
  // Visitors do not notice.
  expect((await new Visitor(workerd, 'shop.test').get('/echo')).status).toBe(200)
})

test('requires the exact token for the operators API', async () => {
  const { workerd } = await start({})
  const ask = (authorization: string, path = 'rooms/shop/stats') =>
    new Visitor(workerd, 'shop.test', { Authorization: authorization }).get(`/__waiting-room/api/v1/${path}`)
  for (const wrong of [
    '',
    ADMIN_TOKEN,
    `Basic ${ADMIN_TOKEN}`,
    `Bearer ${ADMIN_TOKEN}x`,
    `Bearer ${ADMIN_TOKEN.slice(0, -1)}`,
  ]) {
    const reply = await ask(wrong)
    expect(reply.status, wrong).toBe(401)
    expect(reply.headers['www-authenticate']).toBe('Bearer')
  }
  const right = await ask(`Bearer ${ADMIN_TOKEN}`)
  expect(right.status).toBe(200)
  expect(right.headers['cache-control']).toBe('no-store')
  expect(right.json()).toMatchObject({ room: 'shop', run: null, active: 0, waiting: 0, capacity: 10 })
  expect((await ask(`Bearer ${ADMIN_TOKEN}`, 'rooms/nope/stats')).status).toBe(404)
  expect((await ask(`Bearer ${ADMIN_TOKEN}`, 'rooms/shop/journal?after=x')).status).toBe(400)
  expect((await ask(`Bearer ${ADMIN_TOKEN}`, 'nope')).status).toBe(404)
})

test('signs with a new first key, and no visitor loses a place', async () => {
  const [old, young] = [
    `old:${Buffer.alloc(32, 1).toString('base64url')}`,
    `young:${Buffer.alloc(32, 2).toString('base64url')}`,
  ]
  const { workerd } = await start({ signingKeys: old, rooms: [room('shop', 1)] })
  const [first, next] = [new Visitor(workerd, 'shop.test'), new Visitor(workerd, 'shop.test')]
  await first.get('/echo')
  await next.get('/')
  await workerd.restart({ signingKeys: `${young},${old}` })
  expect((await first.get('/echo')).status).toBe(200)
  expect((await next.get('/')).status).toBe(503)
  expect(next.number).toBe(2)
  await first.leave()
  await untilStatus(200, () => next.get('/echo'))
  expect(Buffer.from(next.token?.split('.')[0] ?? '', 'base64url').toString()).toContain('"young"')
})
