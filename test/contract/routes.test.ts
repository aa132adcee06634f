/** Several routes of a room, and rules that look at more than the address. */
import { expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { room, useStage } from './support/stage.ts'
import { BROWSER, CURL, type Headers, Visitor } from './support/visitor.ts'

const stage = useStage([
  room('sale', 1, {
    host: undefined,
    cookie_domain: 'shop.test',
    queue_all: true,
    routes: [
      { host: 'shop.test', path: '/echo/sale' },
      { host: '*.shop.test', path: '/echo' },
    ],
  }),
  room('beta', 1, { queue_all: true, match: [{ cookies: { beta: '1' } }, { query: { beta: '*' }, methods: ['GET'] }] }),
  room('beta-de', 1, {
    host: 'beta.test',
    queue_all: true,
    match: [{ cookies: { beta: '1' }, headers: { 'X-Country': 'DE' }, methods: ['GET'] }],
  }),
  room('wide', 1, { host: undefined, path: '/wide', bypass: [{ paths: ['/wide/static/*'] }] }),
])

const NAMED = /waiting-room-([a-z-]+)=/
const ask = async (host: string, path: string, extra: Headers = {}) => {
  const reply = await new Visitor(stage.workerd, host, CURL).get(path, extra)
  return [reply.status, NAMED.exec(String(reply.headers['set-cookie'] ?? ''))?.[1]]
}

test('a room covers each of its routes, with one place on all hosts', async () => {
  expect(await ask('shop.test', '/echo/sale/shoes')).toEqual([503, 'sale'])
  expect(await ask('de.shop.test', '/echo/anything')).toEqual([503, 'sale'])
  expect(await ask('shop.test', '/echo')).toEqual([200, undefined])
  expect(await ask('de.shop.test', '/')).toEqual([200, undefined])

  const program = { ...CURL, Accept: 'application/json' }
  const visitor = new Visitor(stage.workerd, 'shop.test', program)
  const { number } = (await visitor.get('/echo/sale')).json<{ waitingRoom: { number: number } }>().waitingRoom
  const elsewhere = new Visitor(stage.workerd, 'fr.shop.test', program)
  const reply = await elsewhere.get('/echo', { 'Waiting-Room-Token': visitor.token as string })
  expect(reply.json()).toMatchObject({ waitingRoom: { number } })
})

test('a visitor without a page to return to is led to a route of the host', async () => {
  const visitor = new Visitor(stage.workerd, 'shop.test', { ...BROWSER, Cookie: '' })
  const reply = await visitor.get('/__waiting-room/line?room=sale')
  expect(reply.text).toContain('href="&#x2F;echo&#x2F;sale"')
})

test('rules look at cookies, parameters, methods and headers, and the one with more conditions wins', async () => {
  expect(await ask('beta.test', '/echo')).toEqual([200, undefined])
  expect(await ask('beta.test', '/echo', { Cookie: 'beta=1' })).toEqual([503, 'beta'])
  expect(await ask('beta.test', '/echo', { Cookie: 'beta=1', 'X-Country': 'DE' })).toEqual([503, 'beta-de'])
  expect(await ask('beta.test', '/echo?beta')).toEqual([503, 'beta'])
  const post = await new Visitor(stage.workerd, 'beta.test', CURL).send({ method: 'POST', path: '/echo?beta=1' })
  expect(post.status).toBe(200)
})

test('operators learn which room takes a URL, and why', async () => {
  const explain = async (query: string) => (await new ApiClient(stage.workerd).get(`/explain?${query}`)).json<object>()
  const beta = encodeURIComponent('https://beta.test/echo')
  expect(await explain(`url=${beta}&header=Cookie:%20beta=1`)).toMatchObject({
    url: 'https://beta.test/echo',
    room: 'beta',
    endpoint: false,
    bypassRule: null,
    candidates: expect.arrayContaining([
      expect.objectContaining({ room: 'beta', host: 'beta.test', conditions: 1, outcome: 'takes', unmet: [] }),
      expect.objectContaining({ room: 'beta-de', conditions: 3, outcome: 'conditions', unmet: ['headers'] }),
      expect.objectContaining({ room: 'beta', conditions: 2, outcome: 'conditions', unmet: ['query'] }),
      expect.objectContaining({ room: 'sale', path: '/echo', outcome: 'host' }),
    ]),
  })
  expect(await explain(`url=${beta}`)).toMatchObject({ room: null })
  expect(await explain('url=https://x.test/wide/static/a.css')).toMatchObject({ room: 'wide', bypassRule: 1 })
  expect(await explain('url=https://x.test/__waiting-room/status')).toMatchObject({ room: null, endpoint: true })
  for (const wrong of ['', 'url=shop.test', `url=${beta}&header=Cookie`, `url=${beta}&address=here`]) {
    const reply = await new ApiClient(stage.workerd).get(`/explain?${wrong}`)
    expect([reply.status, reply.headers['content-type']], wrong).toEqual([400, 'application/problem+json'])
  }
  expect((await new ApiClient(stage.workerd, {}).get(`/explain?url=${beta}`)).status).toBe(401)
})

test('the list of rooms says what each covers', async () => {
  const { rooms } = (await new ApiClient(stage.workerd).get('/rooms')).json<{ rooms: object[] }>()
  expect(rooms[0]).toMatchObject({
    host: 'shop.test',
    path: '/echo/sale',
    routes: [
      { host: 'shop.test', path: '/echo/sale' },
      { host: '*.shop.test', path: '/echo' },
    ],
    match: [],
  })
  expect(rooms[3]).toMatchObject({ host: null, path: '/wide' })
})
