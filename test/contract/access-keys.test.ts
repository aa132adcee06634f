/** Access keys: links, redemption in several isolates and crashes, take-overs, revocation. */
import { describe, expect, test } from 'vitest'
import { accessKey, newId, nowSeconds } from './support/access-keys.ts'
import { ApiClient } from './support/api-client.ts'
import { Lobby } from './support/lobby.ts'
import { issued, stats } from './support/operator.ts'
import { Origin } from './support/origin.ts'
import { TEST_TIMEOUT_MS } from './support/patience.ts'
import { room, useStage } from './support/stage.ts'
import { claimsOf, signed } from './support/tokens.ts'
import { BROWSER, CURL, type Headers, type Reply, Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const INVITED = { require_access_key: true }
const stage = useStage(
  [
    room('links', 50),
    room('invited', 50, INVITED),
    room('open', 1),
    room('full', 1, { max_waiting: 1 }),
    room('once', 1, INVITED),
    room('twins', 50, INVITED),
    room('devices', 1, INVITED),
    room('site', 50, INVITED),
    room('tabs', 1, INVITED),
    room('revoked', 1, INVITED),
    room('past', 1),
    room('switched', 50),
    room('checked', 50, { ...INVITED, turnstile_mode: 'visible_managed', turnstile_action: 'infinite_queue' }),
    room('api', 50),
    room('reset', 50, INVITED),
    room('lanes', 1, {
      lanes: [
        { name: 'members', first: true },
        { name: 'friends', weight: 5 },
      ],
    }),
    room('lobby', 1, { lanes: [{ name: 'members', first: true }] }),
  ],
  { twin: true, secrets: { TURNSTILE_SITE_KEY: '1x00000000000000000000AA', TURNSTILE_SECRET: 'secret' } },
)

type Totals = Readonly<Record<string, number>>

const KEY_COOKIE = 'waiting-room-_key'
const SKIP_COOKIE = 'waiting-room-_skip'
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const SAME_ORIGIN = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
const JSON_WANTED: Headers = { ...CURL, Accept: 'application/json' }

const totals = async (name: string): Promise<Totals> => (await stats(stage.workerd, name)).totals ?? {}
const api = () => new ApiClient(stage.workerd)

/** Opens a link with the key, and the page that it leads to. */
async function open(visitor: Visitor, key: string, path = '/echo'): Promise<Reply> {
  const redirect = await visitor.get(`${path}?wr_key=${key}`)
  expect([redirect.status, redirect.headers.location]).toEqual([303, path])
  const page = await visitor.get(path)
  // A place that is new may be that of the browser that asks, which is sent there again.
  return page.status === 303 ? visitor.get(path) : page
}

async function opened(name: string, key: string): Promise<[Visitor, Reply]> {
  const visitor = stage.visitor(name)
  return [visitor, await open(visitor, key)]
}

function takeOver(visitor: Visitor, page: Reply): Promise<Reply> {
  const action = /action="([^"]*)"/.exec(page.text)?.[1] ?? ''
  const path = action.replace(/&#x([\dA-F]+);/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return visitor.post(path.replaceAll('&amp;', '&'), '', { ...FORM, ...SAME_ORIGIN })
}

const TAKEN = 'You are already waiting on another device'
const REFUSED = 'This link does not work'

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
    await open(visitor, accessKey('links'))
    const image = await visitor.get('/echo?wr_key=a', { 'Sec-Fetch-Dest': 'image', 'Sec-Fetch-Mode': 'no-cors' })
    expect(image.status).toBe(200)
    visitor.cookies.set(KEY_COOKIE, accessKey('links'))
    const page = await visitor.get('/echo', { 'Waiting-Room-Key': accessKey('links') })
    expect(page.status).toBe(200)
    expect(page.text.toLowerCase()).not.toMatch(/_key|room-key/)
  })

  test('opens the room that needs one, and its cookie is gone after the join', async () => {
    const [visitor, page] = await opened('invited', accessKey('invited'))
    expect(page.status).toBe(200)
    expect(page.setCookies.join()).toContain(`${KEY_COOKIE}=; Max-Age=0`)
    expect(visitor.holds).toBe('pass')
    expect(await totals('invited')).toMatchObject({ keysRedeemed: 1, joined: 1 })
  })

  test('is not used by a visitor who is on the site', async () => {
    const guest = await stage.guest('links')
    const before = (await totals('links')).keysRedeemed
    const { token } = guest
    expect((await open(guest, accessKey('links'))).status).toBe(200)
    expect(guest.token).toBe(token)
    expect((await totals('links')).keysRedeemed).toBe(before)
  })

  test('keeps the place of a visitor who waits', async () => {
    await stage.visitor('open').get('/echo')
    const visitor = stage.visitor('open')
    await visitor.get('/echo')
    const { number } = visitor
    const page = await open(visitor, accessKey('open'))
    expect(page.text).toContain('You are in line')
    expect(visitor.number).toBe(number)
    expect((await totals('open')).keysRedeemed).toBe(0)
    expect(visitor.cookies.has(KEY_COOKIE)).toBe(false)
  })

  test('waits in the browser while the line is full', async () => {
    const [first, second] = [stage.visitor('full'), stage.visitor('full')]
    await first.get('/echo')
    await second.get('/echo')
    const [third, page] = await opened('full', accessKey('full'))
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
    const [visitor] = await opened('checked', accessKey('checked'))
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
    await opened('invited', accessKey('invited'))
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
    const [visitor, page] = await opened('invited', key())
    expect(page.status).toBe(403)
    expect(page.text).toContain(REFUSED)
    expect(page.text).toContain(why)
    expect(page.text).not.toContain('Join the line without it')
    expect(visitor.cookies.has(KEY_COOKIE)).toBe(false)
    expect(await issued(stage.workerd, 'invited')).toBe(before)
  })

  test('ignores a key of another room of the host', async () => {
    const [, page] = await opened('invited', accessKey('once'))
    expect(page.text).toContain('You need an invitation')
  })

  test('accepts a key made by a clock that is 50 s ahead', async () => {
    const [visitor] = await opened('invited', accessKey('invited', { iat: nowSeconds() + 50 }))
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
    const [visitor, page] = await opened('links', 'nonsense')
    expect(page.text).toContain('Join the line without it')
    expect((await visitor.get('/echo')).status).toBe(200)
  })
})

describe('a key with one use', () => {
  test('is good for one place, in all isolates at once', async () => {
    const key = accessKey('twins')
    const visitors = Array.from({ length: 8 }, (_, i) =>
      i % 2 === 0 ? stage.visitor('twins') : new Visitor(stage.workerd.twin, 'twins.test'),
    )
    const before = await issued(stage.workerd, 'twins')
    const pages = await Promise.all(visitors.map((visitor) => open(visitor, key)))
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(pages.filter(({ text }) => text.includes(TAKEN))).toHaveLength(7)
    expect(await issued(stage.workerd, 'twins')).toBe(before + 1)
  })

  test('gives the same browser the same place, however often it asks and wherever', async () => {
    const visitor = stage.visitor('twins')
    await visitor.get(`/echo?wr_key=${accessKey('twins')}`)
    const cookie = visitor.cookies.get(KEY_COOKIE) as string
    const same = () => {
      const copy = Math.random() < 0.5 ? stage.visitor('twins') : new Visitor(stage.workerd.twin, 'twins.test')
      copy.cookies.set(KEY_COOKIE, cookie)
      return copy
    }
    const tabs = Array.from({ length: 6 }, same)
    const pages = await Promise.all(tabs.map((tab) => tab.get('/echo')))
    expect(pages.map(({ status }) => status)).toEqual(tabs.map(() => 200))
    expect(new Set(tabs.map(({ number }) => number)).size).toBe(1)
  })

  test('is spent when its place has ended', async () => {
    const key = accessKey('links')
    const [visitor] = await opened('links', key)
    await visitor.leave()
    const [, page] = await opened('links', key)
    expect(page.text).toContain('used as often as it can be')
    expect(page.text).toContain('Join the line without it')
  })

  test('counts again after a reset of the room', async () => {
    const key = accessKey('reset')
    await opened('reset', key)
    expect((await api().act('reset', 'reset', { confirm: 'reset' })).status).toBe(200)
    await expect
      .poll(async () => {
        const [again] = await opened('reset', key)
        return again.holds
      })
      .toBe('pass')
  })
})

test('a key with many uses is good for as many places', async () => {
  const key = accessKey('twins', { uses: 3 })
  const before = await issued(stage.workerd, 'twins')
  const pages = await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
      open(i % 2 === 0 ? stage.visitor('twins') : new Visitor(stage.workerd.twin, 'twins.test'), key),
    ),
  )
  expect(pages.map(({ status }) => status).sort()).toEqual([200, 200, 200, 403, 403, 403])
  expect(await issued(stage.workerd, 'twins')).toBe(before + 3)
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

describe('a second device', () => {
  test('takes the place over after a confirmation, and the first one says so', async () => {
    await opened('devices', accessKey('devices'))
    const key = accessKey('devices', { type: 'person', person: newId() })
    const [phone, waiting] = await opened('devices', key)
    expect(waiting.text).toContain('You are in line')
    const laptop = new Visitor(stage.workerd.twin, 'devices.test')
    const page = await open(laptop, key)
    expect(page.status).toBe(409)
    expect(page.text).toContain(TAKEN)
    expect(page.text).toContain(`ticket number ${phone.number}`)
    // A reload asks again and takes nothing.
    expect((await laptop.get('/echo')).text).toContain(TAKEN)
    expect(laptop.token).toBeUndefined()

    const confirmed = await takeOver(laptop, page)
    expect([confirmed.status, confirmed.headers.location]).toEqual([303, '/echo'])
    expect(laptop.number).toBe(phone.number)
    expect((await laptop.get('/echo')).text).toContain('You are in line')
    expect((await takeOver(laptop, page)).status).toBe(303)

    const { token } = phone
    await expect
      .poll(async () => (await phone.get('/__waiting-room/status')).json<{ state: string }>().state)
      .toBe('moved')
    phone.cookies.set('waiting-room-devices', token as string)
    const told = await phone.get('/echo')
    expect(told.text).toContain('Your place moved to another device')
    // The phone can neither give the place up nor use it.
    phone.cookies.set('waiting-room-devices', token as string)
    await phone.leave()
    expect((await laptop.get('/echo')).text).toContain('You are in line')
    expect(await totals('devices')).toMatchObject({ keyTakeOvers: 1, keysRedeemed: 2, left: 0 })
  })

  test('ends the session of the first one on the site', async () => {
    const key = accessKey('site')
    const [phone] = await opened('site', key)
    const laptop = stage.visitor('site')
    await takeOver(laptop, await open(laptop, key))
    expect((await laptop.get('/echo')).status).toBe(200)
    await expect.poll(async () => (await phone.get('/echo')).text).toContain('Your place moved to another device')
    expect((await stats(stage.workerd, 'site')).active).toBe(1)
  })

  test('keeps one live place per person, whichever key', async () => {
    const person = newId()
    const [first] = await opened('site', accessKey('site', { type: 'person', person }))
    const [, page] = await opened('site', accessKey('site', { type: 'person', person }))
    expect(page.text).toContain(TAKEN)
    await first.leave()
    const [again] = await opened('site', accessKey('site', { type: 'person', person }))
    expect(again.holds).toBe('pass')
  })

  test('is not taken over by another site, nor without a key', async () => {
    const key = accessKey('site')
    await opened('site', key)
    const laptop = stage.visitor('site')
    await open(laptop, key)
    const path = '/__waiting-room/take-over?room=site&return=/echo'
    const foreign = await laptop.post(path, '', { ...FORM, 'Sec-Fetch-Site': 'cross-site' })
    expect(foreign.status).toBe(403)
    expect((await totals('site')).keyTakeOvers).toBe(1)
    const nobody = await stage.visitor('site').post(path, '', { ...FORM, ...SAME_ORIGIN })
    expect([nobody.status, nobody.headers.location]).toEqual([303, '/echo'])
    expect((await totals('site')).keyTakeOvers).toBe(1)
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

describe('a revoked key', () => {
  test('ends its place, is refused for good, and is audited', async () => {
    const id = newId()
    const key = accessKey('revoked', { id })
    const [visitor] = await opened('revoked', key)
    expect((await api().get(`/rooms/revoked/keys/${id}`)).json()).toMatchObject({
      id,
      uses: 1,
      used: 1,
      number: visitor.number,
      revoked: false,
    })
    const reply = await api().call('DELETE', `/rooms/revoked/keys/${id}`)
    expect(reply.json()).toMatchObject({ room: 'revoked', id, ended: 1, more: false })
    expect((await api().get(`/rooms/revoked/tickets/${visitor.number}`)).json()).toMatchObject({ state: 'gone' })
    const [, page] = await opened('revoked', key)
    expect(page.text).toContain('it was withdrawn')
    const audit = (await api().get('/rooms/revoked/audit')).json<{ entries: { action: string; after: object }[] }>()
    expect(audit.entries[0]).toMatchObject({ action: 'revoke-key', after: { id, ended: 1, keepPlaces: false } })
    expect((await api().act('revoked', 'reset', { confirm: 'revoked' })).status).toBe(200)
    await expect.poll(async () => (await opened('revoked', key))[1].text).toContain('it was withdrawn')
  })

  test('may leave its place, and is refused before its first use', async () => {
    const [used, fresh] = [newId(), newId()]
    const [visitor] = await opened('site', accessKey('site', { id: used }))
    const reply = await api().call('DELETE', `/rooms/site/keys/${used}?keep_place=true`)
    expect(reply.json()).toMatchObject({ ended: 0 })
    expect((await visitor.get('/echo')).status).toBe(200)
    await api().call('DELETE', `/rooms/site/keys/${fresh}`)
    expect((await opened('site', accessKey('site', { id: fresh })))[1].text).toContain('it was withdrawn')
  })

  test('with many uses ends all of its places', async () => {
    const id = newId()
    const key = accessKey('site', { id, uses: 5 })
    const guests = await Promise.all([opened('site', key), opened('site', key), opened('site', key)])
    const reply = await api().call('DELETE', `/rooms/site/keys/${id}`)
    expect(reply.json()).toMatchObject({ ended: 3, more: false })
    for (const [guest] of guests) {
      const ticket = await api().get(`/rooms/site/tickets/${guest.number}`)
      expect(ticket.json()).toMatchObject({ state: 'gone' })
    }
  })
})

describe('a key past the room', () => {
  const skip = (claims: object = {}) => accessKey('past', { type: 'skip', counted: false, ...claims })

  test('takes no number and no slot, and is good for one browser', async () => {
    await stage.visitor('past').get('/echo')
    const before = await issued(stage.workerd, 'past')
    const key = skip()
    const [visitor, page] = await opened('past', key)
    expect(page.status).toBe(200)
    expect(page.text).not.toContain('_skip')
    expect(page.headers['cache-control']).toMatch(/private|no-store/)
    expect(visitor.token).toBeUndefined()
    expect((await visitor.get('/echo')).status).toBe(200)
    expect(
      (await visitor.post('/echo', 'a=b', { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' })).status,
    ).toBe(200)
    const [, refused] = await opened('past', key)
    expect(refused.text).toContain('used as often as it can be')
    expect(await issued(stage.workerd, 'past')).toBe(before)
    await expect.poll(async () => (await totals('past')).keyPasses).toBeGreaterThanOrEqual(3)
    expect((await stats(stage.workerd, 'past')).active).toBe(1)
  })

  test('is confirmed by the object every 10 minutes, so that a revoked one is stopped', async () => {
    const id = newId()
    const [visitor] = await opened('past', skip({ id }))
    const old = () => {
      const claims = claimsOf(visitor.cookies.get(SKIP_COOKIE) as string) as unknown as Record<string, unknown>
      return signed({ ...claims, exp: nowSeconds() - 1 })
    }
    visitor.cookies.set(SKIP_COOKIE, old())
    const renewed = await visitor.get('/echo')
    expect(renewed.status).toBe(200)
    expect(renewed.setCookies.join()).toMatch(/^waiting-room-_skip=[\w.-]+; Max-Age=86400; Path=\/; HttpOnly/)
    expect((await api().get(`/rooms/past/keys/${id}`)).json()).toMatchObject({ used: 1, number: null })
    await api().call('DELETE', `/rooms/past/keys/${id}`)
    expect((await visitor.get('/echo')).status).toBe(200)
    visitor.cookies.set(SKIP_COOKIE, old())
    const stopped = await visitor.get('/echo')
    expect(stopped.status).toBe(503)
    expect(visitor.cookies.has(SKIP_COOKIE)).toBe(false)
  })

  test('lets nobody past with a token of another room or a changed one', async () => {
    const [visitor] = await opened('past', skip())
    const token = visitor.cookies.get(SKIP_COOKIE) as string
    const other = stage.visitor('open')
    other.cookies.set(SKIP_COOKIE, token)
    expect((await other.get('/echo')).text).toContain('in line')
    const changed = stage.visitor('past')
    changed.cookies.set(SKIP_COOKIE, `${token.slice(0, -4)}AAAA`)
    expect((await changed.get('/echo')).status).toBe(503)
  })
})

describe('a priority key', () => {
  const priority = (claims: object = {}) => accessKey('lanes', { type: 'priority', ...claims })
  const statusOf = async (visitor: Visitor) =>
    (await visitor.get(`/__waiting-room/status?room=${visitor.host.split('.')[0]}`)).json<{
      state: string
      number: number
      position: number
      lane?: string
    }>()

  test('leads to the first lane, moves a visitor who waits there, and raises nobody else', async () => {
    await stage.guest('lanes')
    const [first, second] = [stage.visitor('lanes'), stage.visitor('lanes')]
    await first.get('/echo')
    await second.get('/echo')
    const [member] = await opened('lanes', priority())
    expect(await statusOf(member)).toMatchObject({ state: 'waiting', lane: 'members', number: 1, position: 1 })
    const key = priority()
    await open(second, key)
    expect(await statusOf(second)).toMatchObject({ state: 'waiting', lane: 'members', number: 2, position: 2 })
    expect(await statusOf(first)).toMatchObject({ state: 'waiting', number: 2, position: 1 })
    expect((await stats(stage.workerd, 'lanes')).waiting).toBe(3)
    // The link again: the place stays, and no use is lost.
    await open(second, key)
    expect(await statusOf(second)).toMatchObject({ lane: 'members', number: 2 })
    await open(second, priority())
    expect(await statusOf(second)).toMatchObject({ lane: 'members', number: 2 })
    expect((await totals('lanes')).keysRedeemed).toBe(2)
    // A lane behind the present one is no better.
    await open(member, priority({ lane: 'friends' }))
    expect(await statusOf(member)).toMatchObject({ lane: 'members', number: 1 })
    const [friend] = await opened('lanes', priority({ lane: 'friends' }))
    expect(await statusOf(friend)).toMatchObject({ lane: 'friends', position: 1 })
    const [skipper] = await opened('lanes', accessKey('lanes', { type: 'skip', counted: true }))
    expect(await statusOf(skipper)).toMatchObject({ lane: 'skip', position: 1 })
    expect((await api().act('lanes', 'admit-next', { count: 1 })).status).toBe(200)
  })

  test('moves an entry out of a draw, which goes before it at the start', async () => {
    const lobby = await Lobby.open(stage.workerd, 'lobby')
    const [entry, other] = await lobby.join(2)
    if (entry === undefined || other === undefined) throw new Error('nobody joined')
    await open(entry, accessKey('lobby', { type: 'priority' }))
    expect(await statusOf(entry)).toMatchObject({ state: 'lobby', lane: 'members' })
    await lobby.start()
    await expect.poll(async () => (await statusOf(entry)).state, { timeout: 60_000 }).toBe('admitted')
    expect((await statusOf(other)).state).toBe('waiting')
  })
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
    expect((await opened('api', keys[0]?.key ?? ''))[0].holds).toBe('pass')
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
    expect((await api().call('DELETE', '/rooms/api/keys/short')).status).toBe(400)
    expect((await api().get(`/rooms/api/keys/${newId()}`)).status).toBe(404)
  })
})

test(
  'keeps every redemption when the runtime is killed in the middle of a crowd',
  async () => {
    const origin = await Origin.start()
    const rooms = [room('killed', 1, INVITED)]
    const workerd = await Workerd.start({ originUrl: origin.url, rooms, twin: true })
    try {
      const keys = Array.from({ length: 30 }, () => accessKey('killed'))
      /** Two browsers per key, in two isolates; each opens its link before the crash. */
      const browsers = keys.flatMap((key) =>
        [workerd, workerd.twin].map((server) => ({ key, visitor: new Visitor(server, 'killed.test') })),
      )
      for (const { key, visitor } of browsers) await visitor.get(`/echo?wr_key=${key}`)
      const cookies = browsers.map(({ visitor }) => visitor.cookies.get(KEY_COOKIE) as string)
      const told: (number | undefined)[] = []
      let answers = 0
      const joining = browsers.map(async ({ visitor }, i) => {
        await visitor.get('/echo').catch(() => {})
        told[i] = visitor.token === undefined ? undefined : visitor.number
        if (++answers === 12) await workerd.restart()
      })
      await Promise.all(joining)
      const numbers = new Map<string, Set<number>>()
      for (const [i, { key }] of browsers.entries()) {
        const again = new Visitor(i % 2 === 0 ? workerd : workerd.twin, 'killed.test')
        again.cookies.set(KEY_COOKIE, cookies[i] as string)
        const first = await again.get('/echo')
        const page = first.status === 303 ? await again.get('/echo') : first
        const number = again.token === undefined ? undefined : again.number
        // A browser that was told a number has it still.
        if (told[i] !== undefined) expect(number).toBe(told[i])
        if (number === undefined) expect(page.text).toContain(TAKEN)
        else numbers.set(key, (numbers.get(key) ?? new Set()).add(number))
      }
      expect([...numbers.values()].map(({ size }) => size)).toEqual(keys.map(() => 1))
      expect(await issued(workerd, 'killed')).toBe(keys.length)
    } finally {
      await workerd.stop()
      await origin.stop()
    }
  },
  TEST_TIMEOUT_MS,
)
