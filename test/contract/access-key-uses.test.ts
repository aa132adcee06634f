/** How often access keys count: in several isolates at once, in crashes, after revocation. */
import { describe, expect, test } from 'vitest'
import { accessKey, newId, nowSeconds } from './support/access-keys.ts'
import { ApiClient } from './support/api-client.ts'
import { KEY_COOKIE, opened, openLink, TAKEN } from './support/key-links.ts'
import { issued, stats } from './support/operator.ts'
import { Origin } from './support/origin.ts'
import { TEST_TIMEOUT_MS } from './support/patience.ts'
import { room, useStage } from './support/stage.ts'
import { claimsOf, signed } from './support/tokens.ts'
import { Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const INVITED = { require_access_key: true }
const stage = useStage(
  [
    room('links', 50),
    room('elsewhere', 1, { queue_all: true }),
    room('twins', 50, INVITED),
    room('site', 50, INVITED),
    room('revoked', 1, INVITED),
    room('past', 1),
    room('reset', 50, INVITED),
  ],
  { twin: true },
)

const SKIP_COOKIE = 'waiting-room-_skip'
const totals = async (name: string): Promise<Readonly<Record<string, number>>> =>
  (await stats(stage.workerd, name)).totals ?? {}
const api = () => new ApiClient(stage.workerd)

describe('a key with one use', () => {
  test('is good for one place, in all isolates at once', async () => {
    const key = accessKey('twins')
    const visitors = Array.from({ length: 8 }, (_, i) =>
      i % 2 === 0 ? stage.visitor('twins') : new Visitor(stage.workerd.twin, 'twins.test'),
    )
    const before = await issued(stage.workerd, 'twins')
    const pages = await Promise.all(visitors.map((visitor) => openLink(visitor, key)))
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
    const [visitor] = await opened(stage, 'links', key)
    await visitor.leave()
    const [, page] = await opened(stage, 'links', key)
    expect(page.text).toContain('used as often as it can be')
    expect(page.text).toContain('Join the line without it')
  })

  test('counts again after a reset of the room', async () => {
    const key = accessKey('reset')
    await opened(stage, 'reset', key)
    expect((await api().act('reset', 'reset', { confirm: 'reset' })).status).toBe(200)
    await expect
      .poll(async () => {
        const [again] = await opened(stage, 'reset', key)
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
      openLink(i % 2 === 0 ? stage.visitor('twins') : new Visitor(stage.workerd.twin, 'twins.test'), key),
    ),
  )
  expect(pages.map(({ status }) => status).sort()).toEqual([200, 200, 200, 403, 403, 403])
  expect(await issued(stage.workerd, 'twins')).toBe(before + 3)
})

describe('a revoked key', () => {
  test('ends its place, is refused for good, and is audited', async () => {
    const id = newId()
    const key = accessKey('revoked', { id })
    const [visitor] = await opened(stage, 'revoked', key)
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
    const [, page] = await opened(stage, 'revoked', key)
    expect(page.text).toContain('it was withdrawn')
    const audit = (await api().get('/rooms/revoked/audit')).json<{ entries: { action: string; after: object }[] }>()
    expect(audit.entries[0]).toMatchObject({ action: 'revoke-key', after: { id, ended: 1, keepPlaces: false } })
    expect((await api().act('revoked', 'reset', { confirm: 'revoked' })).status).toBe(200)
    await expect.poll(async () => (await opened(stage, 'revoked', key))[1].text).toContain('it was withdrawn')
  })

  test('leaves its place if asked to, and is refused before its first use', async () => {
    const [used, fresh] = [newId(), newId()]
    const [visitor] = await opened(stage, 'site', accessKey('site', { id: used }))
    const reply = await api().call('DELETE', `/rooms/site/keys/${used}?keep_place=true`)
    expect(reply.json()).toMatchObject({ ended: 0 })
    expect((await visitor.get('/echo')).status).toBe(200)
    await api().call('DELETE', `/rooms/site/keys/${fresh}`)
    expect((await opened(stage, 'site', accessKey('site', { id: fresh })))[1].text).toContain('it was withdrawn')
  })

  test('with many uses ends all of its places', async () => {
    const id = newId()
    const key = accessKey('site', { id, uses: 5 })
    const guests = await Promise.all([
      opened(stage, 'site', key),
      opened(stage, 'site', key),
      opened(stage, 'site', key),
    ])
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
    const [visitor, page] = await opened(stage, 'past', key)
    expect(page.status).toBe(200)
    expect(page.text).not.toContain('_skip')
    expect(page.headers['cache-control']).toMatch(/private|no-store/)
    expect(visitor.token).toBeUndefined()
    expect((await visitor.get('/echo')).status).toBe(200)
    expect(
      (await visitor.post('/echo', 'a=b', { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' })).status,
    ).toBe(200)
    const [, refused] = await opened(stage, 'past', key)
    expect(refused.text).toContain('used as often as it can be')
    expect(await issued(stage.workerd, 'past')).toBe(before)
    await expect.poll(async () => (await totals('past')).keyPasses).toBeGreaterThanOrEqual(3)
    expect((await stats(stage.workerd, 'past')).active).toBe(1)
  })

  test('is confirmed by the object every 10 minutes, so that a revoked one is stopped', async () => {
    const id = newId()
    const [visitor] = await opened(stage, 'past', skip({ id }))
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
    const [visitor] = await opened(stage, 'past', skip())
    const token = visitor.cookies.get(SKIP_COOKIE) as string
    const other = stage.visitor('elsewhere')
    other.cookies.set(SKIP_COOKIE, token)
    expect((await other.get('/echo')).text).toContain('line')
    const changed = stage.visitor('past')
    changed.cookies.set(SKIP_COOKIE, `${token.slice(0, -4)}AAAA`)
    expect((await changed.get('/echo')).status).toBe(503)
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
      const asking = browsers.map(async ({ key }, i) => {
        const again = new Visitor(i % 2 === 0 ? workerd : workerd.twin, 'killed.test')
        again.cookies.set(KEY_COOKIE, cookies[i] as string)
        const first = await again.get('/echo')
        const page = first.status === 303 ? await again.get('/echo') : first
        const number = again.token === undefined ? undefined : again.number
        // A browser that was told a number has it still.
        if (told[i] !== undefined) expect(number).toBe(told[i])
        if (number === undefined) expect(page.text).toContain(TAKEN)
        else numbers.set(key, (numbers.get(key) ?? new Set()).add(number))
      })
      await Promise.all(asking)
      expect([...numbers.values()].map(({ size }) => size)).toEqual(keys.map(() => 1))
      expect(await issued(workerd, 'killed')).toBe(keys.length)
    } finally {
      await workerd.stop()
      await origin.stop()
    }
  },
  TEST_TIMEOUT_MS,
)
