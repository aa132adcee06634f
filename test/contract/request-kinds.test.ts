/** Which requests may join, and what each client reads while it waits. */
import { expect, test } from 'vitest'
import { issued } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { BROWSER, type Headers, type Reply } from './support/visitor.ts'

const stage = useStage([
  room('open', 10_000),
  room('busy', 1),
  room('quiet', 10_000),
  room('german', 1, { default_language: 'de' }),
  room('mild', 10_000, { queue_all: true, queueing_status_code: 200 }),
])

const asks = (accept: string, more: Headers = {}): Headers => ({ 'User-Agent': 'client/1.0', Accept: accept, ...more })

test.each([
  'application/json; charset=utf-8',
  'application/json;version=2',
  'application/vnd.api+json',
  'application/hal+json',
  'application/problem+json',
  'application/ld+json;profile="a, b"',
])('lets a client that accepts %s join and wait with JSON', async (accept) => {
  await stage.visitor('busy').get('/')
  expect((await stage.visitor('open', asks(accept)).get('/echo')).status).toBe(200)
  const client = stage.visitor('busy', asks(accept))
  const reply = await client.get('/')
  expect(reply.status).toBe(503)
  expect(reply.headers['content-type']).toBe('application/json')
  expect(reply.json()).toMatchObject({ waitingRoom: { state: 'waiting', number: client.number } })
  const again = await client.post('/', '{}', { 'Content-Type': 'application/json' })
  expect(again.headers['content-type']).toBe('application/json')
  expect(again.json()).toMatchObject({ waitingRoom: { number: client.number } })
})

test.each(['application/rss+xml', 'text/calendar', 'application/pdf', 'text/plain', 'text/html;q=0, */*', 'nonsense'])(
  'admits a program that accepts %s while slots are free, and otherwise answers with JSON',
  async (accept) => {
    const admitted = await stage.visitor('open', asks(accept)).get('/echo')
    expect(admitted.status).toBe(200)
    expect(admitted.setCookies).toHaveLength(1)
    const program = stage.visitor('mild', asks(accept))
    const reply = await program.get('/feed')
    // A feed reader would take a response with status 200 for the feed.
    expect(reply.status).toBe(503)
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
    expect(reply.headers['content-type']).toBe('application/json')
    expect(reply.headers['waiting-room-token']).toBe(program.token)
    expect(reply.json()).toMatchObject({ waitingRoom: { number: program.number } })
    const again = await program.get('/feed')
    expect([again.status, again.json<{ waitingRoom: { number: number } }>().waitingRoom.number]).toEqual([
      503,
      program.number,
    ])
    expect(stage.origin.count('/feed')).toBe(0)
  },
)

test('serves the page to a client that accepts HTML and JSON equally', async () => {
  for (const accept of ['application/json, text/html', 'application/hal+json;q=0.5, application/xhtml+xml;q=0.5']) {
    const reply = await stage.visitor('mild', asks(accept)).get('/')
    expect([reply.status, reply.headers['content-type']], accept).toEqual([200, 'text/html; charset=utf-8'])
  }
})

test.each<[string, Headers]>([
  ['an image of an older browser', asks('image/webp,*/*')],
  ['an image of a newer one on plain http', asks('image/avif,image/webp,*/*;q=0.8')],
  ["Safari's image", asks('image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5')],
  ['a style sheet', asks('text/css,*/*;q=0.1')],
  ['a video', asks('video/webm,video/*;q=0.9,*/*;q=0.5')],
  ['a font', asks('application/font-woff2;q=1.0,*/*;q=0.8')],
  ['a script that accepts anything', asks('*/*', { 'X-Requested-With': 'XMLHttpRequest' })],
])('issues no ticket for %s', async (_what, headers) => {
  const reply = await stage.visitor('quiet', headers).get('/echo?quiet')
  expect(reply.status).toBe(503)
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
  expect(reply.setCookies).toEqual([])
  expect(await issued(stage.workerd, 'quiet')).toBe(0)
})

const link = ({ text }: Reply) =>
  /<a href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&#x2F;', '/').replaceAll('&#x3D;', '=')

test.each<[string, string, Headers, string]>([
  ['without a Referer', 'POST', BROWSER, '/pay/done?order=7&amp;ok'],
  ['from a page of the site', 'POST', { ...BROWSER, Referer: 'http://quiet.test/cart?step=2' }, '/cart?step=2'],
  ['from a payment page', 'POST', { ...BROWSER, Referer: 'https://pay.example/' }, '/pay/done?order=7&amp;ok'],
  ['with a Referer that is no URL', 'POST', { ...BROWSER, Referer: '%%' }, '/pay/done?order=7&amp;ok'],
  [
    'from an older browser',
    'POST',
    asks('text/html,*/*;q=0.8', { 'Content-Type': 'multipart/form-data; boundary=x' }),
    '/pay/done?order=7&amp;ok',
  ],
  ['with a method that a service worker chose', 'PUT', BROWSER, '/pay/done?order=7&amp;ok'],
])('answers a form that cannot join with a page that links on: %s', async (_what, method, headers, href) => {
  const visitor = stage.visitor('quiet', { ...headers, 'Accept-Language': 'de' })
  const reply = await visitor.send({ method, path: '/pay/done?order=7&ok', body: 'a=1' })
  expect(reply.status).toBe(503)
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
  expect(reply.headers['content-language']).toBe('de')
  expect(reply.text).toContain('Was Sie abgeschickt haben, kam nicht an')
  expect(link(reply)).toBe(href)
  expect(reply.setCookies).toEqual([])
  expect(stage.origin.count('/pay/done?order=7&ok')).toBe(0)
  expect(await issued(stage.workerd, 'quiet')).toBe(0)
})

test("uses the language of the room on a small page if it does not have the visitor's", async () => {
  const visitor = stage.visitor('german', { ...BROWSER, 'Accept-Language': 'tlh' })
  const reply = await visitor.post('/pay', 'a=1')
  expect(reply.status).toBe(503)
  expect(reply.headers['content-language']).toBe('de')
})

test('links out of the frame for a form in a frame', async () => {
  const reply = await stage.visitor('quiet').post('/3ds?id=1', 'a=1', { 'Sec-Fetch-Dest': 'iframe' })
  expect(reply.status).toBe(503)
  expect(reply.text).toMatch(/<a [^>]*target="_top"/)
  expect(link(reply)).toBe('/3ds?id=1')
  expect(await issued(stage.workerd, 'quiet')).toBe(0)
})

test('links back to the full address of a form from another site that a waiting visitor sends', async () => {
  const visitor = stage.visitor('mild')
  await visitor.get('/')
  const reply = await visitor.post('/pay/done?order=7', 'a=1', { Referer: 'https://pay.example/' })
  expect(reply.status).toBe(200)
  expect(reply.text).toContain('What you sent was not delivered.')
  expect(reply.text).toMatch(/(\/|&#x2F;)pay(\/|&#x2F;)done\?order(=|&#x3D;)7/)
})
