/**
 * The proxy as a visitor with a pass sees it: requests reach the origin as sent, and its responses
 * reach the visitor as sent.
 */
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { JSON_BYTES, type Seen } from './support/origin.ts'
import { room, useStage } from './support/stage.ts'
import { BROWSER, CURL, OVER_TLS, Visitor } from './support/visitor.ts'

const stage = useStage([room('shop', 10_000), room('other', 1)], { originSecret: 'only-the-room-knows' })

test('delivers relative redirects and redirects to other sites unchanged', async () => {
  const guest = await stage.guest('shop')
  for (const [path, location] of [
    ['/relative', '/elsewhere?x=1#y'],
    ['/foreign', 'https://pay.example/checkout'],
  ] as const) {
    const reply = await guest.get(path)
    expect(reply.status).toBe(302)
    expect(reply.headers.location).toBe(location)
  }
})

test('rewrites a redirect to the host of the origin to our host', async () => {
  const guest = await stage.guest('shop')
  const reply = await guest.get('/own')
  expect(reply.status).toBe(302)
  expect(reply.headers.location).toBe('http://shop.test/elsewhere?x=1#y')
  expect((await guest.get('/own-short')).headers.location).toBe('http://shop.test/elsewhere')
  const overTls = await stage.visitor('shop').get('/own', OVER_TLS)
  expect(overTls.headers.location).toBe('https://shop.test/elsewhere?x=1#y')
})

test('sends a newcomer both the redirect location and the new pass', async () => {
  const newcomer = stage.visitor('shop')
  const reply = await newcomer.get('/relative')
  expect(reply.status).toBe(302)
  expect(reply.headers.location).toBe('/elsewhere?x=1#y')
  expect(newcomer.holds).toBe('pass')
})

test('delivers several Set-Cookie headers separately, with or without ours', async () => {
  const expected = ['a=1; Path=/', 'b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT; HttpOnly', 'c="x, y"; SameSite=Lax']
  const newcomer = stage.visitor('shop')
  const first = await newcomer.get('/cookies')
  expect(first.setCookies.slice(0, 3)).toEqual(expected)
  expect(first.setCookies.slice(3)).toEqual([expect.stringMatching(/^waiting-room-shop=/)])
  const second = await newcomer.get('/cookies')
  expect(second.setCookies).toEqual(expected)
})

test('forwards every method with its body', async () => {
  const guest = await stage.guest('shop')
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const reply = await guest.send({
      method,
      path: '/echo?q=%2F',
      body: 'a=1&b=%26',
      extra: { 'Content-Type': 'text/x' },
    })
    expect(reply.json()).toMatchObject({
      method,
      url: '/echo?q=%2F',
      body: 'a=1&b=%26',
      headers: { 'content-type': 'text/x' },
    })
  }
  const head = await guest.send({ method: 'HEAD', path: '/json' })
  expect(head.status).toBe(200)
  expect(head.headers.etag).toBe('"exact"')
  expect(head.headers['content-length']).toBe(String(JSON_BYTES.length))
})

test('delivers JSON byte for byte, with its length, ETag and caching headers', async () => {
  const guest = await stage.guest('shop')
  const reply = await guest.get('/json')
  expect(reply.body.equals(JSON_BYTES)).toBe(true)
  expect(reply.headers['content-length']).toBe(String(JSON_BYTES.length))
  expect(reply.headers.etag).toBe('"exact"')
  expect(reply.headers['cache-control']).toBe('public, s-maxage=60, max-age=60')
  expect(reply.headers['cdn-cache-control']).toBe('max-age=600')
  expect(reply.setCookies).toEqual([])
})

test('makes only a response that sets a token private', async () => {
  const newcomer = stage.visitor('shop')
  const first = await newcomer.get('/json')
  expect(newcomer.holds).toBe('pass')
  expect(first.headers['cache-control']).toBe('private, max-age=60')
  expect(first.headers['cdn-cache-control']).toBeUndefined()
  expect(first.body.equals(JSON_BYTES)).toBe(true)
  expect((await newcomer.get('/json')).headers['cache-control']).toBe('public, s-maxage=60, max-age=60')
})

test('delivers a compressed response as the origin compressed it, with or without a token', async () => {
  const newcomer = stage.visitor('shop')
  for (const kind of ['with a token', 'without']) {
    const reply = await newcomer.get('/gzip-json', { 'Accept-Encoding': 'gzip' })
    expect(reply.headers['content-encoding'], kind).toBe('gzip')
    expect(gunzipSync(reply.body).equals(JSON_BYTES), kind).toBe(true)
  }
})

test('delivers error statuses and statuses without a body', async () => {
  const newcomer = stage.visitor('shop')
  for (const kind of ['with a token', 'without']) {
    const unchanged = await newcomer.get('/unchanged')
    expect(unchanged.status, kind).toBe(304)
    expect(unchanged.headers.etag, kind).toBe('"strong"')
  }
  const missing = await newcomer.get('/missing')
  expect(missing.status).toBe(404)
  expect(missing.headers['x-reason']).toBe('none')
  expect(missing.text).toBe('nothing')
})

test('sends the origin the verified pass, forwarding headers and secret, but none of our cookies', async () => {
  const guest = await stage.guest('shop')
  guest.cookies.set('basket', 'full')
  guest.cookies.set('waiting-room-other', 'of-another-room')
  guest.cookies.set('waiting-room-music', 'of-the-origin')
  guest.cookies.set('__Host-waiting-room-shop', 'of-tls')
  const { headers } = (await guest.get('/echo')).json<Seen>()
  expect(headers.cookie).toBe('basket=full; waiting-room-music=of-the-origin')
  expect(headers['waiting-room-pass']).toBe(guest.cookies.get('waiting-room-shop'))
  expect(headers['x-forwarded-host']).toBe('shop.test')
  expect(headers['x-forwarded-proto']).toBe('http')
  expect(headers['waiting-room-origin-secret']).toBe('only-the-room-knows')
  expect(headers['user-agent']).toBe(BROWSER['User-Agent'])
})

test('replaces the headers reserved for us that a client sends', async () => {
  const guest = await stage.guest('shop')
  const claims = {
    'Waiting-Room-Pass': 'forged',
    'Waiting-Room-Token': 'forged',
    'Waiting-Room-Origin-Secret': 'guessed',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'gopher',
    Authorization: 'Bearer of-the-origin',
  }
  const { headers } = (await guest.get('/echo', claims)).json<Seen>()
  expect(headers['waiting-room-pass']).toBe(guest.token)
  expect(headers['waiting-room-token']).toBeUndefined()
  expect(headers['waiting-room-origin-secret']).toBe('only-the-room-knows')
  expect(headers['x-forwarded-host']).toBe('shop.test')
  expect(headers['x-forwarded-proto']).toBe('http')
  expect(headers.authorization).toBe('Bearer of-the-origin')
})

test.each([
  'waiting_room_pass',
  'Waiting_Room_Origin_Secret',
  'Waiting-Room_Pass',
  'waiting.room.pass',
  'WAITING~ROOM~TOKEN',
  'X_Forwarded_Host',
  'X.Forwarded-Proto',
  'X_Forwarded_For',
  'CF_Connecting_IP',
])('removes a header reserved for us that a client spells %s', async (name) => {
  const guest = await stage.guest('shop')
  const { headers } = (await guest.get('/echo', { [name]: 'forged', X_Own_Header: 'kept' })).json<Seen>()
  expect(Object.values(headers)).not.toContain('forged')
  expect(headers['waiting-room-pass']).toBe(guest.token)
  expect(headers.x_own_header).toBe('kept')
  const nobody = new Visitor(stage.workerd, 'uncovered.test')
  expect((await nobody.get('/echo', { [name]: 'forged' })).text).not.toContain('forged')
})

test('removes a forged pass from requests that no room covers', async () => {
  const nobody = new Visitor(stage.workerd, 'uncovered.test')
  const { headers } = (await nobody.get('/echo', { 'Waiting-Room-Pass': 'forged' })).json<Seen>()
  expect(headers['waiting-room-pass']).toBeUndefined()
  expect(headers['x-forwarded-host']).toBe('uncovered.test')
  expect(nobody.token).toBeUndefined()
})

test('forwards the codings that a program accepts', async () => {
  const guest = await stage.guest('shop', { ...CURL, Accept: 'application/json' })
  const none = (await guest.get('/echo')).json<Seen>()
  expect(none.headers['accept-encoding'] ?? 'identity').toBe('identity')
  const some = (await guest.get('/echo', { 'Accept-Encoding': 'zstd, br' })).json<Seen>()
  expect(some.headers['accept-encoding']).toBe('zstd, br')
})

test('sets a cookie over TLS that only this host can set', async () => {
  const newcomer = stage.visitor('shop')
  const reply = await newcomer.get('/echo', OVER_TLS)
  expect(reply.setCookies).toEqual([
    expect.stringMatching(/^__Host-waiting-room-shop=[\w.-]+; .*Path=\/; HttpOnly; Secure; SameSite=None$/),
  ])
  const { headers } = (await newcomer.get('/echo', OVER_TLS)).json<Seen>()
  expect(headers['x-forwarded-proto']).toBe('https')
  expect(headers['waiting-room-pass']).toBe(newcomer.token)
  expect(headers.cookie).toBeUndefined()
})

test('accepts a pass in a header, and returns a new one there', async () => {
  const { token = '' } = await stage.guest('shop')
  const app = stage.visitor('shop')
  const { headers } = (await app.post('/echo', 'order', { 'Waiting-Room-Token': token })).json<Seen>()
  expect(headers['waiting-room-pass']).toBe(token)
  expect(headers['waiting-room-token']).toBeUndefined()
  const beat = await app.post('/__waiting-room/heartbeat', '', { 'Waiting-Room-Token': token })
  expect(beat.status).toBe(204)
  expect(beat.headers['waiting-room-token']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
})
