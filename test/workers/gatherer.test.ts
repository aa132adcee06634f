/**
 * The real gatherer and the real object of a room, in workerd. The object takes a list of isolates
 * that a gatherer heard for isolates that call.
 */
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import type { ExchangeAnswer, ExchangeRequest } from '../../src/core/exchange.ts'
import type { GathererAnswer } from '../../src/room/gatherer-object.ts'
import type { GathererNamespace } from '../../src/room/gatherers.ts'
import { aged, passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

const WINDOW_SECONDS = 12

/** 3 slots, 600 admissions a minute. */
const shop = () => new TestRoom('shop')

const gatherer = () => (env.GATHERER as unknown as GathererNamespace).getByName('shop/anywhere/0')

function request(isolate: string, run: number, changes: Partial<ExchangeRequest> = {}): ExchangeRequest {
  const none = { joins: [], claims: [], leaves: [], departures: aged([]), presence: aged([]) }
  return { room: 'shop', isolate, run, ...none, failures: 0, honoured: 0, ...changes }
}

async function gathered(isolate: string, run: number, changes: Partial<ExchangeRequest> = {}): Promise<ExchangeAnswer> {
  const answer: GathererAnswer = await gatherer().exchange(request(isolate, run, changes))
  if ('refused' in answer) throw new Error(`${answer.refused}: ${answer.message}`)
  return answer
}

/** The reason by which isolates recognise that an object aborted. */
const ABORTED = /^The room starts again from storage/

/** Isolates call the room. Returns the number of gatherers that the answer tells. */
async function crowd(room: TestRoom, isolates: number): Promise<number> {
  const heard = Uint32Array.from({ length: isolates }, (_, i) => i)
  const answer = await room.stub.exchangeAll({ room: 'shop', gatherer: 'test', requests: [], heard })
  return answer.snapshot.gatherers ?? 0
}

const numberOf = (answer: ExchangeAnswer) => answer.joins.map((join) => ('number' in join ? join.number : 0))

describe('a gatherer', () => {
  it('passes joins, claims, presence and leaves of many isolates on, in few calls', async () => {
    const room = shop()
    const first = await gathered('isolate 0', 0, { joins: ['key 0'] })
    const { run } = first
    const others = await Promise.all(
      Array.from({ length: 30 }, (_, i) => gathered(`isolate ${i + 1}`, run, { joins: [`key ${i + 1}`] })),
    )
    // The order of arrival is the order of the calls in one place.
    expect([first, ...others].flatMap(numberOf)).toEqual(Array.from({ length: 31 }, (_, i) => i + 1))
    expect(await room.stub.stats()).toMatchObject({ active: 3, waiting: 28, calls: 2, gatheredCalls: 31 })
    passSeconds(15)
    // The last visitor in line fell silent.
    const present = Array.from({ length: 30 }, (_, i) => i + 1)
    await Promise.all([
      gathered('isolate 1', run, { presence: aged(present.slice(0, 15)) }),
      gathered('isolate 2', run, { presence: aged(present.slice(15)) }),
      gathered('isolate 3', run, { leaves: [1] }),
    ])
    passSeconds(10)
    await room.tick()
    expect(await room.events('expired')).toEqual([31])
    const claims = [1, 2, 4, 5].map((number) => ({ number, beacon: false, touched: false }))
    const answer = await gathered('isolate 9', run, { claims })
    expect(answer.claims.map(({ state }) => state)).toEqual(['gone', 'active', 'active', 'waiting'])
  })

  it('gives a repeated join the same number after it was lost', async () => {
    const { run, joins } = await gathered('isolate', 0, { joins: ['key'] })
    await evictDurableObject(gatherer())
    expect((await gathered('isolate', run, { joins: ['other', 'key'] })).joins).toMatchObject([{ number: 2 }, joins[0]])
  })

  it('stores nothing and arms no alarm', async () => {
    await gathered('isolate', 0, { joins: ['key'] })
    const tables = await runInDurableObject(gatherer(), (_, { storage }) =>
      storage.sql.exec('SELECT name FROM sqlite_master').toArray(),
    )
    expect(tables).toEqual([])
    expect(await runDurableObjectAlarm(gatherer())).toBe(false)
  })

  it('answers a request for a snapshot alone without a call', async () => {
    const room = shop()
    const { run } = await gathered('isolate 1', 0, { joins: ['key'] })
    expect(await gathered('isolate 2', run)).toMatchObject({ run, joins: [], snapshot: { next: 2 } })
    expect(await room.stub.stats()).toMatchObject({ calls: 1 })
  })

  it('tells when a request makes the object abort, and goes on', async () => {
    const { run } = await gathered('isolate', 0, { joins: ['key'] })
    const broken = request('isolate', run, { claims: [null] } as unknown as Partial<ExchangeRequest>)
    const answer: GathererAnswer = await gatherer().exchange(broken)
    expect(answer).toMatchObject({ refused: 'room-failed', message: expect.stringMatching(ABORTED) })
    expect((await gathered('isolate', run, { joins: ['other'] })).joins).toMatchObject([{ number: 2 }])
  })
})

describe('a room', () => {
  it('tells its isolates to call gatherers while more than 1,000 of them call', async () => {
    const room = shop()
    await room.join()
    expect((await room.exchange()).snapshot.gatherers).toBeUndefined()
    expect(await crowd(room, 3_100)).toBe(3)
    expect((await room.exchange()).snapshot.gatherers).toBe(3)
    // Fewer isolates for a whole window.
    for (let seconds = 0; seconds < 2 * WINDOW_SECONDS + 5; seconds += 5) {
      passSeconds(5)
      await room.exchange()
    }
    expect((await room.exchange()).snapshot.gatherers).toBeUndefined()
  })

  it('keeps its gatherers when it loses its memory, as soon as one caller knows them', async () => {
    const room = shop()
    await crowd(room, 3_100)
    await room.evict()
    expect((await room.exchange({ gatherers: 3 })).snapshot.gatherers).toBe(3)
  })
})
