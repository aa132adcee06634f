/** Isolates read the figures of each lane from a snapshot, older versions too. */
import { describe, expect, it } from 'vitest'
import { type LaneRule, laneNumber } from '../../src/core/lanes.ts'
import { SnapshotCache, takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { DrivenLine, keepPolling } from './support/driven-line.ts'

const LANES: LaneRule[] = [
  { name: 'members', weight: 30, first: false },
  { name: 'sponsors', weight: 0, first: true },
]

function lineOf(joins: readonly (readonly [string, number])[]) {
  const line = new DrivenLine({ capacity: 1, ratePerMinute: 60, lanes: LANES })
  line.join()
  const numbers = joins.map(([lane, count]) => line.joinLane(lane, count))
  return { line, numbers, view: new SnapshotView(takeSnapshot(line.line, line.nowMs)) }
}

describe('a snapshot of a room with lanes', () => {
  it('has the position, the people in line and the name of each lane', () => {
    const { view, numbers } = lineOf([
      ['regular', 600],
      ['members', 300],
      ['sponsors', 2],
    ])
    const [regular = [], members = [], sponsors = []] = numbers
    expect([regular, members, sponsors].map((each) => view.position(each.at(-1) as number))).toEqual([600, 300, 2])
    const lanes = [regular, members, sponsors].map((each) => view.laneOf(each[0] as number))
    expect(lanes.map((lane) => view.waitingIn(lane))).toEqual([600, 300, 2])
    expect(lanes.map((lane) => view.laneName(lane))).toEqual([null, 'members', 'sponsors'])
    expect(view.snapshot.waiting).toBe(902)
    expect(view.nextRegular).toBe(602)
  })

  it('knows a new lane by its numbers before the lane is in it', () => {
    const { view, line } = lineOf([['regular', 3]])
    const numbers = line.joinLane('members', 4)
    expect(numbers.map((number) => view.position(number))).toEqual([1, 2, 3, 4])
    expect(numbers.map((number) => view.isBelowFrontier(number))).toEqual([false, false, false, false])
    expect(view.laneName(view.laneOf(numbers[0] as number))).toBeNull()
  })

  it('is taken anew for an admission in a lane, and for the first ticket of a lane', () => {
    const { line } = lineOf([['regular', 2]])
    const cache = new SnapshotCache()
    expect(cache.get(line.line, line.nowMs).lanes).toBeUndefined()
    const [sponsor = 0] = line.joinLane('sponsors')
    line.joinLane('members', 500)
    expect(cache.get(line.line, line.nowMs).lanes?.map(({ name }) => name)).toEqual(['regular', 'sponsors', 'members'])
    line.pass(5).leave(1)
    expect(line.state(sponsor)).toBe('offered')
    const view = new SnapshotView(cache.get(line.line, line.nowMs))
    expect(view.isBelowFrontier(sponsor)).toBe(true)
  })

  it('estimates a wait from the people who will go before, of all lanes', () => {
    const { line, view } = lineOf([
      ['regular', 60],
      ['members', 60],
      ['sponsors', 12],
    ])
    const rates = { admittedPerMinute: 60, observedAdmissions: 100, ratePerMinute: 60 }
    const steady = new SnapshotView({ ...view.snapshot, ...rates })
    const [regular, members, sponsors] = line.line.numbers.opened.map((index) => steady.estimate(10, index))
    // 12 sponsors, then 30 members per 10 of the regular line.
    expect(regular?.likelySeconds).toBe(12 + 10 + 30)
    expect(members?.likelySeconds).toBe(12 + 10 + 3)
    expect(sponsors?.likelySeconds).toBe(10)
    // No more members than there are go before.
    expect(steady.estimate(40)?.likelySeconds).toBe(12 + 40 + 60)
  })

  it('is understood by an older isolate: every ticket of a lane waits behind the regular line', () => {
    const { line } = lineOf([
      ['regular', 300],
      ['members', 300],
    ])
    const regular = line.line.numbers.of(0)
    keepPolling(line, [1], 10)
    const { lanes, ...old } = takeSnapshot(line.line, line.nowMs)
    const members = lanes?.[1]?.head ?? 0
    // The reading of the version before: one line, ordered by number.
    expect(old.frontier).toBe(regular.frontier)
    expect(members).toBeGreaterThanOrEqual(old.frontier)
    expect(members).toBeLessThan(old.next)
    expect(old.waiting).toBe(600)
    expect(laneNumber(members)).toBe(1)
  })
})
