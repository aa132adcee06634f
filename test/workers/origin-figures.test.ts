import { describe, expect, it } from 'vitest'
import { passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

const MINUTE_MS = 60_000

/**
 * The room `watched` of the test settings: a rule "failing" fires after 2 minutes with more than
 * 20% errors.
 */
const watched = () => new TestRoom('watched')

const origin = (requests: number, errors: number) => ({
  origin: { requests, errors, latency: { counts: [0, 0, requests], sumMs: 200 * requests } },
})

/** Simulates one minute in which the origin behaves like this every 10 s, and reports it. */
async function minute(room: TestRoom, requests: number, errors: number, rule = 'failing'): Promise<string | undefined> {
  for (let passed = 0; passed < 60; passed += 10) {
    passSeconds(10)
    await room.exchange(origin(requests, errors))
    await room.hear(1)
    await room.tick()
  }
  await room.stub.report(Math.floor(Date.now() / MINUTE_MS) - 1)
  return (await room.stub.alertOverview([rule]))?.states[rule]?.state
}

/** Leaves the storage as a version without these figures did. */
const asBefore = (room: TestRoom) =>
  room.inside(({ storage }) => {
    for (const column of ['requests', 'errors', 'latency_p90_ms']) {
      storage.sql.exec(`ALTER TABLE samples DROP COLUMN origin_${column}`)
    }
    storage.sql.exec('ALTER TABLE samples DROP COLUMN admission_factor')
    storage.sql.exec('DELETE FROM migrations WHERE number IN (3, 5)')
    const head = JSON.parse(storage.sql.exec('SELECT head FROM line').one().head as string)
    delete head.originLatency
    delete head.originGuard
    for (const totals of [head.totals, head.sampled]) {
      delete totals.originRequests
      delete totals.originErrors
    }
    storage.sql.exec('UPDATE line SET head = ?', JSON.stringify(head))
  })

const history = (room: TestRoom) => room.stub.history(Date.now() - 2 * MINUTE_MS, Date.now() + 1, 3_600_000)

describe("the origin's figures of a room", () => {
  it('are in the samples and totals, and add up in the history', async () => {
    const room = watched()
    await room.join(1)
    await minute(room, 10, 1)
    expect(await history(room)).toMatchObject([{ originRequests: 60, originErrors: 6, originLatencyMsP90: 190 }])
    await room.evict()
    expect(await room.stub.stats()).toMatchObject({
      totals: { originRequests: 60, originErrors: 6 },
      originLatency: { counts: [0, 0, 60, ...new Array(13).fill(0)], sumMs: 12_000 },
    })
  })

  it('are reported for the last two minutes and the minutes before', async () => {
    const room = watched()
    await room.join(1)
    expect((await room.stub.stats())?.recentSite.recent).toEqual({ requests: 0, errors: 0, latencyMsP90: null })
    for (let i = 0; i < 3; i++) await minute(room, 10, 0)
    await minute(room, 10, 4)
    expect((await room.stub.stats())?.recentSite).toEqual({
      recent: { requests: 120, errors: 24, latencyMsP90: 190 },
      before: { requests: 120, errors: 0, latencyMsP90: 190 },
    })
    passSeconds(3_600)
    expect((await room.stub.stats())?.recentSite.recent.requests).toBe(0)
  })

  it('send an alert when the site fails for long enough, and when it recovers', async () => {
    const room = watched()
    await room.join(1)
    expect(await minute(room, 10, 2)).toBe('ok')
    expect(await minute(room, 10, 3)).toBe('pending')
    expect(await minute(room, 10, 3)).toBe('firing')
    expect(await minute(room, 0, 0)).toBe('firing')
    expect(await minute(room, 10, 0)).toBe('resolved')
    const { deliveries } = (await room.stub.alertOverview([])) ?? { deliveries: [] }
    expect(deliveries.map(({ kind }) => kind).toSorted()).toEqual(['firing', 'resolved'])
  })

  it('start at 0 after an upgrade, which keeps older samples', async () => {
    const room = watched()
    await room.join(1)
    await minute(room, 0, 0)
    await asBefore(room)
    await room.evict()
    expect(await room.stub.stats()).toMatchObject({ totals: { joined: 1, originRequests: 0, originErrors: 0 } })
    passSeconds(10)
    await room.exchange(origin(3, 1))
    await room.tick()
    expect(await history(room)).toMatchObject([{ samples: 7, joined: 1, originRequests: 3, originErrors: 1 }])
  })
})

describe('the origin guard of a room', () => {
  const guarded = () => new TestRoom('guarded')
  const factor = async (room: TestRoom) => (await room.stub.stats())?.admissionFactor

  it('stops admission while the site fails, even after an eviction, and sends an alert', async () => {
    const room = guarded()
    await room.join(1)
    expect(await minute(room, 20, 0, 'slowed')).toBe('ok')
    expect(await minute(room, 20, 10, 'slowed')).toBe('firing')
    expect(await factor(room)).toBe(0)
    await room.evict()
    expect(await factor(room)).toBe(0)
    const { joins, snapshot } = await room.exchange({ joins: ['late'] })
    expect([joins[0]?.state, snapshot.active, snapshot.capacity]).toEqual(['waiting', 1, 3])
    expect(snapshot).toMatchObject({ ratePerMinute: 0, admissionFactor: 0 })
    expect(await history(room)).toMatchObject([{ admissionFactor: 0 }])
  })

  it('resumes admission step by step once the site recovers, and resolves the alert', async () => {
    const room = guarded()
    await room.join(1)
    await minute(room, 20, 10, 'slowed')
    const { joins } = await room.exchange({ joins: ['late'] })
    expect(joins[0]?.state).toBe('waiting')
    passSeconds(10)
    await room.hear(1, 2)
    await room.tick()
    expect(await factor(room)).toBe(0.1)
    passSeconds(2)
    await room.hear(1, 2)
    expect(await room.events('admitted')).toEqual([1, 2])
    await minute(room, 20, 0, 'slowed')
    expect(await minute(room, 20, 0, 'slowed')).toBe('firing')
    expect(await minute(room, 20, 0, 'slowed')).toBe('resolved')
    expect(await factor(room)).toBe(1)
  })
})
