/** The gate: which requests take a ticket and what each one gets to read. */
import { expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { issued, stats } from './support/operator.ts'
import { rawRequest, sendRaw } from './support/raw-http.ts'
import { room, useStage } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { BROWSER, CURL, type Headers, Visitor } from './support/visitor.ts'

const stage = useStage([
  room('still', 10_000),
  room('wide', 10_000),
  room('line', 1),
  room('talk', 1),
  room('post', 1),
  room('poll', 1),
  room('small', 1, { max_waiting: 1 }),
  room('held', 10_000, { queue_all: true, queueing_status_code: 429 }),
  room('off', 1, { suspended: true }),
  room('paths', 1, { path: '/shop' }),
  room('windows', 1, { path: '/shop', path_case_sensitive: false }),
  room('dot', 1),
  room('told-pause', 1),
  room('told-queue-all', 1),
  room('told-queue-all-pause', 1),
  room('told-pause-resume', 1),
])

const NAVIGATION: Headers = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
const fetching = (destination: string, mode = 'no-cors'): Headers => {
  return { Accept: '*/*', 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': destination }
}

test.each<[string, string, Headers]>([
  ['an image', 'GET', { ...fetching('image'), Accept: 'image/avif,image/webp,*/*;q=0.8' }],
  ['a script', 'GET', fetching('script')],
  ['a style sheet', 'GET', { ...fetching('style'), Accept: 'text/css,*/*;q=0.1' }],
  ['a fetch by a script', 'GET', { ...fetching('empty', 'cors'), Accept: 'application/json' }],
  ['a WebSocket of a browser', 'GET', fetching('empty', 'websocket')],
  ['an image for a browser without Sec-Fetch', 'GET', { Accept: 'image/*' }],
  ['a form', 'POST', BROWSER],
  ['a form of a program', 'POST', CURL],
  ['a probe', 'HEAD', BROWSER],
  ['a probe of a program', 'HEAD', CURL],
  ['a deletion', 'DELETE', CURL],
  ['a prefetched page', 'GET', { ...NAVIGATION, 'Sec-Purpose': 'prefetch' }],
  ['a prerendered page', 'GET', { ...NAVIGATION, 'Sec-Purpose': 'prefetch;prerender' }],
  ['a page prefetched by an older browser', 'GET', { ...NAVIGATION, Purpose: 'prefetch' }],
])('issues no ticket for %s, even while slots are free', async (_what, method, headers) => {
  const visitor = stage.visitor('still', headers)
  const reply = await visitor.send({ method, path: '/echo?still' })
  expect(reply.status).toBe(503)
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
  expect(reply.headers['cache-control']).toBe('no-store')
  expect(reply.setCookies).toEqual([])
  expect(stage.origin.count('/echo?still')).toBe(0)
  expect(await issued(stage.workerd, 'still')).toBe(0)
})

test('issues no ticket for a page in a frame, and links to the top', async () => {
  const reply = await stage.visitor('still').get('/cart?a=1&b=2', { 'Sec-Fetch-Dest': 'iframe' })
  expect(reply.status).toBe(503)
  expect(reply.headers['content-security-policy']).not.toContain('frame-ancestors')
  expect(reply.text).toMatch(/<a [^>]*target="_top"/)
  expect(reply.text).toMatch(/href="(\/|&#x2F;)cart\?a(=|&#x3D;)1&amp;b/)
  expect(reply.setCookies).toEqual([])
  expect(await issued(stage.workerd, 'still')).toBe(0)
})

test('serves the waiting page, and keeps the number however often the page is loaded', async () => {
  await stage.guest('line')
  const visitor = stage.visitor('line')
  const first = await visitor.get('/cart')
  expect(first.status).toBe(503)
  expect(Number(first.headers['retry-after'])).toBeGreaterThan(0)
  expect(first.headers['cache-control']).toBe('no-store')
  expect(first.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(first.setCookies).toEqual([
    expect.stringMatching(/^waiting-room-line=[^;]+; Max-Age=86400; Path=\/; HttpOnly; SameSite=Lax$/),
  ])
  expect(visitor.claims).toMatchObject({ kind: 'ticket', room: 'line', number: 2 })
  for (let i = 0; i < 5; i++) {
    const again = await visitor.get('/cart')
    expect(again.status).toBe(503)
    expect(again.headers['retry-after']).toBeDefined()
    expect(visitor.number).toBe(2)
  }
  expect(await issued(stage.workerd, 'line')).toBe(2)
  expect(stage.origin.count('/cart')).toBe(0)
})

test.each([
  ['text/html', 'page'],
  ['*/*', 'page'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'page'],
  ['application/json', 'json'],
  ['application/json;q=0.9, text/html;q=0.8', 'json'],
  ['application/json;q=0.4, text/html;q=0.5', 'page'],
  ['text/html;q=0, */*', 'json'],
  ['text/*;q=0.2, application/json;q=0.3', 'json'],
])('negotiates the response for a waiting program: %s gets %s', async (accept, form) => {
  await stage.visitor('talk').get('/')
  const reply = await stage.visitor('talk', { Accept: accept }).get('/')
  expect(reply.status).toBe(503)
  expect(reply.headers['cache-control']).toBe('no-store')
  expect(reply.headers['content-type']).toMatch(form === 'json' ? /^application\/json/ : /^text\/html/)
  if (form !== 'json') return
  const { cfWaitingRoom, waitingRoom } = reply.json<Record<string, Record<string, unknown>>>()
  expect(cfWaitingRoom).toMatchObject({ inWaitingRoom: true, queueIsFull: false, queueAll: false, isFIFOQueue: true })
  expect(cfWaitingRoom?.refreshIntervalSeconds).toBe(Number(reply.headers['retry-after']))
  expect(waitingRoom).toMatchObject({ state: 'waiting', room: 'talk', number: expect.any(Number) })
})

test('proxies a form at once if its ticket is due for admission', async () => {
  const first = await stage.guest('post')
  const next = stage.visitor('post')
  await next.get('/')
  expect((await next.post('/echo', 'order=1')).status).toBe(503)
  await first.leave()
  const reply = await untilStatus(200, () => next.post('/echo', 'order=1'))
  expect(reply.status).toBe(200)
  expect(reply.json()).toMatchObject({ method: 'POST', body: 'order=1', headers: { 'waiting-room-pass': next.token } })
  expect(next.claims).toMatchObject({ kind: 'pass', number: 2 })
})

test('lets a poll join, read the place, and receive the pass on admission', async () => {
  const first = await stage.guest('poll')
  const program = stage.visitor('poll', { Accept: 'application/json' })
  const joined = await program.get('/__waiting-room/status')
  expect(joined.status).toBe(200)
  expect(joined.headers['cache-control']).toBe('no-store')
  expect(joined.json()).toEqual({
    state: 'waiting',
    room: 'poll',
    number: 2,
    position: 1,
    waiting: 1,
    etaSeconds: null,
    etaLowSeconds: null,
    etaHighSeconds: null,
    joinedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    startPosition: 1,
    placeKeptSeconds: 900,
    unreachable: false,
    cookies: true,
    pollAfterSeconds: expect.any(Number),
    message: null,
    updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  })
  expect((await program.get('/__waiting-room/status')).json()).toMatchObject({
    state: 'waiting',
    number: 2,
    position: 1,
    startPosition: 1,
  })
  // The page also sends the ticket in the header: only this shows that the cookie was not kept.
  const cookieless = { 'Waiting-Room-Token': program.token as string }
  expect((await stage.visitor('poll', cookieless).get('/__waiting-room/status')).json()).toMatchObject({
    cookies: false,
  })
  expect((await program.get('/__waiting-room/status', cookieless)).json()).toMatchObject({ cookies: true })
  await first.leave()
  const admitted = { state: 'admitted', number: 2 }
  await expect.poll(async () => (await program.get('/__waiting-room/status')).json()).toMatchObject(admitted)
  expect(program.holds).toBe('pass')
  expect((await program.get('/echo')).status).toBe(200)
})

test('refuses joins that pages of other sites cause', async () => {
  const before = await issued(stage.workerd, 'still')
  const reply = await stage.visitor('still').get('/__waiting-room/status', { 'Sec-Fetch-Site': 'cross-site' })
  expect(reply.status).toBe(403)
  expect(reply.setCookies).toEqual([])
  expect(await issued(stage.workerd, 'still')).toBe(before)
})

test('turns newcomers away without a ticket when the line is full, and keeps those in it', async () => {
  await stage.guest('small')
  const waiting = stage.visitor('small')
  await waiting.get('/')
  const late = stage.visitor('small', { Accept: 'application/json' })
  const reply = await late.get('/')
  expect(reply.status).toBe(503)
  expect(reply.json()).toMatchObject({
    cfWaitingRoom: { queueIsFull: true },
    waitingRoom: { state: 'full', number: null },
  })
  expect(late.token).toBeUndefined()
  const page = await stage.visitor('small').get('/')
  expect(page.status).toBe(503)
  expect(page.text).toContain('id="heading"')
  expect(page.text).toContain('The line is full')
  expect(page.setCookies).toEqual([])
  const poll = await late.get('/__waiting-room/status')
  expect(poll.json()).toMatchObject({
    state: 'full',
    number: null,
    pollAfterSeconds: Number(poll.headers['retry-after']),
  })
  await waiting.get('/')
  expect(waiting.number).toBe(2)
  expect(await issued(stage.workerd, 'small')).toBe(2)
})

test('makes everyone wait while queue_all is set, with the configured status', async () => {
  const reply = await stage.visitor('held', { Accept: 'application/json' }).get('/')
  expect(reply.status).toBe(429)
  expect(reply.json()).toMatchObject({ cfWaitingRoom: { queueAll: true }, waitingRoom: { state: 'paused', number: 1 } })
})

test.each([
  ['paused', ['pause'], { queueAll: false }, 'paused'],
  ['set to queue all', ['queue-all'], { queueAll: true }, 'paused'],
  ['set to queue all, then paused', ['queue-all', 'pause'], { queueAll: false }, 'paused'],
  ['paused, then resumed', ['pause', 'resume'], { queueAll: false }, 'waiting'],
])('tells clients of Cloudflare Waiting Room whether a room that is %s queues all', async (_, actions, told, state) => {
  const name = `told-${actions.join('-')}`
  const api = new ApiClient(stage.workerd)
  await stage.guest(name)
  for (const action of actions) expect((await api.act(name, action)).status).toBe(200)
  const visitor = stage.visitor(name, { ...CURL, Accept: 'application/json' })
  await expect
    .poll(async () => (await visitor.get('/')).json())
    .toMatchObject({ cfWaitingRoom: told, waitingRoom: { state } })
})

test('lets everyone through a suspended room without a ticket', async () => {
  const anyone = stage.visitor('off')
  expect((await anyone.post('/echo', 'x')).status).toBe(200)
  expect((await anyone.get('/page')).status).toBe(200)
  expect(anyone.token).toBeUndefined()
})

test('forwards nothing below our own prefix to the origin', async () => {
  const guest = await stage.guest('wide')
  const before = stage.origin.requests.length
  const paths = [
    '/__waiting-room',
    '/__waiting-room/',
    '/__waiting-room/nope',
    '/__waiting-room/status/more',
    '/x/../__waiting-room/nope',
    '/%5F_waiting-room/nope',
    '/__waiting%2droom/nope',
    '/./__waiting-room/nope',
    '/__waiting-room\\nope',
  ]
  for (const path of paths) {
    for (const method of ['GET', 'POST']) {
      expect((await guest.send({ method, path })).status, `${method} ${path}`).toBe(404)
    }
  }
  expect((await guest.post('/__waiting-room/status')).status).toBe(405)
  expect((await guest.get('/__waiting-room/leave')).status).toBe(405)
  expect(stage.origin.requests.length).toBe(before)
})

test('covers every spelling of the path of a room, and nothing else', async () => {
  const first = stage.visitor('paths')
  expect((await first.get('/shop')).status).toBe(200)
  const before = stage.origin.requests.length
  const paths = [
    '/shop',
    '/shop/',
    '/shop/item?x=/other',
    '/shop?x',
    '/%73hop',
    '/%73%68%6F%70/item',
    '//shop',
    '///shop//item',
    '/shop%2Fitem',
    '/%2Fshop',
    '/\\shop',
    '/%5Cshop',
    '/x/../shop',
    '/x/%2e%2e/shop',
    '/x/..%2Fshop',
    '/./shop',
    '/shop;id=1',
    '/shop;id=1/item',
    '/x/..;/shop',
    // Odd characters later in a path must not hide its prefix.
    '/%73hop/%FF',
    '/%73hop/%',
    '/shop/%E0%A4%A',
  ]
  for (const path of paths) {
    expect((await stage.visitor('paths').get(path)).status, path).toBe(503)
  }
  expect(stage.origin.requests.length).toBe(before)
  for (const path of ['/', '/other', '/shopping', '/x/shop', '/other?/shop', '/shop/../other']) {
    const visitor = stage.visitor('paths')
    expect((await visitor.get(path)).status, path).toBe(200)
    expect(visitor.token, path).toBeUndefined()
  }
})

test('covers every spelling of a path on a site that ignores case', async () => {
  expect((await stage.visitor('windows').get('/shop')).status).toBe(200)
  const before = stage.origin.requests.length
  const paths = ['/Shop', '/SHOP/x', '/%53hop', '/sHoP.', '/shop::$DATA', '/%C5%BFhop/x', '/shop%20/x', '/%u0053hop']
  for (const path of paths) expect((await stage.visitor('windows').get(path)).status, path).toBe(503)
  expect(stage.origin.requests.length).toBe(before)
  for (const path of ['/', '/Shopping', '/x/Shop']) {
    const visitor = stage.visitor('windows')
    expect((await visitor.get(path)).status, path).toBe(200)
    expect(visitor.token, path).toBeUndefined()
  }
})

test.each(['GET', 'OPTIONS'])('refuses %s *, which names no page, without calling the origin', async (method) => {
  const before = stage.origin.requests.length
  const [reply] = await sendRaw(stage.workerd.port, rawRequest({ method, target: '*', host: 'dot.test' }))
  expect(reply?.status).toBe(400)
  expect(stage.origin.requests.length).toBe(before)
})

test('covers the fully qualified name of the host', async () => {
  const first = stage.visitor('dot')
  expect((await first.get('/echo')).status).toBe(200)
  expect((await new Visitor(stage.workerd, 'dot.test.').get('/echo')).status).toBe(503)
})

test('shows operators the figures of the line', async () => {
  expect(await stats(stage.workerd, 'small')).toMatchObject({ active: 1, waiting: 1, capacity: 1, nextNumber: 3 })
})
