/**
 * A room stays in the jurisdiction of its first use. The local runtime has no jurisdictions: an
 * object of one is played by an object of another name, which asks the object without jurisdiction.
 */
import { env, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { type Registry, RoomJurisdiction } from '../../durable-objects/room-jurisdiction.ts'
import type { WaitingRoomObject } from '../../durable-objects/waiting-room.ts'
import { type RoomNamespace, roomStub } from '../../src/room/room-clients.ts'
import { parseRooms, type RoomSettings } from '../../src/settings/rooms.ts'
import { TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

const namespace = env.WAITING_ROOM as unknown as RoomNamespace
const plain: Registry = (room) => namespace.getByName(room)

/** Takes the place of the object of `shop` in a jurisdiction. */
function placeIn(jurisdiction: string, room: TestRoom, registry: Registry): Promise<void> {
  return runInDurableObject(room.stub, (instance, state) => {
    const placed = new RoomJurisdiction(state.storage.sql, jurisdiction, registry)
    const object = instance as unknown as { jurisdiction: RoomJurisdiction; readiness: object }
    object.jurisdiction = placed
    Object.assign(object.readiness, { jurisdiction: placed })
  })
}

let error: MockInstance
beforeEach(() => {
  error = vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  error.mockRestore()
})

/** An RPC promise that only `expect` looks at counts as unhandled. */
const awaited = async (call: PromiseLike<unknown>) => await call

const refusals = () => error.mock.calls.flat().filter((line) => String(line).includes('jurisdiction_refused'))

describe('the object without jurisdiction', () => {
  it('holds a room that has none, without ever being asked', async () => {
    const room = new TestRoom('shop')
    expect(await room.join()).toEqual([1])
    expect(await room.stub.fixJurisdiction('eu')).toBe('none')
    await room.evict()
    expect(await room.stub.fixJurisdiction('us')).toBe('none')
    expect(await room.join()).toEqual([2])
  })

  it('remembers the jurisdiction of the first use, also after a restart', async () => {
    const { stub } = new TestRoom('shop')
    expect(await stub.fixJurisdiction('eu')).toBe('eu')
    expect(await stub.fixJurisdiction('us')).toBe('eu')
    await new TestRoom('shop').evict()
    expect(await stub.fixJurisdiction('us')).toBe('eu')
    expect(await stub.fixJurisdiction('eu')).toBe('eu')
  })

  it('refuses a room that was first used in a jurisdiction, with the remedy, and stores nothing of it', async () => {
    const room = new TestRoom('shop')
    await room.stub.fixJurisdiction('eu')
    await room.evict()
    const reason =
      /^room shop cannot change its jurisdiction to none: it was first used in eu, .*Set jurisdiction = eu again/
    await expect(room.join()).rejects.toThrow(reason)
    await expect(awaited(room.stub.operate('shop', { kind: 'reset' }, 'test'))).rejects.toThrow(reason)
    await expect(
      awaited(room.stub.changeEvents('shop', { kind: 'delete', id: 'x', etag: null }, 'test')),
    ).rejects.toThrow(reason)
    await expect(awaited(room.stub.testAlerts('shop', ['ops']))).rejects.toThrow(reason)
    await expect(awaited(room.stub.auditKeys('shop', { count: 1 }, 'test'))).rejects.toThrow(reason)
    await expect(awaited(room.stub.revokeAccessKey('shop', 'k'.repeat(16), false, 'test'))).rejects.toThrow(reason)
    expect(await room.stub.stats()).toBeNull()
    await room.stub.report(1)
    // Nothing made it count as used.
    expect(await room.stub.fixJurisdiction('eu')).toBe('eu')
    expect(refusals()).toHaveLength(1)
  })

  it('refuses a room whose jurisdiction is fixed while it runs', async () => {
    const room = new TestRoom('shop')
    await room.stub.stats()
    await room.stub.fixJurisdiction('eu')
    await expect(room.join()).rejects.toThrow('it was first used in eu')
  })
})

describe('an object in a jurisdiction', () => {
  const inEu = () => new TestRoom('shop', 'shop in eu')

  it('fixes the jurisdiction before its first use, and never asks again', async () => {
    const room = inEu()
    let asked = 0
    const counting: Registry = (name) => {
      asked++
      return plain(name)
    }
    await placeIn('eu', room, counting)
    expect(await Promise.all([room.join(), room.join()])).toEqual([[1], [2]])
    expect(await new TestRoom('shop').stub.fixJurisdiction('us')).toBe('eu')
    await room.join()
    await placeIn('eu', room, counting)
    expect(await room.join()).toEqual([4])
    expect(asked).toBe(1)
  })

  it('fixes it when access keys are made or revoked before anyone comes', async () => {
    const room = inEu()
    await placeIn('eu', room, plain)
    await room.stub.auditKeys('shop', { count: 1 }, 'test')
    expect(await new TestRoom('shop').stub.fixJurisdiction('us')).toBe('eu')
    const other = new TestRoom('slow', 'slow in eu')
    await placeIn('eu', other, plain)
    await other.stub.revokeAccessKey('slow', 'k'.repeat(16), false, 'test')
    expect(await new TestRoom('slow').stub.fixJurisdiction('us')).toBe('eu')
  })

  it('does not fix it when figures of the unused room are read, or a minute is reported', async () => {
    const room = inEu()
    await placeIn('eu', room, plain)
    expect(await room.stub.stats()).toBeNull()
    await room.stub.report(1, 'shop')
    expect(await new TestRoom('shop').join()).toEqual([1])
  })

  it('refuses a room that was first used elsewhere, with the remedy', async () => {
    await new TestRoom('shop').join()
    const room = inEu()
    await placeIn('eu', room, plain)
    const reason =
      /^room shop cannot change its jurisdiction to eu: it was first used without one, .*Remove jurisdiction, or give/
    await expect(room.join()).rejects.toThrow(reason)
    await expect(room.join()).rejects.toThrow(reason)
    expect(refusals()).toHaveLength(1)
    const inUs = new TestRoom('slow', 'slow in us')
    await new TestRoom('slow').stub.fixJurisdiction('eu')
    await placeIn('us', inUs, plain)
    await expect(inUs.join()).rejects.toThrow(/to us: it was first used in eu, .*Set jurisdiction = eu again/)
  })

  it('asks again after it could not ask', async () => {
    const room = inEu()
    let isReachable = false
    await placeIn('eu', room, (name) => {
      if (!isReachable) throw new Error('unreachable')
      return plain(name)
    })
    await expect(room.join()).rejects.toThrow('unreachable')
    isReachable = true
    expect(await room.join()).toEqual([1])
  })

  it('gives up a question that is not answered, and asks again', async () => {
    let asked = 0
    const hanging: Registry = () => ({
      fixJurisdiction: () => {
        asked++
        return new Promise<string>(() => {})
      },
    })
    const sql = { exec: () => ({ toArray: () => [] }) } as unknown as SqlStorage
    const placed = new RoomJurisdiction(sql, 'eu', hanging)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      for (const times of [1, 2]) {
        const given = expect(placed.settle('shop')).rejects.toThrow('does not answer')
        await vi.runAllTimersAsync()
        await given
        expect(asked).toBe(times)
      }
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('reports the events of a room that nobody has visited only once it is settled', async () => {
    const other = new TestRoom('eventful')
    await other.join()
    const room = new TestRoom('eventful', 'eventful in eu')
    await placeIn('eu', room, plain)
    await expect(awaited(room.stub.report(1, 'eventful'))).rejects.toThrow('cannot change its jurisdiction')
  })
})

describe('a room with a jurisdiction in the local runtime', () => {
  it('is in the object without', async () => {
    const table = { name: 'shop', total_active_users: 1, new_users_per_minute: 1 }
    const [room] = parseRooms([{ ...table, jurisdiction: 'eu', location_hint: 'apac-ne' }]).rooms as [RoomSettings]
    expect(await roomStub(namespace, room).stats()).toBeNull()
    await new TestRoom('shop').join()
    expect(await roomStub(namespace, room).stats()).toMatchObject({ room: 'shop' })
  })

  it('knows its own object to be in none', async () => {
    const own = await runInDurableObject<WaitingRoomObject, string | undefined>(
      new TestRoom('shop').stub as unknown as DurableObjectStub<WaitingRoomObject>,
      (_, state) => state.id.jurisdiction,
    )
    expect(own).toBeUndefined()
  })
})
