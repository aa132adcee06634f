import { describe, expect, it } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { room, useStage } from './support/stage.ts'
import { untilJson, untilStatus } from './support/until.ts'
import type { Reply } from './support/visitor.ts'
import { CURL } from './support/visitor.ts'

const stage = useStage([
  room('main', 2),
  room('acted', 1),
  room('gate', 1),
  room('closing', 1),
  room('aside', 1),
  room('deployed-aside', 1, { suspended: true }),
  room('told', 1),
  room('matched', 1),
  room('emptied', 1),
  room('looked-up', 1),
  room('reopened', 1),
  room('announced', 1),
])

const api = () => new ApiClient(stage.workerd)
const etagOf = (reply: Reply) => String(reply.headers.etag)

function expectProblem(reply: Reply, status: number, detail: RegExp): void {
  expect([reply.status, reply.headers['content-type']]).toEqual([status, 'application/problem+json'])
  expect(reply.json()).toMatchObject({ status, title: expect.any(String), detail: expect.stringMatching(detail) })
}

async function settingOf(name: string, key: string): Promise<unknown> {
  const { settings } = (await api().get(`/rooms/${name}/settings`)).json<{
    settings: Record<string, { value: unknown }>
  }>()
  return settings[key]?.value
}

/** A page of the room, requested without cookies: a new visitor each time. */
const newcomer = (name: string) => stage.visitor(name, { ...CURL, Accept: 'application/json' })

describe('settings', () => {
  it('come with an ETag, effective values and deployed values', async () => {
    const reply = await api().get('/rooms/main/settings')
    expect(etagOf(reply)).toMatch(/^"0-[0-9a-f]+"$/)
    expect(reply.json()).toMatchObject({
      settings: { total_active_users: { value: 2, deployed: 2, override: null }, message: { value: null } },
      deployedOnly: { host: 'main.test', session_heartbeat: 'beacon' },
    })
  })

  it('change only with the current ETag, and reach waiting visitors', async () => {
    const before = await api().get('/rooms/told/settings')
    const change = { message: 'Doors open at 10', total_active_users: 5 }
    const changed = await api().call('PATCH', '/rooms/told/settings', change, { 'If-Match': etagOf(before) })
    expect(changed.status).toBe(200)
    expect(etagOf(changed)).not.toBe(etagOf(before))
    expect(changed.json()).toMatchObject({
      settings: { total_active_users: { value: 5, deployed: 1, override: { by: 'admin' } } },
    })
    await stage.workerd.restart()
    expect(await settingOf('told', 'message')).toBe('Doors open at 10')
    const late = await api().call('PATCH', '/rooms/told/settings', { paused: true }, { 'If-Match': etagOf(before) })
    expectProblem(late, 412, /Read again/)
    expect(late.headers.etag).toBe(etagOf(changed))
    const cleared = await api().call('PATCH', '/rooms/told/settings', { total_active_users: null }, { 'If-Match': '*' })
    expect(cleared.json()).toMatchObject({ settings: { total_active_users: { value: 1, override: null } } })
  })

  it.each([
    ['a weak tag', (etag: string) => `W/${etag}`, 412],
    ['weak tags only', (etag: string) => `W/"a", W/${etag}`, 412],
    ['a list with the tag', (etag: string) => `"a", ${etag}`, 200],
    ['a list with the tag first, and a weak one', (etag: string) => `${etag},W/"a"`, 200],
    ['a list with commas inside tags and empty elements', (etag: string) => `"a,b", , ${etag},`, 200],
    ['a list without the tag', () => '"a", "b"', 412],
    ['the tag inside another', (etag: string) => `"x${etag.slice(1)}`, 412],
    ['any', () => ' * ', 200],
    ['the tag without its quotes', (etag: string) => etag.slice(1, -1), 400],
    ['"*" inside a list', (etag: string) => `${etag}, *`, 400],
    ['nothing', () => ',', 400],
  ])('follow If-Match as defined by RFC 9110: %s', async (_, header, status) => {
    const { etag } = (await api().get('/rooms/matched/settings')).headers
    const change = { message: `after ${status}` }
    const reply = await api().call('PATCH', '/rooms/matched/settings', change, { 'If-Match': header(String(etag)) })
    expect(reply.status).toBe(status)
  })

  it('are sent with no-transform, so that no proxy weakens their ETag', async () => {
    const reply = await api().get('/rooms/main/settings')
    expect(reply.headers['cache-control']).toBe('no-store, no-transform')
  })

  it('are refused without If-Match', async () => {
    expectProblem(await api().call('PATCH', '/rooms/main/settings', { paused: true }), 428, /ETag as If-Match/)
  })

  it.each([
    [{ total_active_users: 0 }, /"total_active_users" must be a whole number from 1 to 1000000/],
    [{ total_active_users: '5' }, /"total_active_users" must be/],
    [{ message: 'x'.repeat(501) }, /"message" must be a text of 1 to 500/],
    [{ message: '' }, /"message" must be/],
    [{ opens_at: 'tomorrow' }, /"opens_at" must be an RFC 3339 time/],
    [{ path: '/' }, /"path" can only be changed by a deploy/],
    [{ capacity: 5 }, /"capacity" is an unknown setting/],
    [{ constructor: 1 }, /"constructor" is an unknown setting/],
    [{ toString: null }, /"toString" is an unknown setting/],
    [{ hasOwnProperty: true }, /"hasOwnProperty" is an unknown setting/],
    ['{"__proto__": {"paused": true}}', /"__proto__" is an unknown setting/],
    [{}, /at least one/],
    ['[]', /JSON object/],
    [{ message: 'x'.repeat(17_000) }, /at most 16384 bytes/],
  ])('refuse invalid values by name, and nothing changes (%#)', async (body, detail) => {
    const reply = await api().call('PATCH', '/rooms/main/settings', body, { 'If-Match': '*' })
    expectProblem(reply, 400, detail)
    expect(await settingOf('main', 'total_active_users')).toBe(2)
  })

  const PAST = '2020-01-01T00:00:00Z'
  const soon = () => new Date(Date.now() + 60_000).toISOString()

  it.each([
    [{ closed: true, opens_at: PAST }],
    [{ opens_at: PAST }],
    [{ closed: true, opens_at: '2026-01-01T09:00:00+02:00' }],
    [{ closed: false, opens_at: PAST }],
    [{ paused: true, closed: true, opens_at: PAST }],
  ])('refuse an opening time in the past, and nothing changes (%j)', async (body) => {
    const reply = await api().call('PATCH', '/rooms/main/settings', body, { 'If-Match': '*' })
    expectProblem(reply, 400, /"opens_at" is in the past: set a future time, or null/)
    expect(reply.json()).toMatchObject({ problems: [{ key: 'opens_at' }] })
    for (const key of ['closed', 'paused']) expect(await settingOf('main', key)).toBe(false)
  })

  it('require a new opening time to close a room that opened automatically', async () => {
    const change = (body: unknown) => api().call('PATCH', '/rooms/reopened/settings', body, { 'If-Match': '*' })
    const opens_at = new Date(Date.now() + 10_000).toISOString()
    expect((await change({ closed: true, opens_at })).status).toBe(200)
    await untilJson({ closed: false }, () => api().get('/rooms/reopened/stats'))
    // A patch that changes no time is not checked.
    expect((await change({ message: 'The doors are open' })).status).toBe(200)
    expectProblem(await change({ closed: true }), 400, /"opens_at" is in the past/)
    expect((await change({ closed: true, opens_at: soon() })).status).toBe(200)
    expect((await change({ closed: true, opens_at: null })).status).toBe(200)
  })

  it('report every problem at once', async () => {
    const body = { total_active_users: 0, queue_all: 'yes' }
    const reply = await api().call('PATCH', '/rooms/main/settings', body, { 'If-Match': '*' })
    expect(
      reply
        .json<{ problems: { key: string }[] }>()
        .problems.map(({ key }) => key)
        .toSorted(),
    ).toEqual(['queue_all', 'total_active_users'])
  })
})

describe('actions', () => {
  it('pause and resume: nobody is admitted in between, and the page says so', async () => {
    expect((await api().act('gate', 'pause')).json()).toMatchObject({ settings: { paused: { value: true } } })
    const visitor = stage.visitor('gate')
    expect((await visitor.get('/')).status).toBe(503)
    expect((await visitor.get('/__waiting-room/status')).json()).toMatchObject({ state: 'paused', position: 1 })
    await api().act('gate', 'resume')
    await untilStatus(200, () => visitor.get('/'))
    await visitor.leave()
  })

  it('queue-all: new visitors wait even while slots are free; admit-next admits them by hand', async () => {
    await api().act('acted', 'queue-all')
    const [first, second] = [stage.visitor('acted'), stage.visitor('acted')]
    expect((await first.get('/')).status).toBe(503)
    expect((await second.get('/')).status).toBe(503)
    const admitted = await api().act('acted', 'admit-next', { count: 5 })
    expect(admitted.json()).toMatchObject({ result: { asked: 5, admitted: 1 } })
    await untilStatus(200, () => first.get('/'))
    expect((await api().act('acted', 'queue-all', { on: false })).json()).toMatchObject({
      settings: { queue_all: { value: false, override: null } },
    })
  })

  it('admit-next is refused while the room is paused', async () => {
    await api().act('main', 'pause')
    expectProblem(await api().act('main', 'admit-next'), 409, /Resume the room first/)
    await api().act('main', 'resume')
  })

  it('close and open: new visitors see the opening time, waiting visitors keep their place', async () => {
    const [guest, waiter] = [await stage.guest('closing'), stage.visitor('closing')]
    await waiter.get('/')
    const opens_at = new Date(Date.now() + 3_600_000).toISOString()
    await api().act('closing', 'close', { opens_at })
    const closed = (await newcomer('closing').get('/__waiting-room/status')).json()
    expect(closed).toMatchObject({ state: 'closed', opensAt: opens_at, number: null })
    expect((await newcomer('closing').get('/')).status).toBe(503)
    await guest.leave()
    await untilStatus(200, () => waiter.get('/'))
    await api().act('closing', 'pause')
    await api().act('closing', 'open')
    const joined = await untilJson({ state: 'paused' }, () => newcomer('closing').get('/__waiting-room/status'))
    expect(joined).toMatchObject({ number: 3 })
  })

  it('suspend: everyone bypasses the room until the suspension ends', async () => {
    const guest = await stage.guest('aside')
    await api().act('aside', 'suspend')
    await untilStatus(200, () => newcomer('aside').get('/'))
    expect((await newcomer('aside').get('/__waiting-room/status')).json()).toMatchObject({ state: 'admitted' })
    await api().act('aside', 'suspend', { on: false })
    await untilStatus(503, () => newcomer('aside').get('/'))
    expect((await guest.get('/')).status).toBe(200)
  })

  it('suspend with {"on": false} activates a room that was deployed suspended', async () => {
    expect((await newcomer('deployed-aside').get('/')).status).toBe(200)
    await api().act('deployed-aside', 'suspend', { on: false })
    await stage.guest('deployed-aside').catch(() => null)
    await untilStatus(503, () => newcomer('deployed-aside').get('/'))
  })

  it('message: everyone in line sees it', async () => {
    const guest = await stage.guest('main')
    const other = await stage.guest('main')
    await api().act('main', 'message', { text: 'Back at <noon>' })
    const visitor = stage.visitor('main')
    await visitor.get('/')
    expect((await visitor.get('/__waiting-room/status')).json()).toMatchObject({ message: 'Back at <noon>' })
    await api().act('main', 'message', { text: null })
    expect(await settingOf('main', 'message')).toBeNull()
    await Promise.all([guest.leave(), other.leave(), visitor.leave()])
  })

  it('message with an end: it is shown until then, and the next message has no end', async () => {
    const visitor = stage.visitor('announced')
    const guest = await stage.guest('announced')
    await visitor.get('/')
    const status = () => visitor.get('/__waiting-room/status')
    const until = new Date(Date.now() + 15_000).toISOString()
    expect((await api().act('announced', 'message', { text: 'Back in a moment', until })).json()).toMatchObject({
      settings: { message: { value: 'Back in a moment' }, message_until: { value: until, deployed: null } },
    })
    await untilJson({ message: 'Back in a moment' }, status)
    await untilJson({ message: null }, status)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until))
    // As sent by a client that does not know message ends.
    const patch = { message: 'Still here' }
    const changed = await api().call('PATCH', '/rooms/announced/settings', patch, { 'If-Match': '*' })
    expect(changed.json()).toMatchObject({ settings: { message_until: { value: null, override: null } } })
    await untilJson({ message: 'Still here' }, status)
    await api().act('announced', 'message', { text: null, until: new Date(Date.now() + 60_000).toISOString() })
    expect(await settingOf('announced', 'message_until')).toBeNull()
    await guest.leave()
  })

  it('revoke: the session ends and its slot goes to the next visitor; a second revoke is refused', async () => {
    const guest = await stage.guest('looked-up')
    const waiter = stage.visitor('looked-up')
    await waiter.get('/')
    const revoked = await api().act('looked-up', 'revoke', { number: guest.number })
    expect(revoked.json()).toMatchObject({ result: { number: guest.number, was: 'active' } })
    await untilStatus(200, () => waiter.get('/'))
    expect((await guest.post('/__waiting-room/heartbeat', '', { 'Sec-Fetch-Site': 'same-origin' })).status).toBe(410)
    expectProblem(await api().act('looked-up', 'revoke', { number: guest.number }), 409, /no longer holds a place/)
    expectProblem(await api().act('looked-up', 'revoke', { number: 99 }), 404, /not issued/)
    const ticket = await api().get(`/rooms/looked-up/tickets/${guest.number}`)
    expect(ticket.json()).toMatchObject({
      state: 'gone',
      admitted: 'yes',
      ended: 'revoked',
      endedAt: expect.any(String),
    })
  })

  it('reset: requires the name of the room and voids every token', async () => {
    const guest = await stage.guest('emptied')
    expectProblem(await api().act('emptied', 'reset', { confirm: 'main' }), 400, /\{"confirm": "emptied"\}/)
    expectProblem(await api().act('emptied', 'reset'), 400, /"confirm" is missing/)
    const reset = await api().act('emptied', 'reset', { confirm: 'emptied' })
    expect(reset.json()).toMatchObject({ result: { run: expect.any(Number) } })
    await stage.workerd.restart()
    expect((await api().get('/rooms/emptied/stats')).json()).toMatchObject({ active: 0, nextNumber: 1 })
    // The old session is void: its visitor joins again.
    await untilStatus(410, () => guest.post('/__waiting-room/heartbeat', '', { 'Sec-Fetch-Site': 'same-origin' }))
  })

  it.each([
    ['queue-all', { on: 'yes' }, /"on" must be true or false/],
    ['close', { opens_at: '2020-01-01T00:00:00Z' }, /"opens_at" is in the past/],
    ['close', { opens_at: 'soon' }, /"opens_at" must be/],
    ['message', {}, /"text" is missing/],
    ['message', { text: 5 }, /"text" must be/],
    ['message', { text: 'x', until: '2020-01-01T00:00:00Z' }, /"message_until" is in the past/],
    ['message', { text: 'x', until: 'noon' }, /"until" must be an RFC 3339 time/],
    ['message', { text: 'x', until: 5 }, /"until" must be/],
    ['admit-next', { count: 0 }, /"count" must be a whole number from 1 to 10000/],
    ['revoke', {}, /"number" is missing/],
    ['pause', { now: true }, /"now" there is no such key/],
  ])('%s is refused with %j', async (action, body, detail) => {
    expectProblem(await api().act('main', action, body), 400, detail)
  })

  it('are refused for an unknown room, action or method', async () => {
    expectProblem(await api().act('nowhere', 'pause'), 404, /lists the rooms/)
    expectProblem(await api().act('main', 'explode'), 404, /API reference/)
    const wrong = await api().call('DELETE', '/rooms/main/settings')
    expectProblem(wrong, 405, /GET, HEAD, PATCH/)
    expect(wrong.headers.allow).toBe('GET, HEAD, PATCH, OPTIONS')
  })

  it('are audited with operator, time, action, and the values before and after', async () => {
    const audit = (await api().get('/rooms/acted/audit?limit=2')).json<{
      entries: Record<string, unknown>[]
      next: number
    }>()
    expect(audit.entries).toMatchObject([
      { action: 'queue-all', who: 'admin', before: { queue_all: true }, after: { queue_all: false } },
      { action: 'admit-next', before: { waiting: 2 }, after: { asked: 5, admitted: 1 } },
    ])
    const older = (await api().get(`/rooms/acted/audit?before=${audit.next}`)).json()
    expect(older).toMatchObject({ entries: [{ action: 'queue-all', after: { queue_all: true } }], next: null })
    for (const query of ['limit=0', 'limit=201', 'before=x', 'before=1234567890123456']) {
      expectProblem(await api().get(`/rooms/acted/audit?${query}`), 400, /must be/)
    }
  })
})

describe('reading', () => {
  it('lists the rooms with their states', async () => {
    const { rooms } = (await api().get('/rooms')).json<{ rooms: Record<string, unknown>[] }>()
    expect(rooms).toHaveLength(12)
    expect(rooms[0]).toMatchObject({ name: 'main', host: 'main.test', reachable: true, capacity: 2, mode: 'open' })
  })

  it('shows a ticket, and answers 404 for an unknown one', async () => {
    expectProblem(await api().get('/rooms/looked-up/tickets/999'), 404, /not issued/)
    expectProblem(await api().get('/rooms/looked-up/tickets/abc'), 400, /whole number/)
    expectProblem(await api().get('/rooms/looked-up/tickets/1?lane=unused'), 404, /not issued/)
    expectProblem(await api().get('/rooms/looked-up/tickets/999?lane=regular'), 404, /not issued/)
  })

  it('exports the history as CSV', async () => {
    const reply = await api().get('/rooms/main/history?format=csv')
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8; header=present'])
    expect(reply.text).toMatch(/^at(,|\r\n)/)
    expectProblem(await api().get('/rooms/main/history?format=xml'), 400, /json or csv/)
  })
})
