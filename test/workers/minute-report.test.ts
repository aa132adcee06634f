import { runInDurableObject } from 'cloudflare:test'
import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import type { AlertMessage } from '../../src/alerts/message.ts'
import { eventSchema } from '../../src/settings/event-schema.ts'
import { passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

const MINUTE_MS = 60_000

const iso = (ms: number) => new Date(ms).toISOString()

/**
 * The room `alarmed` of the test settings: a rule "crowd" fires after 2 minutes with more than 3
 * waiting.
 */
const alarmed = () => new TestRoom('alarmed')

/** Simulates one minute with a tick every 10 s in which everyone is heard, and reports it. */
async function minute(room: TestRoom, numbers: number[], reports = 1): Promise<void> {
  for (let passed = 0; passed < 60; passed += 10) {
    passSeconds(10)
    await room.hear(...numbers)
    await room.tick()
  }
  for (let i = 0; i < reports; i++) await room.stub.report(Math.floor(Date.now() / MINUTE_MS) - 1)
}

async function overview(room: TestRoom) {
  const known = await room.stub.alertOverview(['crowd'])
  return { state: known?.states.crowd?.state, sent: known?.deliveries.map(({ kind }) => kind).toReversed() }
}

const present = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

describe('samples', () => {
  it('are written by each tick and count the events since the last tick', async () => {
    const room = alarmed()
    await room.join(6)
    await minute(room, present(6))
    const points = await room.stub.history(Date.now() - 2 * MINUTE_MS, Date.now() + 1, 10_000)
    expect(points).toHaveLength(6)
    expect(points[0]).toMatchObject({ samples: 1, joined: 6, admitted: 1, waiting: 5, active: 1 })
    expect(points[5]).toMatchObject({ joined: 0, admitted: 0, waiting: 5, active: 1 })
  })

  it('add up in longer steps', async () => {
    const room = alarmed()
    await room.join(6)
    await minute(room, present(6))
    await room.join(2)
    await minute(room, present(8))
    const [hour, ...rest] = await room.stub.history(Date.now() - 2 * MINUTE_MS, Date.now() + 1, 3_600_000)
    expect(rest).toEqual([])
    expect(hour).toMatchObject({ samples: 12, joined: 8, admitted: 1, waiting: 7, active: 1 })
  })

  it('are kept for 7 days', async () => {
    const room = alarmed()
    await room.join(1)
    await room.tick()
    const firstMs = Date.now()
    passSeconds(7 * 24 * 3600 - 1)
    await room.tick()
    expect(await room.stub.history(firstMs, firstMs + 1, 10_000)).toHaveLength(1)
    passSeconds(2)
    await room.join(1)
    await room.tick()
    expect(await room.stub.history(firstMs, firstMs + 1, 10_000)).toEqual([])
  })
})

describe('the report of each minute', () => {
  it('sends one message when a rule fires and one when it is resolved', async () => {
    const room = alarmed()
    await room.join(6)
    await minute(room, present(6))
    expect(await overview(room)).toEqual({ state: 'pending', sent: [] })
    await minute(room, present(6), 3)
    expect(await overview(room)).toEqual({ state: 'firing', sent: ['firing'] })
    await minute(room, present(6))
    await room.exchange({ leaves: present(6) })
    await minute(room, [], 2)
    expect(await overview(room)).toEqual({ state: 'resolved', sent: ['firing', 'resolved'] })
  })

  it('sends each sample to Analytics Engine once, even when the report is repeated', async () => {
    const room = alarmed()
    await room.join(6)
    const points: AnalyticsEngineDataPoint[] = []
    await runInDurableObject(room.stub, (object) => {
      const { env } = object as unknown as { env: Env }
      env.FIGURES = { writeDataPoint: (point) => void points.push(point ?? {}) }
    })
    await minute(room, present(6), 3)
    await minute(room, present(6), 2)
    expect(points).toHaveLength(new Set(points.map(({ doubles }) => doubles?.[0])).size)
    expect(points.length).toBeGreaterThanOrEqual(10)
    expect(points[0]).toMatchObject({ indexes: ['alarmed'], blobs: ['alarmed'] })
    expect(points[0]?.doubles?.slice(1)).toEqual([1, 1, 5, 0, 6, 1, 0, 0, 0, 0, 0, 0, 0, 0, -1, 1, 0, 0])
  })

  it('reports missed minutes later', async () => {
    const room = alarmed()
    await room.join(6)
    await minute(room, present(6))
    await minute(room, present(6), 0)
    await minute(room, present(6))
    expect(await overview(room)).toEqual({ state: 'firing', sent: ['firing'] })
  })

  it('pushes the figures of each minute once when the room has a push URL', async () => {
    const room = new TestRoom('pushed')
    await room.join(3)
    await minute(room, present(3), 2)
    await minute(room, present(3), 2)
    const deliveries = (await room.stub.alertOverview([]))?.deliveries ?? []
    expect(deliveries.map(({ kind, channel }) => [kind, channel])).toEqual([
      ['stats', 'stats-push'],
      ['stats', 'stats-push'],
    ])
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(2)
  })

  it('pushes the current minute but no idle minutes before it', async () => {
    const room = new TestRoom('pushed')
    await room.join(1)
    await minute(room, [1])
    await room.exchange({ leaves: [1] })
    await minute(room, [])
    passSeconds(3 * 3600)
    await room.join(2)
    await minute(room, [2, 3])
    const deliveries = (await room.stub.alertOverview([]))?.deliveries ?? []
    const thisMinute = Math.floor(Date.now() / MINUTE_MS) - 1
    expect(deliveries.map(({ id }) => id)).toContain(`pushed.${room.run}.${thisMinute}.stats`)
    expect(deliveries.length).toBeLessThanOrEqual(4)
  })

  it('survives an eviction between minutes', async () => {
    const room = alarmed()
    await room.join(6)
    await minute(room, present(6))
    await room.evict()
    await minute(room, present(6))
    await room.evict()
    await room.stub.report(Math.floor(Date.now() / MINUTE_MS) - 1)
    expect(await overview(room)).toEqual({ state: 'firing', sent: ['firing'] })
  })

  it('writes nothing for an empty room without active alerts', async () => {
    const room = alarmed()
    await room.join(1)
    await room.exchange({ leaves: [1] })
    await minute(room, [])
    const changes = () => room.inside(({ storage }) => storage.sql.exec('SELECT total_changes() AS n').one().n)
    await room.stub.report(Math.floor(Date.now() / MINUTE_MS) + 1)
    const before = await changes()
    await room.stub.report(Math.floor(Date.now() / MINUTE_MS) + 2)
    expect(await changes()).toBe(before)
    expect(await room.inside(({ storage }) => storage.getAlarm())).toBeNull()
  })

  it('re-arms a dead alarm', async () => {
    const room = alarmed()
    await room.join(2)
    await room.inside(({ storage }) => storage.deleteAlarm())
    passSeconds(60)
    await room.stub.report(Math.floor(Date.now() / MINUTE_MS) - 1)
    expect(await room.inside(({ storage }) => storage.getAlarm())).toBe(Date.now() + 10_000)
  })
})

describe('the queue of alert messages', () => {
  /** Collects the bodies that the queue accepts; `answer` decides the outcome of each send. */
  async function queueOf(room: TestRoom, answer: () => Promise<void>): Promise<AlertMessage[]> {
    const accepted: AlertMessage[] = []
    await runInDurableObject(room.stub, (object) => {
      const { env } = object as unknown as { env: Env }
      const sendBatch = async (batch: Iterable<{ body: unknown }>) => {
        const bodies = [...batch].map(({ body }) => body as AlertMessage)
        accepted.push(...bodies)
        await answer()
      }
      env.ALERTS = { sendBatch } as unknown as NonNullable<Env['ALERTS']>
    })
    return accepted
  }

  async function minutes(room: TestRoom, numbers: number[], count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      passSeconds(30)
      await room.hear(...numbers)
      await room.tick()
      passSeconds(30)
      await room.stub.report(Math.floor(Date.now() / MINUTE_MS) - 1)
    }
  }

  it('gets each message once while its consumer is down for an hour', async () => {
    const room = alarmed()
    const accepted = await queueOf(room, async () => {})
    await room.join(6)
    await minutes(room, present(6), 60)
    expect(accepted.map(({ kind }) => kind)).toEqual(['firing'])
    await room.exchange({ leaves: present(6) })
    await minutes(room, [], 10)
    expect(accepted.map(({ kind }) => kind)).toEqual(['firing', 'resolved'])
  })

  it('gets a message again with the next report when the send failed', async () => {
    const room = alarmed()
    let fails = true
    const accepted = await queueOf(room, async () => {
      if (fails) throw new Error('the queue is not there')
    })
    await room.join(6)
    await minutes(room, present(6), 3)
    expect(accepted).toHaveLength(2)
    fails = false
    await minutes(room, present(6), 5)
    expect(accepted).toHaveLength(3)
    expect(new Set(accepted.map(({ id }) => id)).size).toBe(1)
  })

  /** The state after an eviction between a send and its outcome. */
  const forgetOutcomes = (room: TestRoom) =>
    room.inside(({ storage }) => void storage.sql.exec('UPDATE deliveries SET queued_ms = NULL'))

  it('gets a message with an unknown outcome again once its lease is over', async () => {
    const room = alarmed()
    const accepted = await queueOf(room, async () => {})
    await room.join(6)
    await minutes(room, present(6), 2)
    expect(accepted).toHaveLength(1)
    await forgetOutcomes(room)
    await minutes(room, present(6), 1)
    expect(accepted).toHaveLength(1)
    await minutes(room, present(6), 1)
    expect(accepted).toHaveLength(2)
  })

  it('gets a message again at once when the clock was set back behind its lease', async () => {
    const room = alarmed()
    const accepted = await queueOf(room, async () => {})
    await room.join(1)
    await room.stub.testAlerts('alarmed', ['ops'])
    expect(accepted).toHaveLength(1)
    await forgetOutcomes(room)
    passSeconds(-3600)
    await room.stub.testAlerts('alarmed', ['ops'])
    expect(accepted).toHaveLength(3)
  })
})

describe('the ledger of deliveries', () => {
  async function fired(): Promise<{ room: TestRoom; id: string }> {
    const room = alarmed()
    await room.join(6)
    await minute(room, present(6))
    await minute(room, present(6))
    const { deliveries } = (await room.stub.alertOverview([])) ?? { deliveries: [] }
    return { room, id: deliveries[0]?.id ?? '' }
  }

  it('sends a message until it is delivered, and never again', async () => {
    const { room, id } = await fired()
    expect(await room.stub.beginDelivery(id, 'ops', 'receiver')).toBe('send')
    const entry = { id, channel: 'ops', attempts: 1, reason: 'HTTP 500' }
    await room.stub.recordDelivery({ ...entry, state: 'retrying' }, 'receiver')
    expect(await room.stub.beginDelivery(id, 'ops', 'receiver')).toBe('send')
    await room.stub.recordDelivery({ ...entry, state: 'delivered', reason: null }, 'receiver')
    expect(await room.stub.beginDelivery(id, 'ops', 'receiver')).toBe('done')
    await room.evict()
    expect(await room.stub.beginDelivery(id, 'ops', 'receiver')).toBe('done')
    expect(await room.stub.beginDelivery('unknown', 'ops', 'receiver')).toBe('done')
  })

  it('keeps a channel that answered 410 disabled until its receiver changes', async () => {
    const { room, id } = await fired()
    await room.stub.recordDelivery({ id, channel: 'ops', state: 'disabled', attempts: 1, reason: 'HTTP 410' }, 'old')
    const [next] = await room.stub.testAlerts('alarmed', ['ops'])
    expect(await room.stub.beginDelivery(next ?? '', 'ops', 'old')).toBe('disabled')
    expect((await room.stub.alertOverview([]))?.disabledChannels).toMatchObject([
      { channel: 'ops', reason: 'HTTP 410' },
    ])
    expect(await room.stub.beginDelivery(next ?? '', 'ops', 'new')).toBe('send')
  })
})

describe('rules about events', () => {
  const START_MS = Date.UTC(2041, 0, 1, 10)
  const END_MS = START_MS + 2 * 3_600_000

  /** Reports each minute from one time to another, as Cron does. */
  async function reportMinutes(room: TestRoom, fromMs: number, toMs: number): Promise<void> {
    for (let ms = fromMs; ms <= toMs; ms += MINUTE_MS) {
      vi.setSystemTime(ms)
      await room.stub.report(Math.floor(ms / MINUTE_MS) - 1, room.name)
    }
  }

  async function sent(room: TestRoom): Promise<AlertMessage[]> {
    const rows = await room.inside(({ storage }) =>
      storage.sql.exec('SELECT message FROM deliveries ORDER BY created_ms').toArray(),
    )
    return rows.map(({ message }) => JSON.parse(String(message)) as AlertMessage)
  }

  it('fire before the start and after the end, also in a room that nobody has visited', async () => {
    const room = new TestRoom('eventful')
    await reportMinutes(room, START_MS - 17 * MINUTE_MS, START_MS + MINUTE_MS)
    const gala = (atMs: number) => ({ event: { name: 'Gala', atMs } })
    const starting = [
      { kind: 'firing', rule: 'soon', atMs: START_MS - 15 * MINUTE_MS, value: 1, ...gala(START_MS) },
      { kind: 'resolved', rule: 'soon', atMs: START_MS, value: 0 },
    ]
    expect(await sent(room)).toMatchObject(starting)
    expect((await sent(room))[1]).not.toHaveProperty('event')
    await room.evict()
    await reportMinutes(room, END_MS - MINUTE_MS, END_MS + 16 * MINUTE_MS)
    expect(await sent(room)).toMatchObject([
      ...starting,
      { kind: 'firing', rule: 'over', atMs: END_MS, ...gala(END_MS) },
      { kind: 'resolved', rule: 'over', atMs: END_MS + 15 * MINUTE_MS },
    ])
  })

  it('are silent about a suspended event', async () => {
    const room = new TestRoom('eventful')
    const dayMs = 24 * 3_600_000
    await reportMinutes(room, START_MS + dayMs - 16 * MINUTE_MS, START_MS + dayMs + MINUTE_MS)
    expect(await sent(room)).toEqual([])
  })

  it('follow an event that operators create and delay', async () => {
    const eventful = new TestRoom('eventful', 'another')
    const startMs = Date.now() + 20 * MINUTE_MS
    const settings = { name: 'Pop-up', event_start_time: iso(startMs), event_end_time: iso(startMs + 60 * MINUTE_MS) }
    const command = { kind: 'create', settings: v.parse(eventSchema, settings), etag: null } as const
    const answer = await eventful.stub.changeEvents('eventful', command, 'ada')
    const { event } = answer as { event: { id: string } }
    await eventful.stub.changeEvents('eventful', { kind: 'delay', id: event.id, minutes: 10, etag: null }, 'ada')
    await reportMinutes(eventful, startMs - 15 * MINUTE_MS, startMs - 6 * MINUTE_MS)
    expect(await sent(eventful)).toEqual([])
    await reportMinutes(eventful, startMs - 5 * MINUTE_MS, startMs - 4 * MINUTE_MS)
    expect(await sent(eventful)).toMatchObject([{ rule: 'soon', event: { name: 'Pop-up' } }])
  })
})
