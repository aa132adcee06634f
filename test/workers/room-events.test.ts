/** Events in a room's object, with a clock that the test controls. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { EventCommand, EventView } from '../../src/room/room-events.ts'
import { type EventSettings, eventSchema } from '../../src/settings/event-schema.ts'
import { passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

const HOUR = 3600

type OmitTag<C> = C extends unknown ? Omit<C, 'etag'> : never

const shop = () => new TestRoom('shop')
const iso = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

function send(room: TestRoom, command: OmitTag<EventCommand>) {
  return room.stub.changeEvents(room.name, { etag: null, ...command } as EventCommand, 'ada')
}

/** An event that starts in two hours and takes one, with a lobby an hour before. */
async function create(room: TestRoom, changes: Partial<EventSettings> = {}): Promise<EventView> {
  const answer = await send(room, {
    kind: 'create',
    settings: v.parse(eventSchema, {
      name: 'Sale',
      prequeue_start_time: iso(HOUR),
      event_start_time: iso(2 * HOUR),
      event_end_time: iso(3 * HOUR),
      ...changes,
    }),
  })
  expect(answer).toMatchObject({ state: 'done' })
  return (answer as { event: EventView }).event
}

async function phase(room: TestRoom): Promise<string | undefined> {
  // The line learns the time from its own events.
  await room.exchange()
  return (await room.stub.events(room.name)).events[0]?.phase
}

describe('an event', () => {
  it('goes through its phases, also when memory is lost in between', async () => {
    const room = shop()
    await create(room)
    const phases = [await phase(room)]
    for (const seconds of [HOUR - 1, 1, HOUR - 1, 1, HOUR - 1, 1]) {
      passSeconds(seconds)
      await room.evict()
      phases.push(await phase(room))
    }
    expect(phases).toEqual(['none', 'none', 'lobby', 'lobby', 'running', 'running', 'ended'])
  })

  it('has no phase while it is suspended', async () => {
    const room = shop()
    const { id } = await create(room)
    await send(room, { kind: 'change', id, patch: { suspended: true } })
    passSeconds(1.5 * HOUR)
    expect(await phase(room)).toBe('none')
    await send(room, { kind: 'change', id, patch: { suspended: false } })
    expect(await phase(room)).toBe('lobby')
  })

  it('cannot change once it has ended, but can be deleted', async () => {
    const room = shop()
    const { id } = await create(room, { shuffle_at_event_start: true })
    passSeconds(4 * HOUR)
    await room.exchange()
    for (const command of [
      { kind: 'change', id, patch: { event_end_time: iso(HOUR) } },
      { kind: 'delay', id, minutes: 600 },
      { kind: 'start', id },
    ] as const) {
      const answer = await send(room, command)
      expect(answer).toMatchObject({
        why: 'conflict',
        problems: [{ key: '', problem: expect.stringMatching(/has ended/) }],
      })
    }
    expect(await send(room, { kind: 'delete', id })).toEqual({ state: 'done', event: null })
  })

  it('whose draw was made cannot get another start by being suspended', async () => {
    const room = shop()
    const { id } = await create(room, { shuffle_at_event_start: true })
    passSeconds(2.5 * HOUR)
    await send(room, { kind: 'change', id, patch: { suspended: true } })
    for (const command of [
      { kind: 'change', id, patch: { event_start_time: iso(0.2 * HOUR) } },
      { kind: 'delay', id, minutes: 60 },
    ] as const) {
      expect(await send(room, command)).toMatchObject({
        why: 'conflict',
        problems: [{ key: 'event_start_time', problem: expect.stringContaining('drawn') }],
      })
    }
    const resumed = await send(room, { kind: 'change', id, patch: { suspended: false } })
    expect(resumed).toMatchObject({ state: 'done', event: { phase: 'running' } })
  })

  it('refuses a start in the past while the lobby is open', async () => {
    const room = shop()
    const { id } = await create(room)
    passSeconds(1.5 * HOUR)
    expect(await send(room, { kind: 'change', id, patch: { event_start_time: iso(-1) } })).toMatchObject({
      why: 'invalid',
      problems: [{ key: 'event_start_time', problem: expect.stringContaining('past') }],
    })
  })

  it('that an operator started may have had a short lobby, and still changes', async () => {
    const room = shop()
    const { id } = await create(room, { shuffle_at_event_start: true })
    passSeconds(HOUR + 60)
    await room.exchange()
    expect(await send(room, { kind: 'start', id })).toMatchObject({ state: 'done' })
    expect(await send(room, { kind: 'change', id, patch: { message: 'Open' } })).toMatchObject({ state: 'done' })
  })
})

it('reading the events of a room that was never used stores nothing', async () => {
  const room = shop()
  expect(await room.stub.events(room.name)).toMatchObject({ events: [], refused: [] })
  const tables = await room.inside(({ storage }) => storage.sql.exec(`SELECT name FROM sqlite_master`).toArray())
  expect(tables.filter(({ name }) => !String(name).startsWith('_cf'))).toEqual([])
})

it('a secret never leaves the object', async () => {
  const room = shop()
  const { id } = await create(room, { shuffle_at_event_start: true })
  const [row] = await room.inside(({ storage }) => storage.sql.exec('SELECT secret FROM events').toArray())
  const known = JSON.stringify([
    await room.stub.events(room.name),
    await room.stub.eventDetails(room.name, id),
    await room.stub.audit(Number.MAX_SAFE_INTEGER, 10),
    await send(room, { kind: 'delay', id, minutes: 1 }),
  ])
  expect(String(row?.secret)).toMatch(/^[0-9a-f]{64}$/)
  expect(known).not.toContain(String(row?.secret))
})

it('stores a draw that begins with a refused command', async () => {
  const room = shop()
  await create(room, { shuffle_at_event_start: true })
  passSeconds(HOUR)
  const { joins } = await room.exchange({ joins: ['a', 'b', 'c', 'd', 'e'] })
  expect(joins).toHaveLength(5)
  passSeconds(HOUR)
  expect(await room.stub.operate(room.name, { kind: 'revoke', number: 99 }, 'ada')).toMatchObject({ state: 'refused' })
  passSeconds(1)
  await room.evict()
  const { snapshot } = await room.exchange()
  expect(snapshot.draws).toEqual([expect.objectContaining({ first: 1, end: 6, drawnAtMs: Date.now() - 1000 })])
})

describe('the alarm', () => {
  const alarm = (room: TestRoom) => room.inside(({ storage }) => storage.getAlarm())

  it('is armed for the borders of an event alone while the room is empty', async () => {
    const room = shop()
    const createdMs = Date.now()
    await create(room)
    const alarms = []
    for (let hour = 1; hour <= 3; hour++) {
      alarms.push(await alarm(room))
      passSeconds(HOUR)
      await room.tick()
    }
    expect(alarms).toEqual([1, 2, 3].map((hour) => createdMs + hour * HOUR * 1000))
    expect(await alarm(room)).toBeNull()
  })

  it('is armed for a border that comes before the next tick', async () => {
    const room = shop()
    const startMs = Date.now() + 2 * HOUR * 1000
    await create(room)
    passSeconds(2 * HOUR - 3)
    await room.join()
    expect(await alarm(room)).toBe(startMs)
    passSeconds(3)
    await room.tick()
    expect(await phase(room)).toBe('running')
  })
})

it('finds and revokes a drawn ticket by its entry number, which its visitor knows', async () => {
  const room = shop()
  await create(room, { shuffle_at_event_start: true })
  passSeconds(HOUR)
  const entries = await room.join(5)
  passSeconds(HOUR)
  await room.hear(...entries)
  for (const number of entries.slice(0, 2)) {
    expect(await room.stub.operate(room.name, { kind: 'revoke', number }, 'ada')).toMatchObject({ result: { number } })
    const report = await room.stub.ticket(number)
    expect(report).toMatchObject({ number, state: 'gone', ended: 'revoked' })
    expect(new Set(report?.events.map((entry) => entry.number))).toEqual(new Set([number]))
    expect(await room.claim(number)).toBe('gone')
  }
  const alive = await Promise.all(entries.slice(2).map((number) => room.stub.ticket(number)))
  expect(alive.map((report) => report?.state === 'gone')).toEqual([false, false, false])
})
