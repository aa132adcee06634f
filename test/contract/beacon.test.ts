/**
 * The beacon: its script is inserted into the pages of admitted visitors, and into nothing else.
 */
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { HEADLESS_PAGE, html, NONCE, PAGE } from './support/origin.ts'
import { room, useStage } from './support/stage.ts'
import { CURL } from './support/visitor.ts'

const OPTED_OUT = '<p>A page without the beacon</p>'
const policy = (text: string) => html(PAGE, { 'Content-Security-Policy': text })
const pages = {
  'opted-out': html(`<head></head>${OPTED_OUT}`, { 'Waiting-Room-Beacon': 'off' }),
  'opted-out-by-meta': html(`<head><meta name="waiting-room-beacon" content="off"></head>${OPTED_OUT}`),
  'no-calls': policy("default-src 'self'; connect-src https://api.example"),
  'no-worker': policy("script-src 'self'; worker-src 'none'"),
  based: html('<head><base href="https://cdn.example/"></head>'),
  unclosed: html('<head><title>Shop</title><p>Hello'),
}

const stage = useStage(
  [room('shop', 10_000), room('quiet', 10_000, { session_heartbeat: 'requests', session_timeout_seconds: 600 })],
  {},
  pages,
)

const SCRIPT = '<script src="/__waiting-room/heartbeat.js?room=shop" async></script>'

test('inserts the script at the end of the head and changes nothing else', async () => {
  const guest = await stage.guest('shop')
  const reply = await guest.get('/page')
  expect(reply.text).toBe(PAGE.replace('</head>', `${SCRIPT}</head>`))
  expect(reply.headers['content-length']).toBe(String(Buffer.byteLength(PAGE) + SCRIPT.length))
  expect(reply.headers.etag).toBe('W/"strong"')
  expect(reply.headers['content-type']).toBe('text/html; charset=utf-8')
})

test('inserts the script where the head would be if the page has none', async () => {
  const guest = await stage.guest('shop', CURL)
  expect((await guest.get('/headless')).text).toBe(SCRIPT + HEADLESS_PAGE)
})

test.each([
  ['a header', '/opted-out'],
  ['an element in its head', '/opted-out-by-meta'],
])('inserts no script into a page that opts out with %s', async (_, path) => {
  const guest = await stage.guest('shop')
  const reply = await guest.get(path)
  expect(reply.text).toMatch(/<p>A page without the beacon<\/p>/)
  expect(reply.text).not.toContain('heartbeat.js')
})

test('inserts no script into a page whose policy forbids calls to the waiting room', async () => {
  const guest = await stage.guest('shop')
  expect((await guest.get('/no-calls')).text).toBe(PAGE)
})

test('tells the script when the policy of the page forbids workers', async () => {
  const guest = await stage.guest('shop')
  expect((await guest.get('/no-worker')).text).toContain(SCRIPT.replace(' async', ' async data-worker="off"'))
})

test('loads the script from the host of the page if a base element points elsewhere', async () => {
  const guest = await stage.guest('shop')
  const own = SCRIPT.replace('src="', 'src="http://shop.test')
  expect((await guest.get('/based')).text).toContain(`<base href="https://cdn.example/">${own}</head>`)
})

test('inserts the script in front of the content if the head is not closed', async () => {
  const guest = await stage.guest('shop')
  expect((await guest.get('/unclosed')).text).toBe(`<head><title>Shop</title>${SCRIPT}<p>Hello`)
})

test('gives the script the nonce that the policy of the page allows', async () => {
  const guest = await stage.guest('shop')
  const reply = await guest.get('/nonce')
  expect(reply.text).toContain(SCRIPT.replace(' async', ` async nonce="${NONCE}"`))
  expect(reply.headers['content-security-policy']).toContain(`'nonce-${NONCE}'`)
})

test('inserts the script into a compressed page', async () => {
  const guest = await stage.guest('shop')
  const reply = await guest.get('/gzip', { 'Accept-Encoding': 'gzip' })
  const page = reply.headers['content-encoding'] === 'gzip' ? gunzipSync(reply.body).toString('utf8') : reply.text
  expect(page).toBe(PAGE.replace('</head>', `${SCRIPT}</head>`))
})

test('leaves a fragment that a script fetches unchanged', async () => {
  const guest = await stage.guest('shop')
  const fetched = { 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'same-origin' }
  const reply = await guest.get('/page', fetched)
  expect(reply.text).toBe(PAGE)
  expect(reply.headers['content-length']).toBe(String(Buffer.byteLength(PAGE)))
  expect(reply.headers.etag).toBe('"strong"')
})

test('leaves a partial response unchanged', async () => {
  const guest = await stage.guest('shop', CURL)
  const reply = await guest.get('/part', { Range: 'bytes=0-9' })
  expect(reply.status).toBe(206)
  expect(reply.text).toBe(PAGE.slice(0, 10))
  expect(reply.headers['content-length']).toBe('10')
})

test('leaves the response to a form unchanged', async () => {
  const guest = await stage.guest('shop')
  expect((await guest.post('/page', 'a=1')).text).toBe(PAGE)
})

test('inserts no script in a room that counts requests only', async () => {
  const guest = await stage.guest('quiet')
  const reply = await guest.get('/page')
  expect(reply.text).toBe(PAGE)
  expect(reply.headers.etag).toBe('"strong"')
})

test('serves the script, whose calls renew the pass until the session ends', async () => {
  const guest = await stage.guest('shop')
  const script = await guest.get('/__waiting-room/heartbeat.js?room=shop')
  expect(script.status).toBe(200)
  expect(script.headers['content-type']).toMatch(/^text\/javascript/)
  expect(script.body.length).toBeLessThan(2048)
  const number = guest.number
  const sameOrigin = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors' }
  const beat = await guest.post('/__waiting-room/heartbeat?room=shop', '{"touched":true}', sameOrigin)
  expect(beat.status).toBe(204)
  expect(beat.setCookies).toHaveLength(1)
  expect(guest.claims).toMatchObject({ kind: 'pass', number })
  const pass = guest.token as string
  await guest.leave()
  const over = await stage.visitor('shop').post('/__waiting-room/heartbeat', '', { 'Waiting-Room-Token': pass })
  expect(over.status).toBe(410)
})

test('refuses heartbeats from other sites', async () => {
  const guest = await stage.guest('shop')
  const foreign = await guest.post('/__waiting-room/heartbeat', '', { 'Sec-Fetch-Site': 'cross-site' })
  expect(foreign.status).toBe(403)
})
