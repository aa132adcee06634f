/** Which requests bypass the line, and what the origin sees of them. */
import { expect, test } from 'vitest'
import { issued } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { CURL, type Headers, type Reply } from './support/visitor.ts'

const SECRET = 'the-secret-of-the-monitoring'
const stage = useStage(
  [
    room('shop', 1, {
      queue_all: true,
      bypass: [
        { paths: ['/echo/static/*'] },
        { addresses: ['203.0.113.0/24', '2001:db8::/32'] },
        { header: 'X-Monitoring', secret: 'BYPASS_MONITORING' },
      ],
    }),
    room('open', 10_000, { bypass: [{ header: 'X-Monitoring', secret: 'BYPASS_MONITORING' }] }),
  ],
  { secrets: { BYPASS_MONITORING: SECRET } },
)

const headersAtOrigin = (reply: Reply) => reply.json<{ headers: Record<string, string> }>().headers

test.each<[string, string, Headers]>([
  ['path', '/echo/static/a.js', {}],
  ['IPv4 address', '/echo', { 'CF-Connecting-IP': '203.0.113.77' }],
  ['IPv6 address', '/echo', { 'CF-Connecting-IP': '2001:db8:5::1' }],
  ['secret header', '/echo', { 'X-Monitoring': SECRET }],
])('proxies a request that matches by %s, without ticket, slot or pass', async (_, path, headers) => {
  for (const method of ['GET', 'POST']) {
    const visitor = stage.visitor('shop')
    const reply = await visitor.send({ method, path, extra: headers })
    expect(reply.status).toBe(200)
    expect(visitor.token).toBeUndefined()
    expect(headersAtOrigin(reply)['waiting-room-pass']).toBeUndefined()
    expect(headersAtOrigin(reply)['x-monitoring']).toBeUndefined()
  }
  expect(await issued(stage.workerd, 'shop')).toBe(0)
})

test('queues everything else, however it spells the path or identifies itself', async () => {
  const before = stage.origin.requests.length
  const attempts: [string, Headers][] = [
    ['/echo/static/../shop', {}],
    ['/echo/static/%2e%2e/shop', {}],
    ['/echo/static/..%2fshop', {}],
    ['/echo/static/%252e%252e/shop', {}],
    ['/echo/static/..;/shop', {}],
    ['/shop;/echo/static/', {}],
    ['/echo/static/a', { 'X-Original-URL': '/shop' }],
    ['/echo', { 'X-Forwarded-For': '203.0.113.77', 'X-Real-IP': '203.0.113.77', Forwarded: 'for=203.0.113.77' }],
    ['/echo', { 'CF-Connecting-IP': '203.0.114.1' }],
    ['/echo', { 'X-Monitoring': `${SECRET}x` }],
    ['/echo', { 'User-Agent': 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' }],
  ]
  for (const [path, headers] of attempts) {
    const reply = await stage.visitor('shop', CURL).get(path, headers)
    expect(reply.status, path).toBe(503)
  }
  expect(stage.origin.requests.length).toBe(before)
})

test('never sends the secret to the site, even for visitors with a pass', async () => {
  const guest = await stage.guest('open')
  const reply = await guest.get('/echo', { 'X-Monitoring': 'not-the-secret-but-close' })
  expect(reply.status).toBe(200)
  expect(headersAtOrigin(reply)['waiting-room-pass']).toBe(guest.token)
  expect(headersAtOrigin(reply)['x-monitoring']).toBeUndefined()
})

test('does not apply bypass rules to the endpoints of the room', async () => {
  const reply = await stage.visitor('shop').get('/__waiting-room/status', { 'X-Monitoring': SECRET })
  expect(reply.json()).toMatchObject({ state: 'paused', number: expect.any(Number) })
})
