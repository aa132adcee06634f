/** Lanes in the real object: `skip` and `slow`, which every room has. */
import { beforeEach, describe, expect, it } from 'vitest'
import { laneNumber } from '../../src/core/lanes.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { waitingStatus } from '../../src/gate/visitor-status.ts'
import { metricsText } from '../../src/routes/metrics.ts'
import { passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

const SHOP = { name: 'shop', prefix: '/__waiting-room' }

/** 3 slots, 600 admissions a minute. */
let room: TestRoom
let keys = 0

async function joinLane(lane: string, count = 1): Promise<number[]> {
  const joins = Array.from({ length: count }, () => `lane key ${keys++}`)
  const answer = await room.exchange({ joins, joinDetails: joins.map(() => ({ lane })) })
  return answer.joins.map((join) => ('number' in join ? join.number : 0))
}

beforeEach(() => {
  room = new TestRoom('shop')
})

describe('a room with lanes', () => {
  it('admits by lane and number, the same after each loss of memory', async () => {
    await room.join(3)
    const regular = await room.join(2)
    const slow = await joinLane('slow', 2)
    const skip = await joinLane('skip', 2)
    const order: number[] = []
    for (const leaver of [1, 2, 3, ...skip]) {
      await room.evict()
      await room.exchange({ leaves: [leaver] })
      order.push(...(await room.events('admitted')))
    }
    expect(order.slice(0, 4)).toEqual([...skip, regular[0], slow[0]])
    await room.evict()
    // Neither lane begins again.
    expect(await joinLane('slow')).toEqual([(slow[1] as number) + 1])
    expect(await room.join()).toEqual([6])
  })

  it('stores nothing about lanes before the first ticket of one', async () => {
    const head = () =>
      room.inside(({ storage }) => JSON.parse(storage.sql.exec('SELECT head FROM line').one().head as string))
    await room.join(4)
    expect(await head()).not.toHaveProperty('lanes')
    await joinLane('slow')
    expect(await head()).toMatchObject({ lanes: { next: 5, opened: [{ name: 'slow' }] } })
  })

  it('reports each lane in its figures and metrics, and each ticket with its lane', async () => {
    await room.join(5)
    const [, second = 0] = await joinLane('slow', 2)
    const stats = await room.stub.stats()
    expect(stats).toMatchObject({
      waiting: 4,
      nextNumber: 6,
      lanes: [{ name: 'slow', waiting: 2, nextNumber: second + 1 }],
    })
    expect(second - (stats?.lanes?.[0]?.firstNumber ?? 0) + 1).toBe(2)
    expect(await room.stub.ticket(second)).toMatchObject({ number: second, lane: 'slow', laneNumber: 2, position: 2 })
    expect(await room.stub.ticket(5)).not.toHaveProperty('lane')
    if (stats === null) return
    const text = metricsText([stats], [['shop', 1]])
    expect(text).toContain('waiting_room_waiting_in_lane{room="shop",lane="regular"} 2\n')
    expect(text).toContain('waiting_room_waiting_in_lane{room="shop",lane="slow"} 2\n')
    const { lanes: _, ...without } = stats
    expect(metricsText([without], [['shop', 1]])).not.toContain('waiting_in_lane')
  })

  it('tells a visitor the number, the position and the people of their own lane', async () => {
    await room.join(8)
    const [number = 0] = await joinLane('slow')
    passSeconds(2)
    const { snapshot } = await room.exchange()
    const view = new SnapshotView(snapshot)
    const place = (issued: number) => waitingStatus(SHOP, view, { number: issued })
    expect(place(number)).toMatchObject({ lane: 'slow', number: laneNumber(number), position: 1, waiting: 1 })
    expect(place(8)).toMatchObject({ number: 8, position: 5, waiting: 5 })
    expect(place(8)).not.toHaveProperty('lane')
  })
})
