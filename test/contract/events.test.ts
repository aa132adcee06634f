/** Events of a room through the operators' API: what it accepts, refuses and remembers. */
import { describe, expect, it } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { room, useStage } from './support/stage.ts'
import type { Reply } from './support/visitor.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const iso = (ms: number) => new Date(ms).toISOString()
/** Times by hours from now. */
const inHours = (hours: number) => iso(Date.now() + hours * HOUR_MS)

const DEPLOYED = {
  name: 'Gala',
  event_start_time: '2040-01-01T10:00:00+01:00',
  event_end_time: '2040-01-01T12:00:00+01:00',
  message: 'Welcome',
}
const GALA = '/events/gala-2040-01-01'

const stage = useStage([
  ...['created', 'listed', 'tagged', 'refused', 'overlap', 'patched', 'lobby', 'promised', 'running', 'started'].map(
    (name) => room(name, 1),
  ),
  ...['largest', 'delayed', 'removed', 'audited', 'effective', 'kept'].map((name) => room(name, 1)),
  room('deployed', 1, { events: [DEPLOYED], rate_plan: [{ at: '2040-01-01T00:00:00Z', new_users_per_minute: 7 }] }),
  room('redeployed', 1, { events: [DEPLOYED] }),
  room('untouched', 1, { events: [DEPLOYED] }),
  room('coarse', 1, { check_interval_seconds: 60 }),
])

const api = () => new ApiClient(stage.workerd)

function sale<T extends object>(changes: T = {} as T) {
  return { name: 'Autumn sale', event_start_time: inHours(2), event_end_time: inHours(3), ...changes }
}

/** An event with a draw whose lobby is open. */
const lobby = (changes: Record<string, unknown> = {}) =>
  sale({ prequeue_start_time: inHours(-1), shuffle_at_event_start: true, ...changes })

const path = (name: string, id = '') => `/rooms/${name}/events${id}`
const post = (name: string, body: unknown, headers = {}) => api().call('POST', path(name), body, headers)
const change = (name: string, id: string, body: unknown, tag = '*') =>
  api().call('PATCH', path(name, `/${id}`), body, { 'If-Match': tag })
const remove = (name: string, id: string) => api().call('DELETE', path(name, `/${id}`), undefined, { 'If-Match': '*' })

interface EventJson {
  readonly id: string
  readonly phase: string
  readonly [key: string]: unknown
}

async function create(name: string, body: unknown): Promise<EventJson> {
  const reply = await post(name, body)
  expect([reply.status, reply.text]).toEqual([201, expect.any(String)])
  return reply.json<EventJson>()
}

async function get(name: string, id: string): Promise<EventJson> {
  return (await api().get(path(name, `/${id}`))).json<EventJson>()
}

function expectRefused(reply: Reply, status: number, key: string, remedy: RegExp): void {
  expect([reply.status, reply.headers['content-type']], reply.text).toEqual([status, 'application/problem+json'])
  expect(reply.json()).toMatchObject({
    status,
    detail: expect.stringMatching(remedy),
    problems: expect.arrayContaining([{ key, problem: expect.any(String) }]),
  })
}

describe('an event', () => {
  it('is created with every key as long as its bounds allow', async () => {
    const rate_plan = Array.from({ length: 50 }, (_, minute) => ({
      at: inHours(2 + minute / 60),
      new_users_per_minute: 1_000_000,
      total_active_users: 1_000_000,
      ramp: true,
    }))
    const texts = { name: '\u5e02'.repeat(80), description: '\u5e02'.repeat(500), message: '\u5e02'.repeat(500) }
    const body = JSON.stringify(sale({ rate_plan, ...texts }), null, 1).replaceAll('\u5e02', '\\u5e02')
    const { id } = await create('largest', body)
    expect(await get('largest', id)).toMatchObject({ rate_plan, ...texts })
  })

  it('is created with its defaults, an id, a location and a tag, and survives a restart', async () => {
    const reply = await post('created', sale({ rate_plan: [{ at: inHours(2.5), new_users_per_minute: 5 }] }))
    expect(reply.status).toBe(201)
    const event = reply.json<EventJson>()
    expect(event).toMatchObject({
      id: expect.stringMatching(/^autumn-sale-[0-9a-f]{6}$/),
      phase: 'none',
      source: 'api',
      changedBy: 'admin',
      name: 'Autumn sale',
      prequeue_start_time: null,
      shuffle_at_event_start: false,
      total_active_users: null,
      rate_plan: [{ new_users_per_minute: 5, total_active_users: null, ramp: false }],
    })
    expect(reply.headers.location).toBe(`/__waiting-room/api/v1${path('created', `/${event.id}`)}`)
    await stage.workerd.restart()
    const read = await api().get(path('created', `/${event.id}`))
    expect(read.json()).toEqual(event)
    expect(read.headers.etag).toBe(reply.headers.etag)
    expect(read.headers['cache-control']).toBe('no-store, no-transform')
    expect(read.text).not.toMatch(/secret/)
  })

  it('is in the list, which is sorted by time and has its own tag', async () => {
    const empty = await api().get(path('listed'))
    expect(empty.json()).toEqual({ room: 'listed', events: [], refused: [] })
    const late = await create('listed', sale({ event_start_time: inHours(5), event_end_time: inHours(6) }))
    const early = await post('listed', sale(), { 'If-Match': String((await api().get(path('listed'))).headers.etag) })
    expect(early.status).toBe(201)
    const list = await api().get(path('listed'))
    expect(list.json<{ events: EventJson[] }>().events.map(({ id }) => id)).toEqual([
      early.json<EventJson>().id,
      late.id,
    ])
    expect(list.headers.etag).not.toBe(empty.headers.etag)
    expect((await post('listed', sale(), { 'If-Match': String(empty.headers.etag) })).status).toBe(412)
  })

  it('changes only with its current tag', async () => {
    const { id } = await create('tagged', sale())
    const tag = String((await api().get(path('tagged', `/${id}`))).headers.etag)
    const changed = await change('tagged', id, { message: 'Soon' }, tag)
    expect([changed.status, changed.json<EventJson>().message]).toEqual([200, 'Soon'])
    const late = await change('tagged', id, { message: 'Later' }, tag)
    expect([late.status, late.headers.etag]).toEqual([412, changed.headers.etag])
    for (const [method, body] of [
      ['PUT', sale()],
      ['PATCH', { message: null }],
      ['DELETE', undefined],
    ] as const) {
      expect((await api().call(method, path('tagged', `/${id}`), body)).status).toBe(428)
      const bad = await api().call(method, path('tagged', `/${id}`), body, { 'If-Match': 'x' })
      expect([bad.status, bad.json<{ title: string }>().title]).toEqual([400, 'Bad If-Match'])
    }
    expect(await get('tagged', id)).toMatchObject({ message: 'Soon' })
  })

  it('keeps other keys when it is patched, and gets their defaults when it is replaced', async () => {
    const { id } = await create('patched', sale({ message: 'Soon', total_active_users: 5, new_users_per_minute: 6 }))
    expect((await change('patched', id, { message: null })).json()).toMatchObject({
      message: null,
      total_active_users: 5,
    })
    const body = sale({ name: 'Winter sale' })
    const replaced = await api().call('PUT', path('patched', `/${id}`), body, { 'If-Match': '*' })
    expect([replaced.status, replaced.json()]).toMatchObject([
      200,
      { id, name: 'Winter sale', message: null, total_active_users: null },
    ])
    const readOnly = await change('patched', id, { phase: 'lobby' })
    expectRefused(readOnly, 400, 'phase', /"phase" is read-only: leave it out/)
    expectRefused(await change('patched', id, {}), 400, '', /at least one key/)
  })

  it('is gone after its deletion', async () => {
    const { id } = await create('removed', sale())
    const reply = await remove('removed', id)
    expect([reply.status, reply.text]).toEqual([204, ''])
    for (const again of [await remove('removed', id), await api().get(path('removed', `/${id}`))]) {
      expect([again.status, again.json<{ title: string }>().title]).toEqual([404, 'No such event'])
    }
    expect((await api().get(path('removed', `/${id}/details`))).status).toBe(404)
    expect((await api().call('POST', path('removed', `/${id}/start`))).status).toBe(404)
  })

  it('cannot be changed by operators who may only read', async () => {
    const anyone = new ApiClient(stage.workerd, {})
    expect((await anyone.get(path('created'))).status).toBe(401)
    expect((await anyone.call('POST', path('created'), sale())).status).toBe(401)
  })
})

describe('settings of an event are refused with key and remedy', () => {
  it.each([
    [{ event_start_time: 'tomorrow' }, 'event_start_time', /RFC 3339 time with its offset, such as/],
    [{ event_end_time: '2040-01-01T10:00:00' }, 'event_end_time', /RFC 3339/],
    [{ prequeue_start_time: '2040-02-30T10:00:00Z' }, 'prequeue_start_time', /RFC 3339/],
    [{ event_start_time: inHours(-1) }, 'event_start_time', /is in the past: set a future time/],
    [{ event_start_time: inHours(-2), event_end_time: inHours(-1) }, 'event_end_time', /is in the past/],
    [{ event_end_time: inHours(1) }, 'event_end_time', /at least 1 minute after/],
    [{ prequeue_start_time: inHours(2) }, 'prequeue_start_time', /at least 5 minutes before/],
    [{ shuffle_at_event_start: true }, 'shuffle_at_event_start', /needs prequeue_start_time/],
    [{ total_active_users: 5 }, 'new_users_per_minute', /go together/],
    [{ new_users_per_minute: 5 }, 'total_active_users', /go together/],
    [{ queueing_method: 'lifo' }, 'queueing_method', /one of fifo, random/],
    [{ session_timeout_seconds: 10 }, 'session_timeout_seconds', /15 to 1800/],
    [{ name: '' }, 'name', /1 to 80/],
    [{ capacity: 5 }, 'capacity', /there is no such key/],
    [{ constructor: 5 }, 'constructor', /there is no such key/],
    [{ id: 'mine' }, 'id', /read-only/],
    [{ rate_plan: [{ at: inHours(2) }] }, 'rate_plan.0.new_users_per_minute', /is missing/],
    [{ rate_plan: [{ at: inHours(2), new_users_per_minute: 1, every: 1 }] }, 'rate_plan.0.every', /no such key/],
  ])('%j', async (changes, key, remedy) => {
    expectRefused(await post('refused', sale(changes)), 400, key, remedy)
    expect((await api().get(path('refused'))).json()).toMatchObject({ events: [] })
  })

  it('all at once', async () => {
    const { problems } = (await post('refused', {})).json<{ problems: { key: string }[] }>()
    expect(problems.map(({ key }) => key)).toEqual(['name', 'event_start_time', 'event_end_time'])
  })

  it('when a session would not outlast the interval of checks', async () => {
    const reply = await post('coarse', sale({ session_timeout_seconds: 60 }))
    expectRefused(reply, 400, 'session_timeout_seconds', /must be above check_interval_seconds of the room, 60/)
    expect((await post('coarse', sale({ session_timeout_seconds: 61 }))).status).toBe(201)
  })
})

describe('two events', () => {
  it('may not overlap, the lobby included: the other one is named', async () => {
    const { id } = await create('overlap', sale({ prequeue_start_time: inHours(1) }))
    const early = sale({ name: 'Early', event_start_time: inHours(0.2), event_end_time: inHours(1.5) })
    expectRefused(await post('overlap', early), 409, 'event_start_time', /overlaps the event "Autumn sale" \(2\d\d\d-/)
    const suspended = await create('overlap', { ...early, suspended: true })
    expectRefused(await change('overlap', suspended.id, { suspended: false }), 409, 'event_start_time', /overlaps/)
    expect((await change('overlap', id, { suspended: true })).status).toBe(200)
    expect((await change('overlap', suspended.id, { suspended: false })).status).toBe(200)
    expectRefused(await change('overlap', id, { suspended: false }), 409, 'event_start_time', /"Early"/)
  })
})

describe('a promise', () => {
  it('of an open lobby: its opening stays', async () => {
    const { id } = await create('lobby', sale({ prequeue_start_time: inHours(-1) }))
    expect(await get('lobby', id)).toMatchObject({ phase: 'lobby' })
    for (const prequeue_start_time of [null, inHours(-2), inHours(1)]) {
      expectRefused(await change('lobby', id, { prequeue_start_time }), 409, 'prequeue_start_time', /has opened/)
    }
    const drawn = await change('lobby', id, { shuffle_at_event_start: true })
    expectRefused(drawn, 409, 'shuffle_at_event_start', /visitors know their positions/)
    expect((await change('lobby', id, { event_start_time: inHours(2.5) })).status).toBe(200)
    expectRefused(await change('lobby', id, { event_start_time: inHours(-0.1) }), 400, 'event_start_time', /past/)
    expect((await remove('lobby', id)).status).toBe(204)
  })

  it('of a draw: it is not turned off or deleted before, but suspended, delayed or started', async () => {
    const { id } = await create('promised', lobby())
    const off = await change('promised', id, { shuffle_at_event_start: false })
    expectRefused(off, 409, 'shuffle_at_event_start', /commitment .* is published. Suspend, delay or start/)
    expectRefused(await remove('promised', id), 409, '', /Suspend, delay or start it/)
    const replaced = await api().call('PUT', path('promised', `/${id}`), sale(), { 'If-Match': '*' })
    expectRefused(replaced, 409, 'prequeue_start_time', /the lobby has opened/)
    expect((await change('promised', id, { suspended: true })).status).toBe(200)
    expect((await change('promised', id, { suspended: false })).status).toBe(200)
    expect((await api().call('POST', path('promised', `/${id}/delay`), { minutes: 5 })).status).toBe(200)
    expect((await api().call('POST', path('promised', `/${id}/start`))).status).toBe(200)
  })

  it('of an event under way: its start and its draw stay, its end may move', async () => {
    const { id } = await create('running', lobby())
    await api().call('POST', path('running', `/${id}/start`))
    expect((await get('running', id)).phase).toMatch(/drawing|running/)
    expectRefused(await change('running', id, { event_start_time: inHours(2) }), 409, 'event_start_time', /has started/)
    const off = await change('running', id, { shuffle_at_event_start: false })
    expectRefused(off, 409, 'shuffle_at_event_start', /has started/)
    expectRefused(await change('running', id, { event_end_time: inHours(-0.1) }), 400, 'event_end_time', /in the past/)
    expect((await change('running', id, { event_end_time: inHours(4), message: 'Longer' })).status).toBe(200)
    const again = await api().call('POST', path('running', `/${id}/start`))
    expectRefused(again, 409, 'event_start_time', /has started/)
    expectRefused(
      await api().call('POST', path('running', `/${id}/delay`), { minutes: 5 }),
      409,
      'event_start_time',
      /has started/,
    )
  })
})

describe('start now', () => {
  it('moves the start and the rate plan; the lobby that has not opened goes, the end stays', async () => {
    const body = sale({ prequeue_start_time: inHours(1), rate_plan: [{ at: inHours(2.5), new_users_per_minute: 9 }] })
    const { id } = await create('started', body)
    const reply = await api().call('POST', path('started', `/${id}/start`))
    expect(reply.status).toBe(200)
    const event = reply.json<EventJson & { rate_plan: { at: string }[]; event_start_time: string }>()
    expect(event).toMatchObject({ phase: 'running', prequeue_start_time: null, event_end_time: body.event_end_time })
    expect(Math.abs(Date.parse(event.event_start_time) - Date.now())).toBeLessThan(MINUTE_MS)
    const step = Date.parse(event.rate_plan[0]?.at ?? '') - Date.parse(event.event_start_time)
    expect(Math.abs(step - HOUR_MS / 2)).toBeLessThan(1000)
  })

  it('is refused without a lobby to draw, while suspended, and over another event', async () => {
    const start = (id: string) => api().call('POST', path('started', `/${id}/start`))
    const times = { event_start_time: inHours(12), event_end_time: inHours(13) }
    const { id } = await create('started', sale({ ...times, prequeue_start_time: inHours(11) }))
    expectRefused(await start(id), 409, 'event_start_time', /overlaps the event "Autumn sale"/)
    await change('started', id, { shuffle_at_event_start: true })
    expectRefused(await start(id), 409, 'shuffle_at_event_start', /nobody to draw. Set it to false first/)
    await change('started', id, { suspended: true })
    expectRefused(await start(id), 409, 'suspended', /set it to false first/)
  })
})

describe('a delay', () => {
  it('moves lobby, start, end and rate plan; an open lobby stays', async () => {
    const body = sale({ prequeue_start_time: inHours(1), rate_plan: [{ at: inHours(2.5), new_users_per_minute: 9 }] })
    const { id } = await create('delayed', body)
    const moved = (time: string | null) => iso(Date.parse(String(time)) + 15 * MINUTE_MS)
    const delayed = await api().call('POST', path('delayed', `/${id}/delay`), { minutes: 15 })
    expect(delayed.json()).toMatchObject({
      prequeue_start_time: moved(String(body.prequeue_start_time)),
      event_start_time: moved(body.event_start_time),
      event_end_time: moved(body.event_end_time),
      rate_plan: [{ at: moved(body.rate_plan[0]?.at ?? null) }],
    })
    await remove('delayed', id)
    const open = lobby()
    const drawn = await create('delayed', open)
    expect((await api().call('POST', path('delayed', `/${drawn.id}/delay`), { minutes: 15 })).json()).toMatchObject({
      prequeue_start_time: open.prequeue_start_time,
      event_start_time: moved(open.event_start_time),
    })
  })

  it.each([{ minutes: 0 }, { minutes: 10_081 }, { minutes: 1.5 }, { minutes: '5' }, {}])(
    'is refused with %j',
    async (body) => {
      const { id } = await create('kept', sale())
      expectRefused(await api().call('POST', path('kept', `/${id}/delay`), body), 400, 'minutes', /"minutes" /)
      await remove('kept', id)
    },
  )
})

describe('a deployed event', () => {
  it('is shown in a room without visitors, with the settings in force during it', async () => {
    expect((await api().get(path('deployed'))).json()).toMatchObject({
      events: [{ id: 'gala-2040-01-01', source: 'deployed', changedBy: 'deployment', ...DEPLOYED }],
    })
    expect((await api().get(path('deployed', '/gala-2040-01-01/details'))).json()).toMatchObject({
      event: { id: 'gala-2040-01-01', phase: 'none' },
      effective: {
        total_active_users: 1,
        new_users_per_minute: 1_000_000,
        session_timeout_seconds: 600,
        queueing_method: 'fifo',
        rate_plan: [{ new_users_per_minute: 7 }],
        message: 'Welcome',
      },
      commitment: null,
      draw: null,
    })
  })

  it('changes with the tag that was read before anyone has used the room', async () => {
    const { etag } = (await api().get(path('untouched', GALA.slice(7)))).headers
    const changed = await change('untouched', 'gala-2040-01-01', { message: 'Hello' }, String(etag))
    expect([changed.status, changed.json()]).toMatchObject([200, { message: 'Hello' }])
  })

  it('is changed by operators, restored by deletion, and cannot be deleted itself', async () => {
    const changed = await api().call(
      'PATCH',
      path('redeployed', GALA.slice(7)),
      { message: 'Bienvenue' },
      { 'If-Match': '*' },
    )
    expect(changed.json()).toMatchObject({ source: 'override', message: 'Bienvenue', changedBy: 'admin' })
    await stage.workerd.restart()
    expect(await get('redeployed', 'gala-2040-01-01')).toEqual(changed.json())
    const restored = await remove('redeployed', 'gala-2040-01-01')
    expect([restored.status, restored.json()]).toMatchObject([200, { source: 'deployed', message: 'Welcome' }])
    const refused = await remove('redeployed', 'gala-2040-01-01')
    expectRefused(refused, 409, '', /part of the deployment. Set suspended = true, or remove it from wrangler.toml/)
  })
})

it('the effective settings are those of the event, then those of the room', async () => {
  await api().act('effective', 'message', { text: 'From the operators' })
  const { id } = await create(
    'effective',
    sale({ total_active_users: 5, new_users_per_minute: 6, queueing_method: 'reject', message: 'Soon' }),
  )
  expect((await api().get(path('effective', `/${id}/details`))).json()).toMatchObject({
    effective: {
      total_active_users: 5,
      new_users_per_minute: 6,
      queueing_method: 'reject',
      rate_plan: null,
      message: 'From the operators',
    },
  })
  await api().call('PATCH', '/rooms/effective/settings', { queueing_method: 'random' }, { 'If-Match': '*' })
  await change('effective', id, { queueing_method: null })
  expect((await api().get(path('effective', `/${id}/details`))).json()).toMatchObject({
    effective: { queueing_method: 'random' },
  })
})

it('every change is in the audit, with the keys that changed', async () => {
  const { id } = await create('audited', sale({ prequeue_start_time: inHours(1) }))
  await change('audited', id, { message: 'Soon', rate_plan: [{ at: inHours(2.5), new_users_per_minute: 5 }] })
  await change('audited', id, { event_end_time: inHours(-1) })
  await api().call('POST', path('audited', `/${id}/delay`), { minutes: 1 })
  await api().call('POST', path('audited', `/${id}/start`))
  await remove('audited', id)
  const { entries } = (await api().get('/rooms/audited/audit')).json<{ entries: { action: string }[] }>()
  expect(entries).toMatchObject([
    {
      action: 'event-delete',
      who: 'admin',
      before: { event: id, name: 'Autumn sale' },
      after: { event: id, name: null },
    },
    { action: 'event-start', after: { event: id, prequeue_start_time: null, event_start_time: expect.any(String) } },
    { action: 'event-delay', before: { event_end_time: expect.any(String) } },
    { action: 'event-change', before: { event: id, message: null, rate_plan: null }, after: { message: 'Soon' } },
    { action: 'event-create', before: {}, after: { event: id, name: 'Autumn sale' } },
  ])
  expect(entries).toHaveLength(5)
})
