import { env, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { EventStore } from '../../durable-objects/event-store.ts'
import { type EventStage, NOT_BEGUN } from '../../src/settings/event-changes.ts'
import type { EventSettings } from '../../src/settings/event-schema.ts'
import { parseRooms, type RoomSettings } from '../../src/settings/rooms.ts'

const DAY_MS = 24 * 3600 * 1000
const START_MS = Date.UTC(2040, 0, 1, 10)
const iso = (ms: number) => new Date(ms).toISOString()

/** An event of an hour on a day, with a lobby of an hour before it. */
function event(day: number, changes: Record<string, unknown> = {}) {
  const startMs = START_MS + day * DAY_MS
  return {
    name: 'Sale',
    prequeue_start_time: iso(startMs - 3_600_000),
    event_start_time: iso(startMs),
    event_end_time: iso(startMs + 3_600_000),
    ...changes,
  }
}

function shop(...events: object[]): RoomSettings {
  const { rooms, problems } = parseRooms([{ name: 'shop', total_active_users: 1, new_users_per_minute: 1, events }])
  expect(problems).toEqual([])
  return rooms?.[0] as RoomSettings
}

const settings = (day: number, changes = {}): EventSettings => {
  const [parsed] = shop(event(day, changes)).events
  const { id: _, ...values } = parsed as EventSettings & { id?: string }
  return values
}

let objects = 0

/** Runs work with the storage of a fresh object. */
function withStorage<T>(work: (open: () => EventStore) => T): Promise<T> {
  const stub = env.WAITING_ROOM.getByName(`store-${objects++}`)
  return runInDurableObject(stub, (_, { storage }) =>
    work(() => {
      const store = new EventStore(storage.sql)
      store.load()
      return store
    }),
  )
}

const notBegun = () => NOT_BEGUN
const at =
  (phase: EventStage['phase'], isCommitted = false) =>
  () => ({ phase, isCommitted, isFrozen: false })
const ids = (store: EventStore) => store.all.map(({ id }) => id)

describe('a deployed event', () => {
  it('gets a secret when it is first seen, and keeps it', async () => {
    const [first, again, other] = await withStorage((open) => {
      const store = open()
      store.deploy(shop(event(1), event(2)), notBegun, START_MS)
      store.save()
      const later = open()
      later.deploy(shop(event(1, { message: 'Soon' }), event(2)), notBegun, START_MS)
      return [store.all[0]?.secret, later.all[0]?.secret, later.all[1]?.secret]
    })
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  })

  it('is overridden by an operator until the deployed one changes', async () => {
    await withStorage((open) => {
      const store = open()
      store.deploy(shop(event(1)), notBegun, START_MS)
      const [known] = store.all
      store.put({ ...(known as (typeof store.all)[0]), settings: settings(1, { message: 'Later' }), by: 'ada' })
      store.save()
      const restarted = open()
      expect(restarted.deploy(shop(event(1)), notBegun, START_MS)).toEqual([])
      expect(restarted.all).toMatchObject([{ settings: { message: 'Later' }, by: 'ada' }])
      const replaced = restarted.deploy(shop(event(1, { message: 'Soon' })), notBegun, START_MS)
      expect(replaced).toMatchObject([{ before: { message: 'Later' }, after: { message: 'Soon' } }])
      expect(restarted.all).toMatchObject([{ settings: { message: 'Soon' }, by: 'deployment' }])
    })
  })

  it('goes when it is no longer deployed, but not before a promised draw', async () => {
    await withStorage((open) => {
      const store = open()
      store.deploy(shop(event(1), event(2)), notBegun, START_MS)
      const promised = (id: string) =>
        id === store.all[0]?.id ? { ...NOT_BEGUN, phase: 'lobby', isCommitted: true } : NOT_BEGUN
      store.deploy(shop(), promised as () => EventStage, START_MS)
      expect(store.all).toMatchObject([{ id: 'sale-2040-01-02', deployed: null }])
      store.deploy(shop(), at('ended'), START_MS)
      expect(ids(store)).toEqual(['sale-2040-01-02'])
    })
  })

  it.each([
    ['turns a promised draw off', { shuffle_at_event_start: false }, at('lobby', true), /cannot be turned off/],
    [
      'moves a lobby that is open',
      { prequeue_start_time: null, shuffle_at_event_start: false },
      at('lobby'),
      /lobby has/,
    ],
    ['changes an ended event', { message: 'Again' }, at('ended'), /has ended and cannot change/],
  ])('stays as it was when a deploy %s', async (_, changes, stage, problem) => {
    await withStorage((open) => {
      const store = open()
      const draw = { id: 'sale', shuffle_at_event_start: true }
      store.deploy(shop(event(1, draw)), notBegun, START_MS)
      const before = store.all
      store.deploy(shop(event(1, { ...draw, ...changes })), stage, START_MS)
      expect(store.all).toEqual(before)
      expect(store.refused).toEqual([{ id: 'sale', problem: expect.stringMatching(problem) }])
    })
  })

  it('is not in force while it overlaps an event of an operator', async () => {
    await withStorage((open) => {
      const store = open()
      store.create(settings(1, { name: 'First' }), START_MS, 'ada')
      store.deploy(shop(event(1)), notBegun, START_MS)
      expect(store.all).toMatchObject([{ settings: { name: 'First' } }])
      expect(store.refused).toEqual([{ id: 'sale-2040-01-02', problem: expect.stringContaining('"First"') }])
      store.remove(store.all[0]?.id ?? '')
      store.deploy(shop(event(1)), notBegun, START_MS)
      expect([ids(store), store.refused]).toEqual([['sale-2040-01-02'], []])
    })
  })

  it('stays where it was when a deploy moves it onto an event of an operator', async () => {
    await withStorage((open) => {
      const store = open()
      store.deploy(shop(event(1, { id: 'sale' })), notBegun, START_MS)
      store.create(settings(2, { name: 'Other' }), START_MS, 'ada')
      store.deploy(shop(event(2, { id: 'sale' })), notBegun, START_MS)
      expect(store.refused).toMatchObject([{ problem: expect.stringContaining('"Other"') }])
      expect(store.get('sale')?.settings).toEqual(settings(1))
    })
  })

  it('may take the time that another one leaves in the same deploy', async () => {
    await withStorage((open) => {
      const store = open()
      store.deploy(shop(event(1, { id: 'a' }), event(2, { id: 'b' })), notBegun, START_MS)
      store.deploy(shop(event(2, { id: 'a' }), event(1, { id: 'b' })), notBegun, START_MS)
      expect([ids(store), store.refused]).toEqual([['b', 'a'], []])
    })
  })
})

describe("operators' events", () => {
  it('are 200 at most; a new one replaces the one that ended first', async () => {
    await withStorage((open) => {
      const store = open()
      for (let day = 0; day < 200; day++) expect(store.create(settings(day), START_MS, 'ada')).not.toBeNull()
      expect(store.create(settings(200), START_MS, 'ada')).toBeNull()
      const [oldest, second] = ids(store)
      const added = store.create(settings(200), START_MS + 1.5 * DAY_MS, 'ada')
      expect(ids(store)).toHaveLength(200)
      expect(ids(store)).not.toContain(oldest)
      expect(ids(store)).toContain(second)
      store.save()
      expect(ids(open())).toEqual(ids(store))
      expect(ids(open())).toContain(added?.id)
    })
  })

  it('are kept for 90 days after they ended', async () => {
    await withStorage((open) => {
      const store = open()
      store.create(settings(1), START_MS, 'ada')
      const endMs = Date.parse(settings(1).event_end_time)
      store.deploy(shop(), at('ended'), endMs + 90 * DAY_MS)
      expect(store.all).toHaveLength(1)
      store.deploy(shop(), at('ended'), endMs + 90 * DAY_MS + 1)
      expect(store.all).toHaveLength(0)
    })
  })

  it('have different ids and secrets, and a tag that changes with each change', async () => {
    await withStorage((open) => {
      const store = open()
      const tags = [store.tag]
      for (const day of [1, 2]) {
        store.create(settings(day), START_MS, 'ada')
        tags.push(store.tag)
      }
      const [first, second] = store.all
      expect(first?.id).toMatch(/^sale-[0-9a-f]{6}$/)
      expect(second?.id).not.toBe(first?.id)
      expect(second?.secret).not.toBe(first?.secret)
      store.put({ ...(first as (typeof store.all)[0]), settings: settings(1, { message: 'x' }) })
      expect(new Set([...tags, store.tag]).size).toBe(4)
    })
  })
})
