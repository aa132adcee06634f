/**
 * An origin that is down, slow or aborts its response: we serve an error page and nobody loses the
 * session.
 */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { issued } from './support/operator.ts'
import { Origin, type Seen } from './support/origin.ts'
import { room, useStage } from './support/stage.ts'
import { answerTo } from './support/visitor.ts'

/** Long enough for immediate responses on any machine. */
const TIMEOUT_SECONDS = 4

const APP = 'https://app.example.com'

const stage = useStage(
  [
    room('down', 1),
    room('slow', 1),
    room('stream', 10),
    room('off', 1, { suspended: true, allowed_origins: [APP] }),
    room('app', 1, { allowed_origins: [APP] }),
  ],
  { originTimeoutSeconds: TIMEOUT_SECONDS },
)

test('answers 502 while the origin is down, and the session continues afterwards', async () => {
  const { port } = stage.origin
  await stage.origin.stop()
  const visitor = stage.visitor('down')
  const first = await visitor.get('/echo')
  expect(first.status).toBe(502)
  expect(first.headers['content-type']).toMatch(/^text\/html/)
  expect(first.headers['cache-control']).toContain('no-store')
  expect(Number(first.headers['retry-after'])).toBeGreaterThan(0)
  expect(visitor.holds).toBe('pass')
  expect((await visitor.post('/echo', 'x'.repeat(100_000))).status).toBe(502)
  expect((await stage.visitor('off').get('/echo')).status).toBe(502)
  const back = await Origin.start(port)
  try {
    const reply = await visitor.get('/echo')
    expect(reply.status).toBe(200)
    expect(reply.json<Seen>().headers['waiting-room-pass']).toBe(visitor.token)
    expect(visitor.number).toBe(1)
    expect(await issued(stage.workerd, 'down')).toBe(1)
    // No secret is configured here. A client's header is still removed.
    const { headers } = (await visitor.get('/echo', { 'Waiting-Room-Origin-Secret': 'guessed' })).json<Seen>()
    expect(headers['waiting-room-origin-secret']).toBeUndefined()
  } finally {
    await back.stop()
    stage.origin.server.listen(port, '127.0.0.1')
    await once(stage.origin.server, 'listening')
  }
})

test('answers 504 when the origin does not respond in time, and the session continues', async () => {
  const visitor = stage.visitor('slow')
  const sent = performance.now()
  const reply = await visitor.get('/silent')
  expect(reply.status).toBe(504)
  expect(performance.now() - sent).toBeGreaterThanOrEqual(TIMEOUT_SECONDS * 1000 - 50)
  expect(reply.headers['content-type']).toMatch(/^text\/html/)
  expect(reply.headers['cache-control']).toContain('no-store')
  expect(visitor.holds).toBe('pass')
  expect((await visitor.get('/echo')).status).toBe(200)
  expect(visitor.number).toBe(1)
  expect(await issued(stage.workerd, 'slow')).toBe(1)
})

test('lets apps of allowed origins read our 502 and 504, with and without a pass', async () => {
  const fetched = {
    Accept: '*/*',
    Origin: APP,
    'Sec-Fetch-Site': 'cross-site',
    'Sec-Fetch-Mode': 'cors',
    'Sec-Fetch-Dest': 'empty',
  }
  const joined = await stage.visitor('app', fetched).get('/__waiting-room/status', { 'Waiting-Room-Token': '' })
  const own = { 'Waiting-Room-Token': String(joined.headers['waiting-room-token']) }
  const ask = async (path: string) => [
    await stage.visitor('app', fetched).get(path, own),
    await stage.visitor('off', fetched).get(path),
  ]
  const slow = await ask('/silent')
  const { port } = stage.origin
  await stage.origin.stop()
  try {
    const down = await ask('/echo')
    expect([...slow, ...down].map(({ status }) => status)).toEqual([504, 504, 502, 502])
    for (const { headers } of [...slow, ...down]) {
      expect(headers['access-control-allow-origin']).toBe(APP)
      expect(headers['access-control-expose-headers']).toContain('Retry-After')
      expect(headers['access-control-allow-credentials']).toBeUndefined()
    }
    const other = await stage.visitor('app', { ...fetched, Origin: 'https://evil.example' }).get('/echo', own)
    expect([other.status, other.headers['access-control-allow-origin']]).toEqual([502, undefined])
  } finally {
    stage.origin.server.listen(port, '127.0.0.1')
    await once(stage.origin.server, 'listening')
  }
})

test('limits the time to the headers only: a response that has begun may take longer', async () => {
  const guest = await stage.guest('stream')
  const sent = guest.open({ path: '/stream?long' })
  sent.end()
  const answer = await answerTo(sent)
  await once(answer.setEncoding('utf8'), 'data')
  // Runs in real time.
  await pause(TIMEOUT_SECONDS * 1000 + 500)
  const rest = answer.toArray()
  stage.origin.signals.emit('go:/stream?long')
  expect((await rest).join('')).toBe('last')
})

test('aborts the response for the visitor when the origin aborts it', async () => {
  const guest = await stage.guest('stream')
  const sent = guest.open({ path: '/stream?broken' })
  sent.end()
  const answer = await answerTo(sent)
  await once(answer.setEncoding('utf8'), 'data')
  const rest = answer.toArray()
  stage.origin.server.closeAllConnections()
  await expect(rest).rejects.toThrow()
  expect((await guest.get('/echo')).status).toBe(200)
})
