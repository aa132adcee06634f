/** A visitor who comes over http first and then over https is one visitor with one place. */
import { expect, test } from 'vitest'
import { issued } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { signed, type TokenClaims } from './support/tokens.ts'
import { type Call, CURL, type Headers, OVER_TLS, type Visitor } from './support/visitor.ts'

const stage = useStage([
  room('line', 1, { queue_all: true }),
  room('site', 10_000),
  room('wide', 1, { queue_all: true, host: 'a.wide.test', cookie_domain: 'wide.test' }),
  room('bound', 1, { queue_all: true, bind_pass: 'agent' }),
  room('back', 10_000),
])

const SECURE = '; Max-Age=86400; Path=/; HttpOnly; Secure; SameSite=None'
const REMOVED = '=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax'

/** A waiting visitor with a ticket from http. */
async function waiter(name: string, own?: Headers): Promise<Visitor> {
  const visitor = stage.visitor(name, own)
  expect((await visitor.get('/')).status).toBe(503)
  expect([...visitor.cookies.keys()]).toEqual([`waiting-room-${name}`])
  return visitor
}

const overTls = (visitor: Visitor, { extra, ...call }: Call = {}) =>
  visitor.send({ ...call, extra: { ...OVER_TLS, ...extra } })

const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds

const JSON_WANTED: Headers = { Accept: 'application/json', 'Sec-Fetch-Mode': 'cors' }

test.each<[string, Call, number, Headers?]>([
  ['page', { path: '/' }, 503],
  ['JSON', { path: '/' }, 503, JSON_WANTED],
  ['poll', { path: '/__waiting-room/status' }, 200],
  ['page without JavaScript', { path: '/__waiting-room/line?room=line&return=/' }, 503],
  ['form that is not forwarded', { path: '/cart', method: 'POST', body: 'x=1' }, 503],
])('keeps the place of a ticket from http and moves it to the https cookie once: %s', async (_, call, code, own) => {
  const visitor = await waiter('line', own)
  const { number, token } = visitor
  const before = await issued(stage.workerd, 'line')
  const first = await overTls(visitor, call)
  expect(first.status).toBe(code)
  expect(first.setCookies).toEqual([`__Host-waiting-room-line=${token}${SECURE}`, `waiting-room-line${REMOVED}`])
  expect([...visitor.cookies.keys()]).toEqual(['__Host-waiting-room-line'])
  expect(visitor.number).toBe(number)
  expect((await overTls(visitor, call)).setCookies).toEqual([])
  expect(await issued(stage.workerd, 'line')).toBe(before)
})

test('accepts a pass from http on https, and makes the response that moves it private', async () => {
  const guest = await stage.guest('site')
  const { token } = guest
  const first = await overTls(guest, { path: '/cookies' })
  expect(first.status).toBe(200)
  expect(first.setCookies.slice(-2)).toEqual([
    `__Host-waiting-room-site=${token}${SECURE}`,
    `waiting-room-site${REMOVED}`,
  ])
  expect(first.setCookies.slice(0, 3).map((line) => line.split('=')[0])).toEqual(['a', 'b', 'c'])
  expect(first.headers['cache-control']).toBe('private')
  const seen = (await overTls(guest, { path: '/echo' })).json<{ headers: Record<string, string> }>()
  expect(seen.headers['waiting-room-pass']).toBe(token)
  expect(seen.headers.cookie ?? '').not.toContain('waiting-room-')
  expect(await issued(stage.workerd, 'site')).toBe(1)
})

test('renews a pass from http in the https cookie when a beacon calls over https', async () => {
  const guest = await stage.guest('site')
  const { number } = guest
  const beat = await overTls(guest, { method: 'POST', path: '/__waiting-room/heartbeat', body: '' })
  expect(beat.status).toBe(204)
  expect(beat.setCookies).toEqual([
    expect.stringMatching(/^__Host-waiting-room-site=[^;]+; Max-Age=86400/),
    `waiting-room-site${REMOVED}`,
  ])
  expect(guest.number).toBe(number)
})

test('removes both cookies when a visitor with a ticket from http leaves over https', async () => {
  const visitor = await waiter('line')
  const reply = await overTls(visitor, { method: 'POST', path: '/__waiting-room/leave', body: '{"final":true}' })
  expect(reply.status).toBe(204)
  expect(visitor.cookies.size).toBe(0)
})

test('removes the http cookie from the whole domain in a room over several hosts', async () => {
  const visitor = stage.visitor('a.wide')
  await visitor.get('/')
  const { token } = visitor
  const reply = await overTls(visitor)
  expect(reply.setCookies).toHaveLength(2)
  expect(reply.setCookies[0]).toContain(`__Secure-waiting-room-wide=${token}; Max-Age=86400; Domain=wide.test; Path=/`)
  expect(reply.setCookies[1]).toContain('waiting-room-wide=; Max-Age=0; Domain=wide.test; Path=/')
})

test('prefers the https cookie to the http cookie, which anyone on the network could have set', async () => {
  const own = await waiter('line')
  await overTls(own)
  const planted = await waiter('line')
  const { number } = own
  own.cookies.set('waiting-room-line', planted.token as string)
  for (const path of ['/', '/__waiting-room/status']) await overTls(own, { path })
  expect(own.number).toBe(number)
  // No place was given back because of it.
  expect((await planted.get('/__waiting-room/status')).json()).toMatchObject({ number: planted.number })
})

test.each<[string, (own: TokenClaims) => string]>([
  ['contains junk', () => 'junk'],
  ['was not signed by us', (own) => signed({ ...own, number: 1 }, { key: Buffer.alloc(44, 7) })],
  ['belongs to an ended session', (own) => signed({ ...own, kind: 'pass', number: own.number - 1, exp: ago(1) })],
  ['belongs to a ticket that was given up', (own) => signed({ ...own, number: own.number - 1, seen: ago(600) })],
  ['belongs to an older run', (own) => signed({ ...own, run: own.run - 1 })],
])('uses the ticket from http when the https cookie %s', async (_, old) => {
  const former = await waiter('line')
  const visitor = await waiter('line')
  await former.leave()
  const { claims, number } = visitor
  visitor.cookies.set('__Host-waiting-room-line', old(claims as TokenClaims))
  const before = await issued(stage.workerd, 'line')
  const reply = await overTls(visitor, { path: '/__waiting-room/status' })
  expect(reply.json()).toMatchObject({ number })
  expect([...visitor.cookies.keys()]).toEqual(['__Host-waiting-room-line'])
  expect(visitor.number).toBe(number)
  expect(await issued(stage.workerd, 'line')).toBe(before)
})

test.each<[string, (token: string) => string]>([
  ['nothing', () => ''],
  ['junk', () => 'junk'],
  ['a token that was edited', (token) => `${token.slice(0, -4)}AAAA`],
  ['a token in quotes', (token) => `"${token}"`],
])('gives no place on https for %s in the http cookie', async (_, change) => {
  const visitor = await waiter('line')
  visitor.cookies.set('waiting-room-line', change(visitor.token as string))
  const before = await issued(stage.workerd, 'line')
  expect((await overTls(visitor)).status).toBe(503)
  expect(await issued(stage.workerd, 'line')).toBe(before + 1)
  expect([...visitor.cookies.keys()]).toEqual(['__Host-waiting-room-line'])
})

test('binds a ticket from http to its client on https, too', async () => {
  const visitor = await waiter('bound')
  const before = await issued(stage.workerd, 'bound')
  const thief = stage.visitor('bound', CURL)
  thief.cookies.set('waiting-room-bound', visitor.token as string)
  await overTls(thief)
  expect(thief.number).toBe(before + 1)
  const { number } = visitor
  await overTls(visitor)
  expect(visitor.number).toBe(number)
})

test('ignores the https cookie over http', async () => {
  const visitor = await waiter('line')
  await overTls(visitor)
  const before = await issued(stage.workerd, 'line')
  await visitor.get('/')
  expect(await issued(stage.workerd, 'line')).toBe(before + 1)
})
