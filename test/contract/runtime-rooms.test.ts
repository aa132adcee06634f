/** Runtime rooms over real HTTP: the calls, and what visitors of two isolates get. */
import { describe, expect, it } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { stats } from './support/operator.ts'
import { room, useStage } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { CURL, Visitor } from './support/visitor.ts'
import { ADMIN_TOKEN } from './support/worker-config.ts'
import { Workerd } from './support/workerd.ts'

const READER = 'reader-token-of-the-contract-tests'
const stage = useStage([room('deployed', 5)], {
  twin: true,
  adminToken: `ann:${ADMIN_TOKEN},rita:${READER}:read`,
  secrets: { ALERT_SECRETS: `stats-push:whsec_${Buffer.alloc(32, 'secret').toString('base64')}` },
})
const api = () => new ApiClient(stage.workerd)

const document = (name: string, capacity: number, more: object = {}) => {
  const { name: _, ...table } = room(name, capacity, more as Readonly<Record<string, unknown>>)
  return table
}

const ANY = { 'If-Match': '*' }

async function create(name: string, capacity: number, more: object = {}): Promise<void> {
  const reply = await api().call('PUT', `/rooms/${name}`, document(name, capacity, more))
  expect([reply.status, reply.text]).toEqual([201, expect.any(String)])
}

/** The status that a program gets from each of the two isolates. */
async function seen(name: string): Promise<(number | undefined)[]> {
  const { workerd } = stage
  const replies = await Promise.all(
    [workerd, workerd.twin].map((server) => new Visitor(server, `${name}.test`, CURL).get('/echo')),
  )
  return replies.map(({ status }) => status)
}

describe('a runtime room', () => {
  it('is returned as it was written, with an ETag', async () => {
    const text = '{ "total_active_users": 1.0,\n  "new_users_per_minute": 6e2, "host": "exact.test" }'
    const created = await api().call('PUT', '/rooms/exact', text, { 'If-None-Match': '*' })
    expect([created.status, created.text]).toEqual([201, text])
    const read = await api().get('/rooms/exact')
    expect([read.status, read.text, read.headers.etag]).toEqual([200, text, created.headers.etag])
    expect(read.headers['cache-control']).toBe('no-store, no-transform')
    const settings = await api().get('/rooms/exact/settings')
    expect(settings.json<{ deployedOnly: object }>().deployedOnly).toMatchObject({
      host: 'exact.test',
      heartbeat_timeout_seconds: 20,
    })
  })

  it('is changed only with its ETag', async () => {
    const created = await api().call('PUT', '/rooms/tagged', document('tagged', 1))
    const etag = String(created.headers.etag)
    expect((await api().call('PUT', '/rooms/tagged', document('tagged', 2))).status).toBe(428)
    expect((await api().call('PATCH', '/rooms/tagged', { total_active_users: 2 })).status).toBe(428)
    const patched = await api().call('PATCH', '/rooms/tagged', { total_active_users: 2 }, { 'If-Match': etag })
    expect([patched.status, patched.json()]).toEqual([200, { ...document('tagged', 2) }])
    const late = await api().call('PUT', '/rooms/tagged', document('tagged', 3), { 'If-Match': etag })
    expect([late.status, late.headers.etag]).toEqual([412, patched.headers.etag])
    expect((await api().call('PUT', '/rooms/tagged', document('tagged', 3), { 'If-None-Match': '*' })).status).toBe(412)
    const current = { 'If-Match': String(patched.headers.etag) }
    expect((await api().call('PUT', '/rooms/tagged', document('tagged', 3), current)).status).toBe(200)
  })

  it('is refused with every problem, and with the room that it collides with', async () => {
    const bad = await api().call('PUT', '/rooms/bad', { total_active_users: 0, colour: 'red' })
    expect([bad.status, bad.json<{ problems: unknown[] }>().problems]).toEqual([
      400,
      [
        { key: 'colour', problem: 'there is no such setting' },
        { key: 'total_active_users', problem: expect.stringMatching(/^must be/) },
        { key: 'new_users_per_minute', problem: 'is missing' },
      ],
    ])
    const twin = await api().call('PUT', '/rooms/twin', document('deployed', 1))
    expect([twin.status, twin.json<{ detail: string }>().detail]).toEqual([
      409,
      '"path" "twin" and "deployed" both cover deployed.test/: give one of them another host, path or condition.',
    ])
    for (const [method, body] of [
      ['PUT', document('deployed', 9)],
      ['PATCH', {}],
      ['DELETE', undefined],
    ] as const) {
      const reply = await api().call(method, '/rooms/deployed', body, ANY)
      expect([reply.status, reply.json<{ title: string }>().title]).toEqual([409, 'The room is deployed'])
    }
    expect((await api().get('/rooms/nowhere')).status).toBe(404)
    expect((await api().call('DELETE', '/rooms/nowhere', undefined, ANY)).status).toBe(404)
  })

  it('is only checked and compared by a dry run', async () => {
    const would = await api().call('PUT', '/rooms/dry?dry_run=true', document('dry', 1))
    expect([would.status, would.json()]).toMatchObject([200, { dryRun: true, room: 'dry', action: 'create' }])
    expect((await api().get('/rooms/dry')).status).toBe(404)
    await create('dry', 1)
    const change = await api().call('PATCH', '/rooms/dry?dry_run=true', { total_active_users: 2 }, ANY)
    expect(change.json()).toMatchObject({
      action: 'change',
      changes: [{ key: 'total_active_users', before: 1, after: 2 }],
    })
    expect((await api().call('DELETE', '/rooms/dry?dry_run=true', undefined, ANY)).json()).toMatchObject({
      action: 'delete',
    })
    expect((await api().get('/rooms/dry')).json()).toMatchObject({ total_active_users: 1 })
  })

  it('takes its URL in all isolates, and gives it back', async () => {
    expect(await seen('taken')).toEqual([200, 200])
    await create('taken', 1)
    const guest = new Visitor(stage.workerd, 'taken.test', CURL)
    expect([(await guest.get('/echo')).status, guest.holds]).toEqual([200, 'pass'])
    await expect.poll(() => seen('taken')).toEqual([503, 503])
    expect((await api().call('DELETE', '/rooms/taken', undefined, ANY)).json()).toMatchObject({
      title: 'The room is in use',
      active: 1,
    })
    expect((await api().call('DELETE', '/rooms/taken?confirm=other', undefined, ANY)).status).toBe(400)
    expect((await api().call('DELETE', '/rooms/taken?confirm=taken', undefined, ANY)).status).toBe(204)
    await expect.poll(() => seen('taken')).toEqual([200, 200])
  })

  it('admits everyone in line when it drains, and is deleted when it is empty', async () => {
    await create('drained', 1)
    const [first, second] = [
      new Visitor(stage.workerd, 'drained.test', CURL),
      new Visitor(stage.workerd, 'drained.test', CURL),
    ]
    await first.get('/echo')
    await second.get('/echo')
    expect([first.holds, second.holds]).toEqual(['pass', 'ticket'])
    const draining = await api().call('DELETE', '/rooms/drained?drain=true', undefined, ANY)
    expect([draining.status, draining.json()]).toEqual([202, { room: 'drained', draining: true }])
    const late = new Visitor(stage.workerd, 'drained.test', { ...CURL, Accept: 'application/json' })
    expect((await late.get('/echo')).json()).toMatchObject({ waitingRoom: { state: 'closed' } })
    await first.leave()
    await untilStatus(200, () => second.get('/echo'))
    await second.leave()
    await untilStatus(404, () => api().get('/rooms/drained'))
    await untilStatus(200, () => late.get('/echo'))
  })

  it('survives a crash, with its line', async () => {
    await create('steady', 1)
    const guest = new Visitor(stage.workerd, 'steady.test', CURL)
    await guest.get('/echo')
    const { run } = await stats(stage.workerd, 'steady')
    await stage.workerd.restart()
    expect((await new Visitor(stage.workerd, 'steady.test', CURL).get('/echo')).status).toBe(503)
    expect(await stats(stage.workerd, 'steady')).toMatchObject({ run, active: 1, waiting: 1 })
  })

  it('is listed, measured and audited like any other', async () => {
    await create('plain', 1)
    const names = (await api().get('/rooms')).json<{ rooms: { name: string }[] }>().rooms.map(({ name }) => name)
    expect(names).toContain('plain')
    const metrics = await new Visitor(stage.workerd, 'operator.test', { Authorization: `Bearer ${ADMIN_TOKEN}` }).get(
      '/__waiting-room/metrics',
    )
    expect(metrics.text).toContain('waiting_room_up{room="plain"} 1')
    const { rooms } = (await api().get('/directory')).json<{
      rooms: { name: string; source: string; document: object }[]
    }>()
    expect(rooms[0]).toMatchObject({ name: 'deployed', source: 'deployed', document: { host: 'deployed.test' } })
    expect(rooms.find(({ name }) => name === 'plain')).toMatchObject({
      source: 'runtime',
      document: document('plain', 1),
    })
    const { entries } = (await api().get('/directory/audit')).json<{ entries: object[] }>()
    expect(entries[0]).toMatchObject({ who: 'ann', action: 'create', room: 'plain' })
  })

  it('is changed by full operators only, who alone see the address of a receiver', async () => {
    const reader = new ApiClient(stage.workerd, { Authorization: `Bearer ${READER}` })
    expect((await reader.call('PUT', '/rooms/read', document('read', 1))).status).toBe(403)
    expect((await reader.call('DELETE', '/rooms/plain', undefined, ANY)).status).toBe(403)
    const receiver = 'https://receiver.example/?secret=1'
    await create('pushed', 1, { stats_push_url: receiver })
    const hidden = { stats_push_url: 'hidden from read-only tokens' }
    expect((await api().get('/rooms/pushed')).json()).toMatchObject({ stats_push_url: receiver })
    expect((await reader.get('/rooms/pushed')).json()).toMatchObject(hidden)
    for (const path of ['/directory', '/directory/audit']) {
      expect((await api().get(path)).text).toContain(receiver)
      expect((await reader.get(path)).text).not.toContain('secret=1')
    }
  })

  it('pages its audit log by ids of up to 15 digits, as the API describes', async () => {
    for (const before of ['x', '1234567890123456']) {
      expect((await api().get(`/directory/audit?before=${before}`)).status).toBe(400)
    }
    expect((await api().get('/directory/audit?before=1')).json()).toEqual({ entries: [], next: null })
  })
})

it('without the binding DIRECTORY says what to do', async () => {
  const workerd = await Workerd.start({ rooms: [room('only', 1)], originUrl: stage.origin.url, directory: false })
  try {
    const bare = new ApiClient(workerd)
    const reply = await bare.call('PUT', '/rooms/more', document('more', 1))
    expect([reply.status, reply.json<{ detail: string }>().detail]).toEqual([501, expect.stringContaining('DIRECTORY')])
    expect((await bare.call('PUT', '/rooms/only', document('only', 1))).status).toBe(409)
    expect((await bare.get('/directory')).json()).toMatchObject({ max: 0, rooms: [{ name: 'only' }] })
    expect((await new Visitor(workerd, 'only.test', CURL).get('/echo')).status).toBe(200)
  } finally {
    await workerd.stop()
  }
})
