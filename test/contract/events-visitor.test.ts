/** Events as visitors see them: the lobby, the draw, and the line after it. */
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { Lobby, NO_PLACE, statusOf, untilStatusIs } from './support/lobby.ts'
import { stats } from './support/operator.ts'
import { ranksOf } from './support/published-draw.ts'
import { room, useStage } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { CURL, type Visitor } from './support/visitor.ts'

const CAPACITY = 2
const HEX_64 = /^[0-9a-f]{64}$/

const ROOMS = [
  ...['closed-doors', 'ahead', 'delayed', 'drawn', 'ranked', 'suspended', 'skipped', 'fifo', 'sold-out'],
].map((name) => room(name, CAPACITY))
const stage = useStage([...ROOMS, room('small', CAPACITY, { max_waiting: 3 })])

/** Each enters when all before have left, and nobody beyond the capacity. */
async function expectAdmittedInOrder(visitors: readonly Visitor[]): Promise<void> {
  for (const [i, visitor] of visitors.entries()) {
    await untilStatus(200, () => visitor.get('/echo'))
    const next = visitors[i + CAPACITY]
    if (next !== undefined) expect((await next.get('/echo')).status).toBe(503)
    expect((await visitor.leave()).status).toBe(204)
  }
}

describe('the lobby of an event with a draw', () => {
  it('gives entry numbers and no positions, and admits nobody although slots are free', async () => {
    const lobby = await Lobby.open(stage.workerd, 'closed-doors')
    const visitors = await lobby.join(3)
    const { commitment } = await lobby.details()
    expect(commitment).toMatch(HEX_64)
    for (const [i, visitor] of visitors.entries()) {
      expect((await visitor.get('/echo')).status).toBe(503)
      expect(await statusOf(visitor)).toMatchObject({
        state: 'lobby',
        number: i + 1,
        ...NO_PLACE,
        event: {
          name: 'Autumn sale',
          phase: 'lobby',
          startsAt: lobby.startsAt,
          draw: true,
          entry: i + 1,
          rank: null,
          entries: null,
          commitment,
          drawUrl: '/__waiting-room/draw?room=closed-doors',
        },
      })
    }
    expect(await stats(stage.workerd, 'closed-doors')).toMatchObject({ active: 0, waiting: 3, totals: { admitted: 0 } })
    expect(stage.origin.count('/echo')).toBe(0)
  })

  it('is full at max_waiting, and says so', async () => {
    const lobby = await Lobby.open(stage.workerd, 'small')
    await lobby.join(3)
    const late = stage.visitor('small')
    expect((await late.get('/echo')).status).toBe(503)
    expect(late.token).toBeUndefined()
    const event = { phase: 'lobby', entry: null }
    expect(await statusOf(late)).toMatchObject({ state: 'full', number: null, event })
  })

  it('keeps entries and commitment over a delay, and shows the new start', async () => {
    const lobby = await Lobby.open(stage.workerd, 'delayed')
    const [visitor] = (await lobby.join(1)) as [Visitor]
    const { number, event } = await statusOf(visitor)
    const startsAt = new Date(Date.parse(lobby.startsAt) + 15 * 60_000).toISOString()
    expect((await lobby.api('/delay', { minutes: 15 })).status).toBe(200)
    const after = await untilStatusIs(visitor, (status) => status.event?.startsAt === startsAt)
    expect(after).toMatchObject({
      state: 'lobby',
      number,
      ...NO_PLACE,
      event: { ...event, startsAt, endsAt: expect.any(String), serverTime: expect.any(String) },
    })
  })
})

describe('the draw', () => {
  it('gives each entry the rank that anyone can recompute from the published record', async () => {
    const lobby = await Lobby.open(stage.workerd, 'drawn')
    const visitors = await lobby.join(8)
    const { commitment } = await lobby.details()
    await lobby.start()
    const draw = await lobby.untilDrawn()
    const ranks = ranksOf(draw)
    expect(draw).toMatchObject({ first: 1, end: 9, commitment, beacon: null, randomness: null, ahead: 0 })
    expect(ranks.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    for (const [i, visitor] of visitors.entries()) {
      const rank = ranks[i] as number
      const { ticket } = (await lobby.published(visitor)).json()
      expect(ticket).toEqual({ entry: i + 1, event: lobby.id, rank, entries: 8 })
      const status = await untilStatusIs(visitor, ({ state }) => state !== 'lobby')
      expect(status.number).toBe(rank)
      if (rank <= CAPACITY) expect(status.state).toBe('admitted')
      else {
        const event = { phase: 'running', entry: i + 1, rank, entries: 8, commitment }
        expect(status).toMatchObject({ state: 'waiting', position: rank - CAPACITY, event })
      }
    }
  })

  it('decides the order of admission, and later arrivals stand behind all entries', async () => {
    const lobby = await Lobby.open(stage.workerd, 'ranked')
    const visitors = await lobby.join(6)
    await lobby.start()
    const ranks = ranksOf(await lobby.untilDrawn())
    const late = stage.visitor('ranked')
    expect((await late.get('/echo')).status).toBe(503)
    const event = { phase: 'running', entry: null, rank: null }
    expect(await statusOf(late)).toMatchObject({ state: 'waiting', number: 7, position: 7 - CAPACITY, event })
    const byRank = visitors.map((_, i) => visitors[ranks.indexOf(i + 1)] as Visitor)
    await expectAdmittedInOrder([...byRank, late])
  })

  it('leaves visitors who waited before the lobby ahead of all entries, in their order', async () => {
    const guests = [await stage.guest('ahead'), await stage.guest('ahead')]
    const early = [stage.visitor('ahead'), stage.visitor('ahead')]
    for (const visitor of early) await visitor.get('/echo')
    const lobby = await Lobby.open(stage.workerd, 'ahead')
    const entrants = await lobby.join(3)
    for (const [i, visitor] of early.entries()) {
      const status = await untilStatusIs(visitor, ({ state }) => state === 'lobby')
      expect(status).toMatchObject({ number: i + 3, position: i + 1, event: { entry: null } })
    }
    for (const visitor of entrants) expect(await statusOf(visitor)).toMatchObject(NO_PLACE)
    await lobby.start()
    const draw = await lobby.untilDrawn()
    expect(draw).toMatchObject({ first: 5, end: 8, ahead: 2 })
    const ranks = ranksOf(draw)
    for (const [i, visitor] of entrants.entries()) {
      const place = early.length + (ranks[i] as number)
      const status = await untilStatusIs(visitor, ({ state }) => state === 'waiting')
      expect(status).toMatchObject({ position: place, startPosition: place })
    }
    for (const guest of guests) await guest.leave()
    await expectAdmittedInOrder([...early, ...entrants.map((_, i) => entrants[ranks.indexOf(i + 1)] as Visitor)])
  })
})

describe('a suspended lobby', () => {
  it('admits in order of arrival, and goes on without those admitted', async () => {
    const lobby = await Lobby.open(stage.workerd, 'suspended')
    const visitors = await lobby.join(5)
    await lobby.change({ suspended: true })
    const admitted = visitors.slice(0, CAPACITY)
    const left = visitors.slice(CAPACITY)
    for (const visitor of admitted) await untilStatus(200, () => visitor.get('/echo'))
    for (const [i, visitor] of left.entries()) {
      expect(await untilStatusIs(visitor, ({ state }) => state === 'waiting')).toMatchObject({ position: i + 1 })
    }
    await lobby.change({ suspended: false })
    for (const visitor of left) {
      const status = await untilStatusIs(visitor, ({ state }) => state === 'lobby')
      expect(status).toMatchObject({ ...NO_PLACE, event: { entry: visitor.number } })
    }
    for (const visitor of admitted) expect((await lobby.published(visitor)).json()).toMatchObject({ ticket: null })
    await lobby.start()
    const draw = await lobby.untilDrawn()
    expect(draw).toMatchObject({ first: 3, end: 6, ahead: 0 })
    expect(ranksOf(draw).toSorted()).toEqual([1, 2, 3])
  })

  it('that misses its start has no draw: the order of arrival counts', async () => {
    const lobby = await Lobby.open(stage.workerd, 'skipped')
    const visitors = await lobby.join(4)
    const startMs = Date.now() + 5_000
    await lobby.change({ suspended: true, event_start_time: new Date(startMs).toISOString() })
    await pause(startMs - Date.now())
    await lobby.change({ suspended: false })
    await expectAdmittedInOrder(visitors)
    expect(await lobby.details()).toMatchObject({ event: { phase: 'running' }, commitment: null, draw: null })
  })
})

describe('a lobby without a draw', () => {
  it('shows positions, and admits in order of arrival from the start', async () => {
    const lobby = await Lobby.open(stage.workerd, 'fifo', { shuffle_at_event_start: false })
    const visitors = await lobby.join(4)
    for (const [i, visitor] of visitors.entries()) {
      expect(await statusOf(visitor)).toMatchObject({
        state: 'lobby',
        number: i + 1,
        position: i + 1,
        event: { draw: false, entry: null, commitment: null, drawUrl: null },
      })
    }
    expect((await lobby.published()).status).toBe(404)
    await lobby.start()
    await expectAdmittedInOrder(visitors)
  })
})

it('sold out: newcomers are refused, the line is kept, and nobody is admitted until it is undone', async () => {
  const api = new ApiClient(stage.workerd)
  const guest = await stage.guest('sold-out')
  await stage.guest('sold-out')
  const [first, second] = [stage.visitor('sold-out'), stage.visitor('sold-out')]
  for (const visitor of [first, second]) expect((await visitor.get('/echo')).status).toBe(503)
  expect((await api.act('sold-out', 'sold-out', { on: true })).status).toBe(200)
  for (const visitor of [first, second]) await untilStatusIs(visitor, ({ state }) => state === 'sold-out')
  for (const newcomer of [stage.visitor('sold-out'), stage.visitor('sold-out', CURL)]) {
    expect((await newcomer.get('/echo')).status).toBe(503)
    expect(newcomer.token).toBeUndefined()
    expect(await statusOf(newcomer)).toMatchObject({ state: 'sold-out', number: null, position: null })
  }
  expect((await guest.get('/echo')).status).toBe(200)
  await guest.leave()
  expect((await first.get('/echo')).status).toBe(503)
  expect(await statusOf(first)).toMatchObject({ state: 'sold-out', number: 3, position: 1 })
  expect(await stats(stage.workerd, 'sold-out')).toMatchObject({ active: 1, waiting: 2 })
  expect((await api.act('sold-out', 'sold-out', { on: false })).status).toBe(200)
  await untilStatus(200, () => first.get('/echo'))
  expect((await second.get('/echo')).status).toBe(503)
})
