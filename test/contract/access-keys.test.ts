/** Access keys: links, rooms that need one, refusals, programs, and the API. */
import { describe, expect, test } from 'vitest'
import { accessKey, newId, nowSeconds } from './support/access-keys.ts'
import { ApiClient } from './support/api-client.ts'
import { KEY_COOKIE, opened, openLink, REFUSED, SAME_ORIGIN, TAKEN } from './support/key-links.ts'
import { issued, stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { signed } from './support/tokens.ts'
import { BROWSER, CURL, type Headers } from './support/visitor.ts'

const INVITED = { require_access_key: true }
const stage = useStage(
  [
    room('links', 50),
    room('invited', 50, INVITED),
    room('open', 1),
    room('full', 1, { max_waiting: 1 }),
    room('once', 1, INVITED),
    room('tabs', 1, INVITED),
    room('switched', 50),
    room('checked', 50, { ...INVITED, turnstile_mode: 'visible_managed', turnstile_action: 'infinite_queue' }),
    room('api', 50),
    room('members', 50, { lanes: [{ name: 'members', first: true }] }),
  ],
  { secrets: { TURNSTILE_SITE_KEY: '1x00000000000000000000AA', TURNSTILE_SECRET: 'secret' } },
)

const JSON_WANTED: Headers = { ...CURL, Accept: 'application/json' }
const totals = async (name: string): Promise<Readonly<Record<string, number>>> =>
  (await stats(stage.workerd, name)).totals ?? {}
const api = () => new ApiClient(stage.workerd)

describe('a link with a key', () => {
  test.each([
    ['/echo?wr_key=KEY', '/echo'],
    ['/echo?a=%7e+b&wr_key=KEY&c=%C3%A4%ff', '/echo?a=%7e+b&c=%C3%A4%ff'],
    ['/echo?wr_key=KEY&x=1&x=&&', '/echo?x=1&x=&&'],
    ['/echo?wr%5Fkey=KEY&wr_key2=a', '/echo?wr_key2=a'],
    ['//evil.example/?wr_key=KEY', '/.//evil.example/'],
  ])('leads to the same address without it, byte for byte: %s', async (link, address) => {
    const visitor = stage.visitor('links')
    const reply = await visitor.get(link.replace('KEY', accessKey('links')))
    expect([reply.status, reply.headers.location]).toEqual([303, address])
    expect(reply.headers['referrer-policy']).toBe('no-referrer')
    expect(reply.headers['cache-control']).toBe('no-store')
    expect(reply.setCookies.join()).toMatch(
      /^waiting-room-_key=[\w.-]+~[\w-]{36}; Max-Age=1800; Path=\/; HttpOnly; SameSite=Lax$/,
    )
  })

  test('is left alone in requests that are no page, and neither key nor header reaches the site', async () => {
    const visitor = stage.visitor('links')
    await openLink(visitor, accessKey('links'))
    const image = await visitor.get('/echo?wr_key=a', { 'Sec-Fetch-Dest': 'image', 'Sec-Fetch-Mode': 'no-cors' })
    expect(image.status).toBe(200)
    visitor.cookies.set(KEY_COOKIE, accessKey('links'))
    const page = await visitor.get('/echo', { 'Waiting-Room-Key': accessKey('links') })
    expect(page.status).toBe(200)
    expect(page.text.toLowerCase()).not.toMatch(/_key|room-key/)
  })

  test('opens a room that needs one, and its cookie is gone after the join', async () => {
    const [visitor, page] = await opened(stage, 'invited', accessKey('invited'))
    expect(page.status).toBe(200)
    expect(page.setCookies.join()).toContain(`${KEY_COOKIE}=; Max-Age=0`)
    expect(visitor.holds).toBe('pass')
    expect(await totals('invited')).toMatchObject({ keysRedeemed: 1, joined: 1 })
  })

  test('is not used by a visitor who is on the site', async () => {
    const guest = await stage.guest('links')
    const before = (await totals('links')).keysRedeemed
    const { token } = guest
    expect((await openLink(guest, accessKey('links'))).status).toBe(200)
    expect(guest.token).toBe(token)
    expect((await totals('links')).keysRedeemed).toBe(before)
  })

  test('keeps the place of a visitor who waits', async () => {
    await stage.visitor('open').get('/echo')
    const visitor = stage.visitor('open')
    await visitor.get('/echo')
    const { number } = visitor
    const page = await openLink(visitor, accessKey('open'))
    expect(page.text).toContain('You are in line')
    expect(visitor.number).toBe(number)
    expect((await totals('open')).keysRedeemed).toBe(0)
    expect(visitor.cookies.has(KEY_COOKIE)).toBe(false)
  })

  test('waits in the browser while the line is full', async () => {
    const [first, second] = [stage.visitor('full'), stage.visitor('full')]
    await first.get('/echo')
    await second.get('/echo')
    const [third, page] = await opened(stage, 'full', accessKey('full'))
    expect(page.text).toContain('The line is full')
    expect(third.cookies.has(KEY_COOKIE)).toBe(true)
    await second.leave()
    await expect
      .poll(async () => (await third.get('/__waiting-room/status?room=full', SAME_ORIGIN)).json())
      .toMatchObject({ state: 'waiting' })
    expect(third.cookies.has(KEY_COOKIE)).toBe(false)
    expect(await totals('full')).toMatchObject({ keysRedeemed: 1 })
  })

  test('replaces the check before joining', async () => {
    expect((await stage.visitor('checked').get('/echo')).status).toBe(403)
    const [visitor] = await opened(stage, 'checked', accessKey('checked'))
    expect(visitor.holds).toBe('pass')
  })
})

describe('a room that needs keys', () => {
  test('refuses newcomers without one, people with a page and programs with problem details', async () => {
    const page = await stage.visitor('invited', { ...BROWSER, 'Accept-Language': 'fr' }).get('/echo')
    expect(page.status).toBe(403)
    expect(page.text).toContain('Une invitation est nécessaire')
    const program = await stage.visitor('invited', JSON_WANTED).get('/echo')
    expect(program.status).toBe(403)
    expect(program.json()).toMatchObject({ title: 'Access key needed', room: 'invited' })
    await opened(stage, 'invited', accessKey('invited'))
    await expect.poll(async () => (await totals('invited')).keysMissing).toBeGreaterThanOrEqual(2)
  })

  test.each([
    ['a text that is no key', () => 'a.b.c', 'incomplete'],
    ['a forged key', () => accessKey('invited', {}, Buffer.from('another key of thirty-two bytes!')), 'incomplete'],
    ['a ticket', () => signed({ room: 'invited' }), 'incomplete'],
    ['an expired key', () => accessKey('invited', { exp: nowSeconds() - 1 }), 'has expired'],
    ['a key from the future', () => accessKey('invited', { iat: nowSeconds() + 120 }), 'incomplete'],
    ['a key of another run', () => accessKey('invited', { run: 1 }), 'has expired'],
  ])('refuses %s, and says why', async (_what, key, why) => {
    const before = await issued(stage.workerd, 'invited')
    const [visitor, page] = await opened(stage, 'invited', key())
    expect(page.status).toBe(403)
    expect(page.text).toContain(REFUSED)
    expect(page.text).toContain(why)
    expect(page.text).not.toContain('Join the line without it')
    expect(visitor.cookies.has(KEY_COOKIE)).toBe(false)
    expect(await issued(stage.workerd, 'invited')).toBe(before)
  })

  test('ignores a key of another room of the host', async () => {
    const [, page] = await opened(stage, 'invited', accessKey('once'))
    expect(page.text).toContain('You need an invitation')
  })

  test('accepts a key made by a clock that is 50 s ahead', async () => {
    const [visitor] = await opened(stage, 'invited', accessKey('invited', { iat: nowSeconds() + 50 }))
    expect(visitor.holds).toBe('pass')
  })

  test('is opened and closed while it runs', async () => {
    const patch = (on: boolean) =>
      api().call('PATCH', '/rooms/switched/settings', { require_access_key: on }, { 'If-Match': '*' })
    expect((await patch(true)).status).toBe(200)
    await expect.poll(async () => (await stage.visitor('switched').get('/echo')).status).toBe(403)
    expect((await patch(false)).status).toBe(200)
    await expect.poll(async () => (await stage.visitor('switched').get('/echo')).status).toBe(200)
  })

  test('offers a line without keys to join without the one it refuses', async () => {
    const [visitor, page] = await opened(stage, 'links', 'nonsense')
    expect(page.text).toContain('Join the line without it')
    expect((await visitor.get('/echo')).status).toBe(200)
  })
})

describe('a program', () => {
  const NONCE = 'a-nonce-of-its-own'

  test('presents its key in a header, and gets the same place for the same nonce', async () => {
    const key = `${accessKey('invited')}~${NONCE}`
    const [first, again, other] = [1, 2, 3].map(() => stage.visitor('invited', JSON_WANTED))
    expect((await first?.get('/echo', { 'Waiting-Room-Key': key }))?.status).toBe(200)
    expect((await again?.get('/echo', { 'Waiting-Room-Key': key }))?.status).toBe(200)
    expect(again?.number).toBe(first?.number)
    const taken = await other?.get('/echo', { 'Waiting-Room-Key': key.replace(NONCE, 'another-nonce') })
    expect(taken?.status).toBe(409)
    expect(taken?.json()).toMatchObject({ number: first?.number, room: 'invited' })
    const moved = await other?.post('/__waiting-room/take-over?room=invited', '{}', {
      'Waiting-Room-Key': key.replace(NONCE, 'another-nonce'),
    })
    expect(moved?.json()).toMatchObject({ state: 'admitted', number: first?.number })
    expect(other?.number).toBe(first?.number)
  })

  test('is told why its key is refused', async () => {
    const reply = await stage.visitor('invited', JSON_WANTED).get('/echo', { 'Waiting-Room-Key': 'nonsense' })
    expect(reply.status).toBe(403)
    expect(reply.json()).toMatchObject({ title: 'Access key refused', reason: 'key-invalid' })
  })
})

test('a link that is opened twice at once needs no confirmation once the browser has its ticket', async () => {
  const visitor = stage.visitor('tabs')
  const key = accessKey('tabs')
  await visitor.get(`/echo?wr_key=${key}`)
  const first = visitor.cookies.get(KEY_COOKIE) as string
  await visitor.get(`/echo?wr_key=${key}`)
  const second = visitor.cookies.get(KEY_COOKIE) as string
  visitor.cookies.set(KEY_COOKIE, first)
  await visitor.get('/echo')
  const { number, token } = visitor
  // The other tab's request was sent before the ticket arrived.
  const late = stage.visitor('tabs')
  late.cookies.set(KEY_COOKIE, second)
  const again = await late.get('/echo')
  expect([again.status, again.headers.location]).toEqual([303, '/echo'])
  expect((await late.get('/echo')).text).toContain(TAKEN)
  visitor.cookies.set(KEY_COOKIE, second)
  expect((await visitor.get('/echo')).status).toBe(200)
  expect(visitor.number).toBe(number)
  expect(visitor.token).toBe(token)
})

describe('the API', () => {
  test('makes keys that count, and audits how many but not the keys', async () => {
    const body = {
      type: 'person',
      expires: '2099-01-01T00:00:00Z',
      persons: ['a@example.com', 'ä'],
      url: 'http://api.test/echo?x=1',
    }
    const expires = new Date(Date.now() + 86_400_000).toISOString()
    expect((await api().call('POST', '/rooms/api/keys', body)).status).toBe(400)
    const reply = await api().call('POST', '/rooms/api/keys', { ...body, expires })
    expect(reply.status).toBe(201)
    const { keys } = reply.json<{ keys: { id: string; key: string; link: string; person: string }[] }>()
    expect(keys.map(({ person }) => person)).toEqual(body.persons)
    expect(keys[0]?.link).toBe(`http://api.test/echo?x=1&wr_key=${keys[0]?.key}`)
    expect(keys[0]?.key).not.toContain('example')
    expect(Buffer.from(keys[0]?.key.split('.')[1] ?? '', 'base64url').toString()).not.toContain('example')
    expect((await opened(stage, 'api', keys[0]?.key ?? ''))[0].holds).toBe('pass')
    const audit = (await api().get('/rooms/api/audit')).json<{ entries: { action: string; after: object }[] }>()
    expect(audit.entries[0]).toMatchObject({
      action: 'make-keys',
      after: { type: 'person', count: 2, uses: 1, expires },
    })
    expect(JSON.stringify(audit)).not.toContain(keys[0]?.key)
  })

  test('names every problem with an order', async () => {
    const body = { type: 'invite', expires: '2020-01-01T00:00:00Z', lane: 'A', url: 'nowhere' }
    const reply = await api().call('POST', '/rooms/api/keys', body)
    expect(reply.status).toBe(400)
    const { problems } = reply.json<{ problems: { key: string }[] }>()
    expect(problems.map(({ key }) => key)).toEqual(['expires', 'lane', 'lane', 'url'])
    expect((await api().call('POST', '/rooms/api/keys', { type: 'invite', expires: 'x', count: 1001 })).status).toBe(
      400,
    )
    const order = { type: 'priority', expires: new Date(Date.now() + 3_600_000).toISOString() }
    const made = (name: string, lane: object) => api().call('POST', `/rooms/${name}/keys`, { ...order, ...lane })
    // A misspelt lane would be noticed only by those who wait in the regular line.
    expect((await made('members', { lane: 'member' })).text).toContain('which has members')
    expect((await made('api', {})).text).toContain('which has none')
    expect((await made('members', {})).status).toBe(201)
    expect((await made('members', { lane: 'members' })).status).toBe(201)
    expect((await made('api', { lane: 'skip' })).status).toBe(201)
    expect((await api().call('DELETE', '/rooms/api/keys/short')).status).toBe(400)
    expect((await api().get(`/rooms/api/keys/${newId()}`)).status).toBe(404)
  })
})
