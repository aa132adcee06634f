/**
 * The redirect from http to https: which requests are redirected and where to. A redirected request
 * changes nothing in the line.
 */
import { expect, test } from 'vitest'
import { issued } from './support/operator.ts'
import { type RawReply, rawRequest, sendRaw } from './support/raw-http.ts'
import { room, useStage } from './support/stage.ts'
import { BROWSER, CURL, type Headers, OVER_TLS } from './support/visitor.ts'

const HTTPS = { force_https: true }
const stage = useStage([
  room('shop', 10_000, HTTPS),
  room('any', 10_000, { ...HTTPS, host: undefined, bypass: [{ paths: ['/echo/open/*'] }] }),
  room('path', 1, { ...HTTPS, path: '/shop' }),
  room('aside', 1, { ...HTTPS, suspended: true }),
  room('plain', 10_000),
])

const NAVIGATION = Object.entries(BROWSER)

async function open(host: string, target: string, more: [string, string][] = []): Promise<RawReply> {
  const request = rawRequest({ target, host, headers: [...NAVIGATION, ...more] })
  const [reply] = await sendRaw(stage.workerd.port, request)
  if (reply === undefined) throw new Error(`no answer from ${host} to ${target}`)
  return reply
}

const header = ({ headers }: RawReply, wanted: string) => headers.find(([name]) => name === wanted)?.[1]
const locationOf = (reply: RawReply) => header(reply, 'location')

test.each<[string, Headers]>([
  ['a browser', BROWSER],
  ['a browser with a frame', { ...BROWSER, 'Sec-Fetch-Dest': 'iframe' }],
  ['a program that takes anything', CURL],
  ['a browser whose ticket does not count', { ...BROWSER, Cookie: 'waiting-room-shop=x' }],
])('redirects %s from http to https and issues no ticket', async (_, headers) => {
  const seen = stage.origin.requests.length
  const reply = await stage.visitor('shop', headers).get('/echo')
  expect(reply.status).toBe(307)
  expect(reply.headers.location).toBe('https://shop.test/echo')
  expect(reply.headers['cache-control']).toBe('no-store')
  expect(reply.setCookies).toEqual([])
  expect(await issued(stage.workerd, 'shop')).toBe(0)
  expect(stage.origin.requests.length).toBe(seen)
})

test.each([
  '/',
  '/?',
  '/a%20b/%C3%BC?x=%zz&y=a+b&y=%2F',
  '//evil.example/x',
  '/%2F%2fevil.example/..%2f?next=https://evil.example/',
  "/A;b=c/~d/!$&'()*,=:@?/?!",
  '/\\evil.example/x',
  '/x?a=http://shop.test/y\\z',
])('keeps the path and query of %s byte for byte', async (target) => {
  expect(locationOf(await open('shop.test', target))).toBe(`https://shop.test${target}`)
  expect(locationOf(await open('Shop.Test:80', target))).toBe(`https://shop.test${target}`)
})

test.each<[string, string]>([
  ['u:p@shop.test', 'shop.test'],
  ['shop.test@evil.example', 'evil.example'],
  ['shop.test\\evil.example', 'shop.test'],
  ['shop.test/evil.example', 'shop.test'],
  ['shop.test?evil.example', 'shop.test'],
  ['shop.test#evil.example', 'shop.test'],
  ['shop.test.', 'shop.test.'],
  ['shop.test:', 'shop.test'],
  ['evil.example', 'evil.example'],
])('redirects the Host header %s to the same host', async (host, own) => {
  const reply = await open(host, '/x/y?z', [
    ['X-Forwarded-Host', 'forged.example'],
    ['Forwarded', 'host=forged.example'],
  ])
  expect(reply.status).toBe(307)
  const location = new URL(locationOf(reply) as string)
  expect(location.origin).toBe(`https://${own}`)
  expect([location.username, location.password]).toEqual(['', ''])
  expect(location.href).not.toContain('forged')
})

test.each([
  'localhost',
  'shop.localhost',
  'LOCALHOST.',
  '127.0.0.1',
  '127.8.9.1',
  '127.1',
  '[::1]',
  'shop.test:8080',
  '10.0.0.1:8787',
  'shop.test:443',
])('serves %s over http, because the host is local or its https port is unknown', async (host) => {
  const reply = await open(host, '/echo')
  expect([reply.status, locationOf(reply)]).toEqual([200, undefined])
})

test.each<[string, string, Headers]>([
  ['behind a proxy that terminates TLS', '/echo', { 'X-Forwarded-Proto': 'https' }],
  ['behind several proxies, the first of which terminates TLS', '/echo', { 'X-Forwarded-Proto': 'HTTPS, http' }],
  ['requested over https', '/echo', OVER_TLS],
  ['that matches a bypass rule', '/echo/open/x', {}],
])('does not redirect a page %s', async (_, path, headers) => {
  const reply = await stage.visitor('any').get(path, headers)
  expect(reply.status).toBe(200)
})

test.each<[string, string, Headers]>([
  ['a program that wants JSON', 'GET', { Accept: 'application/json' }],
  ['a form', 'POST', BROWSER],
  ['an image', 'GET', { Accept: '*/*', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }],
  ['a probe', 'HEAD', CURL],
])('does not redirect %s', async (_, method, headers) => {
  const reply = await stage.visitor('any', headers).send({ method, path: '/echo' })
  expect(reply.status).not.toBe(307)
})

test('does not redirect uncovered paths, suspended rooms and rooms that turn it off', async () => {
  expect((await stage.visitor('path').get('/shop/x')).headers.location).toBe('https://path.test/shop/x')
  for (const [name, path] of [
    ['aside', '/echo'],
    ['plain', '/echo'],
  ] as const) {
    const reply = await stage.visitor(name).get(path)
    expect([name, reply.status]).toEqual([name, 200])
  }
})
