import { describe, expect, it } from 'vitest'
import { VirtualRoom } from './virtual-room.ts'

const GOOD = { failed: false, latencyMs: 20 }
const LOST = { failed: true, latencyMs: null }

async function joined(): Promise<VirtualRoom> {
  const room = new VirtualRoom()
  await room.client.join(room)
  return room
}

describe('outcomes of the origin', () => {
  it('ride along with presence and cause no extra calls', async () => {
    const calls: number[] = []
    for (const counts of [false, true]) {
      const room = await joined()
      for (let second = 0; second < 20; second++) {
        room.client.hear(room.line.run, 1, room)
        if (counts) room.client.countOrigin(GOOD, room)
        await room.pass(700)
        // This outcome follows after presence was sent.
        if (counts) room.client.countOrigin(LOST, room)
        await room.pass(300)
      }
      await room.pass(1000)
      calls.push(room.requests.length)
      expect(room.line.totals).toMatchObject(counts ? { originRequests: 40, originErrors: 20 } : { originRequests: 0 })
    }
    expect(calls[1]).toBe(calls[0])
  })

  it('reach the object within 5 s in one call when there is nothing else to report', async () => {
    const room = await joined()
    for (let i = 0; i < 10; i++) room.client.countOrigin(GOOD, room)
    await room.pass(4900)
    expect(room.requests).toHaveLength(1)
    await room.pass(200)
    expect(room.requests.slice(1).map(({ origin }) => origin?.requests)).toEqual([10])
    await room.pass(60_000)
    expect(room.requests).toHaveLength(2)
  })

  it('do not delay presence', async () => {
    const room = await joined()
    room.client.countOrigin(GOOD, room)
    room.client.hear(room.line.run, 1, room)
    await room.pass(1000)
    expect(room.requests[1]).toMatchObject({ origin: { requests: 1 }, presence: { numbers: Uint32Array.of(1) } })
    await room.pass(60_000)
    expect(room.requests).toHaveLength(2)
  })

  it('are sent again with later ones when the call failed', async () => {
    const room = await joined()
    room.holding = true
    room.client.countOrigin(LOST, room)
    await room.pass(5000)
    room.client.countOrigin(GOOD, room)
    room.held.splice(0)[0]?.refuse(new Error('network'))
    room.holding = false
    await room.pass(10_000)
    expect(room.requests.map(({ origin }) => origin?.requests)).toEqual([undefined, 1, 2])
    expect(room.line.totals).toMatchObject({ originRequests: 2, originErrors: 1 })
  })

  it('are counted when the room was reset meanwhile', async () => {
    const room = await joined()
    room.client.countOrigin(GOOD, room)
    room.reset()
    await room.pass(5000)
    expect(room.line.totals).toMatchObject({ originRequests: 1 })
  })
})
