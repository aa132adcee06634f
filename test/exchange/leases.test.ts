/** Newcomers who enter with numbers that the object lent to their isolate. */
import { describe, expect, it } from 'vitest'
import { FLUSH_AFTER_MS } from '../../src/room/limits.ts'
import { VirtualRoom } from './virtual-room.ts'

/** A room with ten slots whose isolate has a lease of two numbers, 3 and 4. */
async function lentTwo(): Promise<VirtualRoom> {
  const room = new VirtualRoom({ capacity: 10, leaseBelow: 0.7, checkIntervalSeconds: 5 })
  for (let i = 0; i < 2; i++) await join(room)
  expect(room.line.lending.count).toBe(2)
  return room
}

/** A newcomer, as `visit` admits one. The number, and whether it was a lent one. */
async function join(room: VirtualRoom): Promise<readonly [number, 'lent' | 'joined']> {
  const lent = room.client.takeLent(room)
  if (lent !== null) return [lent.number, 'lent']
  const joining = room.client.join(room)
  await room.pass(0)
  return [((await joining) as { number: number }).number, 'joined']
}

const lastRequest = ({ requests }: VirtualRoom) => requests.at(-1)
const numbersOf = (numbers: Uint32Array | undefined) => [...(numbers ?? [])]

describe('an isolate with several newcomers', () => {
  it('gives each the next lent number, without a call', async () => {
    const room = await lentTwo()
    const calls = room.requests.length
    expect([await join(room), await join(room)]).toEqual([
      [3, 'lent'],
      [4, 'lent'],
    ])
    expect(room.requests).toHaveLength(calls)
    expect(await join(room)).toEqual([5, 'joined'])
  })

  it('asks for as many numbers as newcomers came within the life of a lease', async () => {
    const room = await lentTwo()
    expect(room.requests.map(({ wantsLease }) => wantsLease)).toEqual([undefined, 2])
    await join(room)
    await room.pass(FLUSH_AFTER_MS)
    expect(lastRequest(room)?.wantsLease).toBe(3)
    expect(room.line.lending.count).toBe(3)
  })

  it('reports used numbers within a second, and their age', async () => {
    const room = await lentTwo()
    await join(room)
    await room.pass(FLUSH_AFTER_MS)
    const { leased } = lastRequest(room) ?? {}
    expect([numbersOf(leased?.numbers), numbersOf(leased?.agesMs)]).toEqual([[3], [FLUSH_AFTER_MS]])
    expect(room.line.tickets.active).toBe(3)
    expect(room.line.totals).toMatchObject({ joined: 3, admitted: 3 })
  })

  it('asks for more soon after half of the numbers are used', async () => {
    const room = await lentTwo()
    await join(room)
    await join(room)
    const calls = room.requests.length
    await room.pass(100)
    expect(room.requests).toHaveLength(calls + 1)
    expect(await join(room)).toEqual([5, 'lent'])
  })

  it('reports used numbers until a call is answered', async () => {
    const room = await lentTwo()
    await join(room)
    room.isCutOff = true
    await room.pass(3_000)
    room.isCutOff = false
    await room.client.refresh(room.line.run, room)
    await room.pass(2_000)
    expect(room.requests.filter(({ leased }) => leased?.numbers.includes(3))).toHaveLength(1)
    expect(room.line.tickets.active).toBe(3)
  })

  it('reports used numbers again when a call has no answer yet', async () => {
    const room = await lentTwo()
    await join(room)
    room.holding = true
    await room.pass(FLUSH_AFTER_MS)
    room.client.hear(room.line.run, 1, room)
    await room.pass(FLUSH_AFTER_MS)
    expect(room.held.map(({ request }) => numbersOf(request.leased?.numbers))).toEqual([[3], [3]])
    room.release()
    room.release()
    expect(room.line.totals.joined).toBe(3)
  })
})

describe('a lease', () => {
  it('ends 4 s after the start of its call, and its numbers come back without another request', async () => {
    const room = await lentTwo()
    await room.pass(3_999)
    expect(room.line.lending.count).toBe(2)
    await room.pass(1)
    expect(numbersOf(lastRequest(room)?.unusedLent)).toEqual([3, 4])
    expect(room.line.lending.count).toBe(0)
    expect(room.line.totals.lentBack).toBe(2)
    expect(await join(room)).toEqual([5, 'joined'])
  })

  it('counts from the start of its call, however late the answer is', async () => {
    const room = new VirtualRoom({ capacity: 10, leaseBelow: 0.7 })
    await join(room)
    room.holding = true
    expect(room.client.takeLent(room)).toBeNull()
    void room.client.join(room)
    await room.pass(200)
    room.release()
    await room.pass(3_799)
    expect(room.client.takeLent(room)).toMatchObject({ number: 3 })
    await room.pass(1)
    expect(room.client.takeLent(room)).toBeNull()
  })

  it('ends when the clock of the isolate goes back', async () => {
    const room = await lentTwo()
    await room.pass(1_000)
    room.client.hear(room.line.run, 1, room)
    await room.pass(FLUSH_AFTER_MS)
    room.nowMs -= 60_000
    expect(room.client.takeLent(room)).toBeNull()
  })

  it('ends as soon as a snapshot says that someone waits, and its slots go to them', async () => {
    const room = await lentTwo()
    await otherVisitors(room, 7)
    expect(room.line.tickets.waiting).toBe(1)
    await room.client.refresh(room.line.run, room)
    void room.client.claim(room.line.run, 1, { beacon: false, touched: false }, room)
    await room.pass(0)
    expect(room.client.takeLent(room)).toBeNull()
    await room.pass(FLUSH_AFTER_MS)
    expect(numbersOf(lastRequest(room)?.unusedLent)).toEqual([3, 4])
    expect(room.line.tickets.waiting).toBe(0)
  })

  it.each(['paused', 'queue-all'] as const)('ends when the room is %s', async (mode) => {
    const room = await lentTwo()
    room.line.beginInternalEvent(room.nowMs)
    room.line.applyRuntimeRules({ ...room.line.rules, mode })
    void room.client.claim(room.line.run, 1, { beacon: false, touched: false }, room)
    await room.pass(0)
    expect(room.client.takeLent(room)).toBeNull()
  })

  it('of a previous run is forgotten', async () => {
    const room = await lentTwo()
    await join(room)
    room.reset()
    void room.client.claim(room.line.run - 1, 1, { beacon: false, touched: false }, room)
    await room.pass(0)
    expect(room.client.takeLent(room)).toMatchObject({ run: room.line.run, number: 1 })
    await room.pass(10_000)
    expect(room.requests.at(-1)?.run).toBe(room.line.run)
    expect(room.line.totals).toMatchObject({ joined: 1, admitted: 1 })
  })

  it('in an old answer is given back when a newer one says that someone waits', async () => {
    const room = new VirtualRoom({ capacity: 4, leaseBelow: 0.9 })
    await join(room)
    room.holding = true
    expect(room.client.takeLent(room)).toBeNull()
    void room.client.join(room)
    await room.pass(300)
    const [first, second] = room.held
    if (first === undefined || second === undefined) throw new Error('two calls were expected')
    const early = room.decide(first.request)
    expect(early.lease).toMatchObject({ count: 1 })
    await room.pass(50)
    await otherVisitors(room, 3)
    second.answer(room.decide(second.request))
    first.answer(early)
    await room.pass(0)
    expect(room.client.takeLent(room)).toBeNull()
  })
})

/** Newcomers in another isolate. */
async function otherVisitors({ line, nowMs }: VirtualRoom, count: number): Promise<void> {
  line.beginCall(nowMs)
  for (let i = 0; i < count; i++) line.places.join(`other ${i} ${line.tickets.next}`)
}
