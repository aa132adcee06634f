/**
 * CORS for the room's own responses: which pages of other origins may call which endpoints, and
 * what they can read.
 */
import { expect, test } from 'vitest'
import { issued, stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { untilJson } from './support/until.ts'
import type { Headers, Reply, Visitor } from './support/visitor.ts'

const APP = 'https://app.example.com'
const ALLOWED = [APP, 'http://localhost:3000', 'capacitor://localhost', 'ionic://localhost']
const allowed_origins = ALLOWED

const stage = useStage([
  room('still', 10_000, { allowed_origins }),
  room('open', 10_000, { allowed_origins }),
  room('line', 1, { allowed_origins }),
  room('cookies', 10_000, { allowed_origins }),
  room('leaving', 10_000, { allowed_origins }),
  room('full', 1, { allowed_origins, max_waiting: 1 }),
  room('plain', 10_000),
])

const CALLS = [
  ['GET', '/__waiting-room/status'],
  ['POST', '/__waiting-room/heartbeat'],
  ['POST', '/__waiting-room/leave'],
] as const

/** The headers of a `fetch` by a page of this origin, without cookies. */
const from = (origin: string): Headers => ({
  Accept: '*/*',
  Origin: origin,
  'Sec-Fetch-Site': 'cross-site',
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Dest': 'empty',
})

function page(name: string, origin: string): Visitor {
  return stage.visitor(name, from(origin))
}

function preflight(name: string, origin: string, [method, path]: readonly [string, string]): Promise<Reply> {
  const asks = { 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': 'waiting-room-token' }
  return page(name, origin).send({ method: 'OPTIONS', path, extra: asks })
}

function expectShared(reply: Reply, origin: string): void {
  expect(reply.headers['access-control-allow-origin']).toBe(origin)
  expect(reply.headers.vary).toMatch(/\bOrigin\b/)
  expect(reply.headers['access-control-allow-credentials']).toBeUndefined()
  expect(reply.setCookies).toEqual([])
}

function expectNotShared(reply: Reply): void {
  expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
}

const token = (reply: Reply): string => String(reply.headers['waiting-room-token'])

test.each(ALLOWED)('grants a preflight from %s and issues no ticket', async (origin) => {
  for (const call of CALLS) {
    const reply = await preflight('still', origin, call)
    expect(reply.status).toBe(204)
    expectShared(reply, origin)
    expect(reply.headers['access-control-allow-methods']).toContain(call[0])
    expect(reply.headers['access-control-allow-headers']).toBe(
      'Waiting-Room-Token, Waiting-Room-Proof, Waiting-Room-Key, Content-Type, Accept',
    )
    expect(Number(reply.headers['access-control-max-age'])).toBeGreaterThan(0)
  }
  expect(await stats(stage.workerd, 'still')).toMatchObject({ active: 0, waiting: 0 })
  expect(await issued(stage.workerd, 'still')).toBe(0)
})

const OTHERS = [
  'null',
  'https://evil.example',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://sub.app.example.com',
  'https://app.example.com.evil.example',
  'http://localhost:3001',
  'capacitor://localhost:1',
  'https://APP.example.com',
]

test.each(OTHERS)('refuses polls, joins, heartbeats and leaves from a page of %s', async (origin) => {
  for (const call of CALLS) {
    const asked = await preflight('still', origin, call)
    expect(asked.status).toBe(403)
    expectNotShared(asked)
    const reply = await page('still', origin).send({
      method: call[0],
      path: call[1],
      extra: { 'Waiting-Room-Token': '' },
    })
    expect(reply.status).toBe(403)
    expectNotShared(reply)
  }
  expect(await issued(stage.workerd, 'still')).toBe(0)
})

test('allows no origin without the setting', async () => {
  for (const call of CALLS) expectNotShared(await preflight('plain', APP, call))
  const reply = await page('plain', APP).get('/__waiting-room/status', { 'Waiting-Room-Token': '' })
  expect(reply.status).toBe(403)
  expectNotShared(reply)
})

test.each(ALLOWED)('lets a page of %s join, send heartbeats and leave with the token header', async (origin) => {
  const app = page('open', origin)
  const joined = await app.get('/__waiting-room/status?room=open', { 'Waiting-Room-Token': '' })
  expect(joined.status).toBe(200)
  expect(joined.json()).toMatchObject({ state: 'admitted' })
  expectShared(joined, origin)
  expect(joined.headers['access-control-expose-headers']).toBe('Waiting-Room-Token, Retry-After, Link')
  const own = { 'Waiting-Room-Token': token(joined) }
  expect((await app.get('/echo?open', own)).status).toBe(200)

  const beat = await app.post('/__waiting-room/heartbeat?room=open', '{"touched":true}', own)
  expect(beat.status).toBe(204)
  expectShared(beat, origin)
  expect(token(beat)).toMatch(/^eyJ/)
  const left = await app.post('/__waiting-room/leave?room=open', '{"final":true}', own)
  expect(left.status).toBe(204)
  expectShared(left, origin)
  expect(await stats(stage.workerd, 'open')).toMatchObject({ active: 0 })
  const over = await app.post('/__waiting-room/heartbeat?room=open', '', own)
  expect(over.status).toBe(410)
  expectShared(over, origin)
  expect(over.headers['content-type']).toBe('application/problem+json')
})

test('issues no ticket for a call without the header, and names the missing header', async () => {
  const before = await issued(stage.workerd, 'still')
  for (const [method, path] of CALLS) {
    const reply = await page('still', APP).send({ method, path })
    expect(reply.status).toBe(403)
    expectShared(reply, APP)
    expect(reply.json()).toMatchObject({
      title: 'No token header',
      detail: expect.stringContaining('Waiting-Room-Token'),
    })
  }
  expect(await issued(stage.workerd, 'still')).toBe(before)
})

test('neither reads nor sets cookies in calls from another origin', async () => {
  const guest = await stage.guest('cookies')
  const pass = guest.token as string
  const app = { ...from(APP), 'Waiting-Room-Token': '' }
  for (const origin of [APP, 'https://evil.example']) {
    const extra = { ...app, Origin: origin }
    await guest.send({ method: 'POST', path: '/__waiting-room/leave', headers: {}, extra, body: '{"final":true}' })
    await guest.send({ method: 'POST', path: '/__waiting-room/heartbeat', headers: {}, extra })
  }
  expect(guest.token).toBe(pass)
  expect(await stats(stage.workerd, 'cookies')).toMatchObject({ active: 1 })

  // A poll with the cookie and an empty header is a newcomer's: the pass in the cookie is not
  // disclosed.
  const polled = await guest.send({ path: '/__waiting-room/status', headers: app })
  expect(polled.json()).toMatchObject({ state: 'admitted', number: 2 })
  expectShared(polled, APP)
  expect(guest.token).toBe(pass)
  expect((await guest.get('/echo?cookies')).status).toBe(200)
})

test('refuses a form of an allowed origin that would give up the place', async () => {
  const guest = await stage.guest('leaving')
  const form = {
    'Content-Type': 'application/x-www-form-urlencoded',
    Origin: APP,
    'Sec-Fetch-Site': 'cross-site',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
  }
  const reply = await guest.post('/__waiting-room/leave', 'final=true', form)
  expect(reply.status).toBe(403)
  expect(reply.setCookies).toEqual([])
  expect(await stats(stage.workerd, 'leaving')).toMatchObject({ active: 1 })
})

test('lets an app read every refusal: unknown room, bad body, full line', async () => {
  const app = page('full', APP)
  const newcomer = { 'Waiting-Room-Token': '' }
  const unknown = await app.get('/__waiting-room/status?room=nobody', newcomer)
  expect(unknown.status).toBe(404)
  expectShared(unknown, APP)
  const bad = await app.post('/__waiting-room/leave?room=full', '[1]', newcomer)
  expect(bad.status).toBe(400)
  expectShared(bad, APP)
  await app.get('/__waiting-room/status', newcomer)
  await app.get('/__waiting-room/status', newcomer)
  const full = await untilReply('full', () => app.get('/__waiting-room/status', newcomer))
  expectShared(full, APP)
  expect(Number(full.headers['retry-after'])).toBeGreaterThan(0)
})

async function untilReply(state: string, send: () => Promise<Reply>): Promise<Reply> {
  let last: Reply | undefined
  await untilJson({ state }, async () => {
    last = await send()
    return last
  })
  return last as Reply
}

test.each<[string, Headers]>([
  ['from a page of the site', { ...from(''), 'Sec-Fetch-Site': 'same-origin', Origin: 'http://line.test' }],
  ['from an app of an allowed origin', from(APP)],
  ['from a hybrid app', from('capacitor://localhost')],
  ['from a page that asks for HTML', { ...from(APP), Accept: 'text/html' }],
  ['that cannot read the response', { ...from(APP), 'Sec-Fetch-Mode': 'no-cors' }],
])(
  'answers a fetch of a covered address %s with JSON that links to the join, and issues no ticket',
  async (_, headers) => {
    const before = await issued(stage.workerd, 'line')
    for (const method of ['GET', 'POST', 'PUT']) {
      const reply = await stage.visitor('line', headers).send({ method, path: '/echo?fetched' })
      expect(reply.status).toBe(503)
      expect(reply.headers.link).toBe('</__waiting-room/status?room=line>; rel="waiting-room"')
      expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
      expect(reply.headers['content-type']).toMatch(/^application\/json/)
      expect(reply.json()).toMatchObject({
        cfWaitingRoom: { inWaitingRoom: true },
        waitingRoom: { state: 'waiting', room: 'line', number: null, position: null },
      })
      expect(reply.setCookies).toEqual([])
      if (ALLOWED.includes(`${headers.Origin}`)) expectShared(reply, `${headers.Origin}`)
      else expectNotShared(reply)
    }
    expect(await issued(stage.workerd, 'line')).toBe(before)
    expect(stage.origin.count('/echo?fetched')).toBe(0)
  },
)

test('gives an image the link but no JSON', async () => {
  const reply = await stage.visitor('line', { ...from(APP), 'Sec-Fetch-Dest': 'image' }).get('/logo.png')
  expect(reply.headers.link).toBe('</__waiting-room/status?room=line>; rel="waiting-room"')
  expect(reply.headers['content-type']).toMatch(/^text\/plain/)
})

test('lets only an allowed app read its place at covered addresses', async () => {
  await stage.guest('line')
  const app = page('line', APP)
  const joined = await app.get('/__waiting-room/status', { 'Waiting-Room-Token': '' })
  expect(joined.json()).toMatchObject({ state: 'waiting', position: 1 })
  const own = { 'Waiting-Room-Token': token(joined) }
  const told = await app.get('/echo', own)
  expect(told.status).toBe(503)
  expect(told.json()).toMatchObject({ waitingRoom: { state: 'waiting', position: 1 } })
  expectShared(told, APP)
  expectNotShared(await page('line', 'https://evil.example').get('/echo', own))
})

test('gives a script with a ticket JSON, or the page if it asks for HTML', async () => {
  const joined = await page('line', APP).get('/__waiting-room/status', { 'Waiting-Room-Token': '' })
  expect(joined.json()).toMatchObject({ state: 'waiting' })
  const own = { 'Waiting-Room-Token': token(joined) }
  for (const [accept, type] of [
    ['*/*', /^application\/json/],
    ['application/json', /^application\/json/],
    ['text/html, application/xhtml+xml', /^text\/html/],
  ] as const) {
    const reply = await page('line', APP).get('/echo', { ...own, Accept: accept })
    expect(reply.status).toBe(503)
    expect(reply.headers['content-type']).toMatch(type)
    expect(reply.headers.link).toContain('rel="waiting-room"')
    expectShared(reply, APP)
  }
})

test('leaves CORS headers of site responses to the site', async () => {
  const app = page('open', APP)
  const joined = await app.get('/__waiting-room/status', { 'Waiting-Room-Token': '' })
  const reply = await app.get('/echo', { 'Waiting-Room-Token': token(joined) })
  expect(reply.status).toBe(200)
  expectNotShared(reply)
  expect(reply.headers.link).toBeUndefined()
})

test('answers an OPTIONS request that is no preflight with the allowed methods', async () => {
  const reply = await stage.visitor('still', {}).send({ method: 'OPTIONS', path: '/__waiting-room/leave' })
  expect(reply.status).toBe(204)
  expect(reply.headers.allow).toBe('POST, OPTIONS')
})
