/** Which gatherers an isolate knows and finds. */
import { describe, expect, it } from 'vitest'
import { asksOnlyForSnapshot } from '../../src/core/gathered.ts'
import { type GathererNamespace, Gatherers } from '../../src/room/gatherers.ts'
import type { RoomSettings } from '../../src/settings/rooms.ts'
import { VirtualRoom } from './virtual-room.ts'

/** The name and options of each stub that was made. */
function namespaceOf(made: unknown[], jurisdiction?: string): GathererNamespace {
  const namespace = {
    jurisdiction: (name: string) => namespaceOf(made, name),
    idFromName: (name: string) => name,
    get: (id: string, options: object) => made.push({ id, ...options, ...(jurisdiction && { jurisdiction }) }),
  }
  return namespace as unknown as GathererNamespace
}

const room = (jurisdiction?: string) => ({ name: 'shop', jurisdiction }) as RoomSettings

describe('the gatherers of an isolate', () => {
  it.each([
    ['EU', 'weur'],
    ['NA', 'enam'],
    ['SA', 'sam'],
    ['AS', 'apac'],
    ['AF', 'afr'],
    ['OC', 'oc'],
  ])('are near visitors from %s', (continent, locationHint) => {
    const made: unknown[] = []
    const gatherers = new Gatherers(namespaceOf(made))
    gatherers.noteContinent(continent)
    gatherers.stub(room(), 3)
    expect(made).toEqual([{ id: `shop/${locationHint}/3`, locationHint }])
  })

  it.each([undefined, 'AN', 'T1', 7])('are anywhere while the continent is %s', (continent) => {
    const made: unknown[] = []
    const gatherers = new Gatherers(namespaceOf(made))
    gatherers.noteContinent(continent)
    gatherers.stub(room(), 0)
    expect(gatherers.needsContinent).toBe(true)
    gatherers.noteContinent('EU')
    expect(gatherers.needsContinent).toBe(false)
    gatherers.noteContinent('NA')
    gatherers.stub(room(), 0)
    expect(made).toEqual([{ id: 'shop/anywhere/0' }, { id: 'shop/weur/0', locationHint: 'weur' }])
  })

  it('are in the jurisdiction of the room, wherever its visitors are', () => {
    const made: unknown[] = []
    const gatherers = new Gatherers(namespaceOf(made))
    gatherers.noteContinent('NA')
    gatherers.stub(room('eu'), 1)
    expect(made).toEqual([{ id: 'shop/anywhere/1', jurisdiction: 'eu' }])
  })
})

describe('a call of an isolate', () => {
  it('states the number of gatherers that the isolate knows', async () => {
    const virtual = new VirtualRoom()
    const joining = virtual.client.join(virtual)
    await virtual.pass(0)
    const { run, number } = (await joining) as { run: number; number: number }
    // Nothing else changes, not even the time.
    virtual.gatherers = 3
    for (let i = 0; i < 2; i++) {
      const claiming = virtual.client.claim(run, number, { beacon: false, touched: false }, virtual)
      await virtual.pass(0)
      await claiming
    }
    expect(virtual.requests.map(({ gatherers }) => gatherers)).toEqual([undefined, undefined, 3])
  })

  it('for a snapshot carries counts every 30 s only, so that a gatherer can answer it from its copy', async () => {
    const virtual = new VirtualRoom()
    virtual.gatherers = 1
    const carried: number[] = []
    for (let second = 0; second < 62; second++) {
      virtual.client.countCheck('fullAnswers')
      const refreshing = virtual.client.refresh(virtual.line.run, virtual)
      await virtual.pass(1_000)
      await refreshing
    }
    for (const request of virtual.requests) if (!asksOnlyForSnapshot(request)) carried.push(request.fullAnswers ?? 0)
    expect(virtual.requests.length).toBeGreaterThan(20)
    expect(carried.length).toBeLessThan(4)
    expect(carried.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(59)
  })

  it('uses the number in a recent token until the first answer', async () => {
    const virtual = new VirtualRoom()
    const seenSeconds = Math.floor(virtual.nowMs / 1000)
    virtual.client.learnGatherers({ gatherers: 5, seenSeconds: seenSeconds - 60 })
    // Older tokens, and tokens without a number, change nothing.
    virtual.client.learnGatherers({ gatherers: 9, seenSeconds: seenSeconds - 24 * 3600 })
    virtual.client.learnGatherers({ seenSeconds })
    for (let i = 0; i < 2; i++) {
      const joining = virtual.client.join(virtual)
      await virtual.pass(0)
      await joining
      virtual.client.learnGatherers({ gatherers: 7, seenSeconds })
    }
    expect(virtual.requests.map(({ gatherers }) => gatherers)).toEqual([5, undefined])
  })

  it('uses the number in the cache of its location, unless a token states one', async () => {
    for (const { told, hintMs, gatherers } of [
      { told: 0, hintMs: 5, gatherers: 4 },
      { told: 5, hintMs: 5, gatherers: 5 },
      // A cache that takes too long is not waited for.
      { told: 0, hintMs: 5_000, gatherers: undefined },
    ]) {
      const virtual = new VirtualRoom()
      Object.assign(virtual, { hinted: 4, hintMs })
      virtual.client.learnGatherers({ gatherers: told, seenSeconds: virtual.nowMs / 1000 })
      const joining = virtual.client.join(virtual)
      await virtual.pass(100)
      await joining
      expect(virtual.requests.map((request) => request.gatherers)).toEqual([gatherers])
    }
  })

  it('sends numbers with their own run, even if it learns of a newer one meanwhile', async () => {
    const virtual = new VirtualRoom()
    Object.assign(virtual, { hinted: 4, hintMs: 20 })
    const [older, newer] = [virtual.line.run - 1, virtual.line.run]
    const leaving = virtual.client.leave(older, 7, virtual)
    await virtual.pass(5)
    virtual.client.hear(newer, 9, virtual)
    await virtual.pass(100)
    await leaving
    const [first] = virtual.requests
    expect([first?.run, first?.leaves?.length]).toEqual([older, 1])
  })

  it('puts the number into that cache now and then while there are gatherers', async () => {
    const virtual = new VirtualRoom()
    const written = async (gatherers: number, seconds: number) => {
      virtual.gatherers = gatherers
      for (let second = 0; second < seconds; second++) {
        await virtual.pass(1_000)
        const joining = virtual.client.join(virtual)
        await virtual.pass(0)
        await joining
      }
      return virtual.hintsWritten.splice(0)
    }
    expect(await written(0, 100)).toEqual([])
    expect(await written(2, 50)).toEqual([2, 2])
  })

  it('reports a token of a newer run until an answer is of that run', async () => {
    const virtual = new VirtualRoom()
    const joining = virtual.client.join(virtual)
    await virtual.pass(10)
    const { run } = (await joining) as { run: number }
    const newer = virtual.client.refresh(run + 1, virtual)
    await virtual.pass(10)
    await newer
    virtual.reset()
    const newest = virtual.client.refresh(run + 1, virtual)
    await virtual.pass(10)
    await newest
    const after = virtual.client.join(virtual)
    await virtual.pass(10)
    await after
    expect(virtual.requests.map(({ needsRun }) => needsRun)).toEqual([undefined, run + 1, run + 1, undefined])
  })
})
