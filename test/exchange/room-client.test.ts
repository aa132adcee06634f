import { describe, expect, it } from 'vitest'
import { settle, VirtualRoom } from './virtual-room.ts'

const NO_DETAILS = { beacon: false, touched: false }

async function numbersOf(joins: Promise<{ state: string; number?: number }>[]): Promise<unknown[]> {
  return (await Promise.all(joins)).map((answer) => answer.number ?? answer.state)
}

describe('group commit', () => {
  it('calls at once when no call is under way, and batches questions that arrive during a call', async () => {
    const room = new VirtualRoom()
    room.holding = true
    const first = room.client.join(room)
    const others = [room.client.join(room), room.client.join(room), room.client.join(room)]
    await settle()
    expect(room.requests.map(({ joins }) => joins.length)).toEqual([1])
    room.release()
    await room.pass(100)
    expect(room.requests.map(({ joins }) => joins.length)).toEqual([1, 3])
    room.release()
    await room.pass(100)
    expect(await numbersOf([first, ...others])).toEqual([1, 2, 3, 4])
  })

  it('resumes each request by its own timer, never by the promise of the leading request', async () => {
    const room = new VirtualRoom()
    room.holding = true
    room.client.join(room)
    const resumed: string[] = []
    room.client.join(room).then(() => resumed.push('second'))
    room.client.join(room).then(() => resumed.push('third'))
    await room.pass(10)
    room.release()
    await room.pass(100)
    expect(room.held).toHaveLength(1)
    room.release()
    await settle()
    expect(resumed).toEqual(['second'])
    await room.pass(100)
    expect(resumed).toEqual(['second', 'third'])
  })

  it('calls again for all requests that were not answered, and gives each of them one number', async () => {
    const room = new VirtualRoom()
    room.holding = true
    const joins = [room.client.join(room), room.client.join(room), room.client.join(room)]
    await settle()
    const [lost] = room.held.splice(0)
    await room.pass(300)
    room.release()
    await room.pass(100)
    // The first call reaches the object late.
    lost?.answer(room.decide(lost.request))
    await room.pass(100)
    expect(new Set(await numbersOf(joins)).size).toBe(3)
    expect(room.line.totals.joined).toBe(3)
  })

  it('continues when the request that leads a call is cancelled', async () => {
    const room = new VirtualRoom()
    room.holding = true
    room.client.join(room)
    await settle()
    room.held.splice(0)
    await room.pass(300)
    room.holding = false
    await room.pass(2000)
    const later = room.client.join(room)
    await room.pass(1)
    expect((await later).state).not.toBe('unreachable')
  })

  it('retries a failed call with the same key', async () => {
    const room = new VirtualRoom()
    room.holding = true
    const join = room.client.join(room)
    await settle()
    // The object decided the join, but its answer was lost.
    const call = room.held.splice(0)[0]
    if (call !== undefined) room.decide(call.request)
    call?.refuse(new Error('network'))
    room.holding = false
    await room.pass(500)
    expect(await join).toMatchObject({ number: 1 })
    expect(room.line.totals).toMatchObject({ joined: 1, roomErrors: 1 })
  })

  it('keeps the order of retried joins ahead of later ones', async () => {
    const room = new VirtualRoom()
    room.holding = true
    const first = room.client.join(room)
    await room.pass(10)
    const second = room.client.join(room)
    await settle()
    room.held.splice(0)[0]?.refuse(new Error('network'))
    room.holding = false
    await room.pass(500)
    expect(await numbersOf([first, second])).toEqual([1, 2])
  })

  it('does not retry when the object is overloaded', async () => {
    const room = new VirtualRoom()
    room.holding = true
    const join = room.client.join(room)
    await settle()
    room.held[0]?.refuse(Object.assign(new Error('too much'), { overloaded: true }))
    expect(await join).toEqual({ state: 'unreachable' })
    expect(room.requests).toHaveLength(1)
  })

  it('reports the object as unreachable within 10 s', async () => {
    const room = new VirtualRoom()
    room.holding = true
    const join = room.client.join(room)
    await room.pass(10_000)
    expect(await join).toEqual({ state: 'unreachable' })
    expect(room.requests.length).toBeLessThanOrEqual(4)
  })
})

describe('cancelled requests', () => {
  it('get no number when the isolate resumes an hour later', async () => {
    const room = new VirtualRoom()
    room.holding = true
    room.client.join(room)
    room.client.join(room)
    await settle()
    room.held.splice(0)
    room.stopTimers()
    room.nowMs += 3_600_000
    room.holding = false
    const later = room.client.join(room)
    await room.pass(300)
    expect(await later).toMatchObject({ number: 1 })
    expect(room.line.totals.joined).toBe(1)
  })
})

describe('presence', () => {
  it('reaches the object within about a second, in one call for all visitors', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    const { run } = room.line
    room.client.hear(run, 1, room)
    await room.pass(600)
    room.client.hear(run, 7, room)
    await room.pass(500)
    expect(room.requests).toHaveLength(2)
    const { numbers, agesMs } = room.requests[1]?.presence ?? {}
    expect([...(numbers ?? [])]).toEqual([1, 7])
    expect([...(agesMs ?? [])]).toEqual([1000, 400])
  })

  it('is sent again with its age when the call failed', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    room.holding = true
    room.client.hear(room.line.run, 1, room)
    await room.pass(1000)
    room.held.splice(0)[0]?.refuse(new Error('network'))
    await settle()
    room.holding = false
    await room.pass(500)
    expect([...(room.requests.at(-1)?.presence.numbers ?? [])]).toEqual([1])
    expect(room.requests.at(-1)?.presence.agesMs[0]).toBe(1050)
    await room.pass(3000)
    expect(room.requests).toHaveLength(3)
  })

  it('cancels an unsent departure when the same visitor is heard again', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    room.client.depart(room.line.run, 1, room)
    room.client.hear(room.line.run, 1, room)
    await room.pass(1500)
    expect([...(room.requests.at(-1)?.departures.numbers ?? [])]).toEqual([])
    expect([...(room.requests.at(-1)?.presence.numbers ?? [])]).toEqual([1])
  })

  it('says which device left, also after a failed call', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    room.holding = true
    room.client.depart(room.line.run, 1, room, 2)
    room.client.depart(room.line.run, 5, room)
    // A device before it.
    room.client.depart(room.line.run, 1, room, 1)
    await room.pass(1000)
    expect(room.held[0]?.request).toMatchObject({ departureHolders: [2, 0] })
    room.held.splice(0)[0]?.refuse(new Error('network'))
    await settle()
    room.client.depart(room.line.run, 1, room)
    room.holding = false
    await room.pass(500)
    expect(room.requests.at(-1)).toMatchObject({ departureHolders: [2, 0] })
    expect([...(room.requests.at(-1)?.departures.numbers ?? [])]).toEqual([1, 5])
  })

  it('is flushed by another request when the one that kept the deadline was cancelled', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    const cancelled = { waitUntil: () => {} }
    const timers = room.client as unknown as { port: { after: unknown } }
    const { after } = timers.port
    timers.port.after = () => () => {}
    room.client.hear(room.line.run, 1, cancelled)
    timers.port.after = after
    await room.pass(3500)
    expect(room.requests).toHaveLength(1)
    room.client.hear(room.line.run, 2, room)
    await room.pass(1)
    expect([...(room.requests[1]?.presence.numbers ?? [])]).toEqual([1, 2])
  })
})

describe('the snapshot', () => {
  it('stays fresh for 2 s, then is fetched again', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    await room.pass(1900)
    expect(await room.client.refresh(room.line.run, room)).toBe(true)
    expect(room.requests).toHaveLength(1)
    await room.pass(200)
    expect(await room.client.refresh(room.line.run, room)).toBe(true)
    expect(room.requests).toHaveLength(2)
  })

  it('is never replaced by an older one', async () => {
    const room = new VirtualRoom()
    room.holding = true
    const slow = room.client.join(room)
    await settle()
    const [late] = room.held.splice(0)
    const lateAnswer = late && room.decide(late.request)
    await room.pass(300)
    room.release()
    await slow
    const newest = room.client.view?.snapshot.atMs
    if (lateAnswer !== undefined) late?.answer(lateAnswer)
    await settle()
    expect(room.client.view?.snapshot.atMs).toBe(newest)
  })
})

describe('a reset room', () => {
  it('makes older numbers void and does not touch the new run', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    const oldRun = room.line.run
    room.reset()
    expect(await room.client.claim(oldRun, 1, NO_DETAILS, room)).toEqual({ state: 'void' })
    expect(room.client.knownRun).toBe(oldRun + 1)
    room.client.hear(oldRun, 1, room)
    await room.pass(2000)
    expect(room.requests).toHaveLength(2)
  })

  it('is noticed when a token of a newer run arrives', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    room.reset()
    room.decide({ ...(room.requests[0] as never as object), joins: ['elsewhere'] } as never)
    expect(await room.client.claim(room.line.run, 1, NO_DETAILS, room)).toEqual({ state: 'active' })
  })
})

describe('presence after a reset', () => {
  it('is sent in time after the reports of the old run were dropped', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    const oldRun = room.line.run
    room.holding = true
    const claiming = room.client.claim(oldRun, 1, NO_DETAILS, room)
    await settle()
    room.client.hear(oldRun, 1, room)
    room.reset()
    room.release()
    room.holding = false
    await claiming
    await room.pass(1100)
    const calls = room.requests.length
    room.client.hear(room.line.run, 7, room)
    await room.pass(1100)
    expect(room.requests.slice(calls).map(({ presence }) => [...presence.numbers])).toEqual([[7]])
  })
})

describe('pacing', () => {
  it('starts the next call no sooner than the object allows', async () => {
    const room = new VirtualRoom()
    room.paceMs = 3000
    await room.client.join(room)
    const second = room.client.join(room)
    await room.pass(2900)
    expect(room.requests).toHaveLength(1)
    await room.pass(200)
    expect((await second).state).toBe('active')
    expect(room.requests).toHaveLength(2)
  })

  it.each(['hear', 'use', 'depart'] as const)(
    'reports presence in a run that it did not know yet (%s)',
    async (what) => {
      const room = new VirtualRoom({ idleTimeoutSeconds: 60 })
      await room.client.join(room)
      await room.pass(2_000)
      room.reset()
      room.line.beginCall(room.nowMs)
      expect(room.line.places.join('by another isolate')).toEqual({ state: 'active', number: 1 })
      room.client[what](room.line.run, 1, room)
      await room.pass(3_000)
      const told = room.requests.filter(({ run }) => run === room.line.run)
      const words = told.flatMap(({ presence, departures }) => [...presence.numbers, ...departures.numbers])
      expect(words).toEqual([1])
    },
  )

  it("does not wait for a call time that lies far ahead after the isolate's clock went back", async () => {
    const room = new VirtualRoom()
    room.paceMs = 3000
    await room.client.join(room)
    room.nowMs -= 3_600_000
    expect((await room.client.join(room)).state).toBe('active')
    expect(room.requests).toHaveLength(2)
  })

  it('pauses between the calls of a crowd, but not when few requests ask', async () => {
    const room = new VirtualRoom()
    await room.client.join(room)
    const crowd = Array.from({ length: 13 }, () => room.client.join(room))
    while (room.requests.length < 3) await room.pass(1)
    const next = room.client.join(room)
    await room.pass(78)
    expect(room.requests.map(({ joins }) => joins.length)).toEqual([1, 1, 12])
    await room.pass(2)
    expect(room.requests.map(({ joins }) => joins.length)).toEqual([1, 1, 12, 1])
    await room.pass(100)
    expect(new Set(await numbersOf([...crowd, next])).size).toBe(14)
    await room.client.join(room)
    expect(room.requests).toHaveLength(5)
  })
})

describe('a claim that may wait', () => {
  it('rides along with a call that another request needs', async () => {
    const room = new VirtualRoom()
    const { number } = (await room.client.join(room)) as { number: number }
    const waiting = room.client.claim(room.line.run, number, NO_DETAILS, room, true)
    await room.pass(100)
    expect(room.requests).toHaveLength(1)
    await room.client.join(room)
    await room.pass(200)
    expect(await waiting).toEqual({ state: 'active' })
    expect(room.requests.map(({ joins, claims }) => [joins.length, claims.length])).toEqual([
      [1, 0],
      [1, 1],
    ])
  })

  it('leads a call when no other request does', async () => {
    const room = new VirtualRoom()
    const { number } = (await room.client.join(room)) as { number: number }
    const waiting = room.client.claim(room.line.run, number, NO_DETAILS, room, true)
    await room.pass(249)
    expect(room.requests).toHaveLength(1)
    await room.pass(2)
    expect(await waiting).toEqual({ state: 'active' })
    expect(room.requests).toHaveLength(2)
  })
})

describe('refusals of the isolate', () => {
  it('are reported even when there is nothing else, and again when the call failed', async () => {
    const room = new VirtualRoom()
    room.holding = true
    room.client.countRefused('limited', room)
    room.client.countRefused('foreign', room, 2)
    await room.pass(1_000)
    room.held.shift()?.refuse(new Error('lost'))
    await settle()
    room.holding = false
    await room.pass(3_000)
    expect(room.line.totals).toMatchObject({ limited: 1, foreign: 2, roomErrors: 1 })
  })
})
