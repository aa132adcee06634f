/**
 * CORS preflights: which requests go to the site without a place in line, and which only claim to
 * be preflights.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeployedWorker } from './support/deployed-worker.ts'
import { issued, stats } from './support/operator.ts'
import { Origin } from './support/origin.ts'
import { rawRequest, sendRaw } from './support/raw-http.ts'
import { room, useStage } from './support/stage.ts'
import { type Headers, Visitor } from './support/visitor.ts'
import { ADMIN_TOKEN, SIGNING_KEY, SIGNING_KEY_ID } from './support/worker-config.ts'

const PREFLIGHT: Headers = {
  Origin: 'https://app.example',
  'Access-Control-Request-Method': 'PUT',
  'Access-Control-Request-Headers': 'content-type',
  'Sec-Fetch-Mode': 'cors',
}
const { Origin: _, ...WITHOUT_ORIGIN } = PREFLIGHT

const stage = useStage([
  room('shop', 10_000),
  room('aside', 1, { suspended: true }),
  room('open', 1, { queue_all: true, bypass: [{ paths: ['/echo/open'] }] }),
])

const send = (name: string, headers: Headers, path = '/echo', body?: string) =>
  stage.visitor(name, headers).send({ method: 'OPTIONS', path, ...(body === undefined ? {} : { body }) })

test('forwards a preflight to the site and issues no ticket', async () => {
  for (const more of [{}, { 'Content-Length': '0' }, { Origin: 'null' }]) {
    const reply = await send('shop', { ...PREFLIGHT, ...more })
    expect(reply.json()).toMatchObject({ method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT' } })
    expect(reply.setCookies).toEqual([])
  }
  expect(await issued(stage.workerd, 'shop')).toBe(0)
})

const NO_PREFLIGHTS: [string, Headers, string?][] = [
  ['no origin', WITHOUT_ORIGIN],
  ['a cookie', { ...PREFLIGHT, Cookie: 'session=1' }],
  ['a token that does not count', { ...PREFLIGHT, 'Waiting-Room-Token': 'x' }],
  ['credentials', { ...PREFLIGHT, Authorization: 'Bearer x' }],
  ['an upgrade', { ...PREFLIGHT, Upgrade: 'websocket', Connection: 'Upgrade' }],
  ['a body', PREFLIGHT, '{"order":1}'],
  ['a body of unknown length', { ...PREFLIGHT, 'Transfer-Encoding': 'chunked' }, '{"order":1}'],
  ['an empty body of unknown length', { ...PREFLIGHT, 'Transfer-Encoding': 'chunked' }],
  ['no requested method', { Origin: 'https://app.example' }],
  ['a cookie, a body and a method override', { ...PREFLIGHT, Cookie: 'a=1', 'X-HTTP-Method-Override': 'GET' }, 'x'],
]

test.each(NO_PREFLIGHTS)('does not treat an OPTIONS request with %s as a preflight', async (_, headers, body) => {
  const seen = stage.origin.requests.length
  const reply = await send('shop', headers, '/echo', body)
  expect(reply.status).toBe(503)
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
  expect(stage.origin.requests.length).toBe(seen)
})

test('does not forward a request with a chunked body as a preflight', async () => {
  const seen = stage.origin.requests.length
  const headers = [...Object.entries(PREFLIGHT), ['Transfer-Encoding', 'chunked']] as [string, string][]
  const head = rawRequest({ method: 'OPTIONS', target: '/echo', host: 'shop.test', headers })
  await sendRaw(stage.workerd.port, Buffer.concat([head, Buffer.from('5\r\nhello\r\n0\r\n\r\n')]))
  expect(stage.origin.requests.length).toBe(seen)
})

test('proxies an OPTIONS request with a pass unchanged', async () => {
  const guest = await stage.guest('shop')
  const extra = { ...PREFLIGHT, 'X-HTTP-Method-Override': 'PATCH' }
  const reply = await guest.send({ method: 'OPTIONS', path: '/echo', extra, body: 'asked' })
  expect(reply.json()).toMatchObject({
    method: 'OPTIONS',
    body: 'asked',
    headers: { 'waiting-room-pass': guest.token, 'x-http-method-override': 'PATCH' },
  })
})

test.each([
  'X-HTTP-Method-Override',
  'x-http-method',
  'X-Method-Override',
  'X_HTTP_METHOD_OVERRIDE',
  'X-HTTP_Method-Override',
  'x_method_override',
])('removes %s from a preflight', async (name) => {
  const reply = await send('shop', { ...PREFLIGHT, [name]: 'DELETE', 'X-Kept': 'yes' })
  const { headers } = reply.json<{ headers: Record<string, string> }>()
  expect(Object.keys(headers).filter((key) => /method.?override|http.?method/i.test(key))).toEqual([])
  expect(headers).toMatchObject({ 'x-kept': 'yes', 'access-control-request-method': 'PUT' })
})

test('forwards preflights unchanged for a suspended room or a matching bypass rule', async () => {
  for (const [name, path] of [
    ['aside', '/echo'],
    ['open', '/echo/open'],
  ] as const) {
    const reply = await send(name, { ...PREFLIGHT, Cookie: 'a=1', 'X-HTTP-Method': 'GET' }, path)
    expect(reply.json()).toMatchObject({ method: 'OPTIONS', headers: { cookie: 'a=1', 'x-http-method': 'GET' } })
  }
})

describe('the limit of preflights', () => {
  /** The longer period, so that one seldom ends during a test. */
  const LIMIT = 10
  const MORE_THAN_TWO_PERIODS = 2 * LIMIT + 5
  let origin: Origin
  let worker: DeployedWorker
  beforeAll(async () => {
    origin = await Origin.start()
    const vars = {
      ROOMS: [room('limited', 1_000), room('free', 1_000, { join_limit: false })],
      ORIGIN_URL: origin.url,
      SIGNING_KEYS: `${SIGNING_KEY_ID}:${SIGNING_KEY.toString('base64url')}`,
      ADMIN_TOKEN,
    }
    worker = await DeployedWorker.start(vars, {
      ratelimits: [{ name: 'JOIN_LIMIT', namespace_id: '1', simple: { limit: LIMIT, period: 60 } }],
    })
  })
  afterAll(async () => {
    await worker?.stop()
    await origin?.stop()
  })

  const preflightFrom = (name: string, address: string) =>
    new Visitor(worker.front, `${name}.test`, { ...PREFLIGHT, 'CF-Connecting-IP': address }).send({
      method: 'OPTIONS',
      path: '/echo',
    })

  test('equals that of joins per address, and is counted separately from joins', async () => {
    let passed = 0
    let refusal = null
    for (let i = 0; i < MORE_THAN_TWO_PERIODS && refusal === null; i++) {
      const reply = await preflightFrom('limited', '203.0.113.5')
      if (reply.status === 429) refusal = reply
      else passed++
    }
    expect(passed).toBeGreaterThanOrEqual(LIMIT - 1)
    expect(refusal?.text).toContain('Too many preflight requests')
    expect(Number(refusal?.headers['retry-after'])).toBeGreaterThanOrEqual(10)
    expect(refusal?.headers['cache-control']).toBe('no-store')
    expect(origin.requests.length).toBe(passed)

    expect((await preflightFrom('limited', '203.0.113.6')).status).toBe(200)
    const newcomer = new Visitor(worker.front, 'limited.test')
    expect((await newcomer.get('/echo', { 'CF-Connecting-IP': '203.0.113.5' })).status).toBe(200)
    expect((await stats(worker.front, 'limited')).totals).toMatchObject({ joined: 1, limited: 0 })
  })

  test('is off when the join limit is off', async () => {
    for (let i = 0; i < MORE_THAN_TWO_PERIODS; i++) {
      expect((await preflightFrom('free', '203.0.113.7')).status).toBe(200)
    }
  })
})
