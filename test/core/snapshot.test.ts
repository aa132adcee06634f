import { describe, expect, it } from 'vitest'
import { MAX_NUMBER } from '../../src/core/limits.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { DrivenLine } from './support/driven-line.ts'

const snapshotOf = (line: DrivenLine) => takeSnapshot(line.line, line.nowMs)
const viewOf = (line: DrivenLine) => new SnapshotView(snapshotOf(line))
const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('a snapshot', () => {
  it('is full at max_waiting and when numbers have run out', () => {
    const line = new DrivenLine({ capacity: 1, maxWaiting: 2 })
    line.join(2)
    expect(snapshotOf(line).full).toBe(false)
    line.join(1)
    expect(snapshotOf(line).full).toBe(true)
    line.leave(3)
    expect(snapshotOf(line).full).toBe(false)
    line.line.tickets.next = MAX_NUMBER + 1
    expect(snapshotOf(line).full).toBe(true)
  })

  it('has no block if nobody waits', () => {
    const line = new DrivenLine()
    line.join(2)
    const snapshot = snapshotOf(line)
    expect(snapshot).toMatchObject({ head: -1, headBlock: -1, frontBlock: -1, waiting: 0 })
    expect([...snapshot.blockRuns, ...snapshot.blockCounts]).toEqual([])
    expect([...snapshot.headBits, ...snapshot.frontBits].every((byte) => byte === 0)).toBe(true)
  })

  it('has no front block if only returned tickets wait', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    line.claim(1, { beacon: true })
    for (const seconds of [10, 10, 5]) line.pass(seconds).hear([2])
    line.tick()
    line.hear([1])
    expect(line.states(1, 2)).toEqual(['waiting', 'offered'])
    expect(snapshotOf(line)).toMatchObject({ head: 1, headBlock: 0, frontBlock: -1 })
  })

  it('has one run for neighbouring blocks, each with its count less 1', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4096 + 600)
    const { blockRuns, blockCounts } = snapshotOf(line)
    // Number 0 does not exist, 1 is on the site; 4,696 is the last, in block 18.
    expect([...blockRuns]).toEqual([0, 19])
    expect([...blockCounts]).toEqual([253, ...Array.from({ length: 17 }, () => 255), 88])
  })

  it('has the start of each run across a gap', () => {
    const line = new DrivenLine({ capacity: 800 })
    line.join(2000)
    line.leave(...numbers(1024, 1535))
    const { blockRuns, blockCounts } = snapshotOf(line)
    // 801 to 1023, then 1536 to 2000.
    expect([...blockRuns]).toEqual([3, 1, 6, 2])
    expect([...blockCounts]).toEqual([222, 255, 208])
  })
})

describe('a position', () => {
  const gapped = () => {
    const line = new DrivenLine({ capacity: 800 })
    line.join(2600)
    line.leave(...numbers(1024, 1535))
    return { line, view: viewOf(line) }
  }

  it('is exact before and after a gap of whole blocks', () => {
    const { line, view } = gapped()
    for (const number of [801, 1023, 1536, 1800, 2047, 2048, 2600]) {
      expect([number, view.position(number)]).toEqual([number, line.line.tickets.waitingBefore(number) + 1])
    }
  })

  it('in a gap is behind all before it, at most one block too high', () => {
    const { view } = gapped()
    expect(view.position(1024)).toBe(224)
    expect(view.position(1300)).toBe(224 + (1300 % 256))
  })

  it('below all waiting tickets is at most the offset in its own block', () => {
    const { view } = gapped()
    expect(view.position(2)).toBe(3)
  })

  it('is behind all others for a ticket newer than the snapshot, even blocks away', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4)
    // Three wait; 5 would be the next, 300 has 295 newer ones ahead.
    expect(viewOf(line).position(5)).toBe(4)
    expect(viewOf(line).position(300)).toBe(299)
  })

  it('is 1 for a known ticket if nobody waits', () => {
    const line = new DrivenLine({ capacity: 4 })
    line.join(4)
    expect([2, 4, 5, 6].map((number) => viewOf(line).position(number))).toEqual([1, 1, 1, 2])
  })
})

describe('the wait of a room that admits nobody', () => {
  it.each(['queue-all', 'paused'] as const)('is unknown under %s, whatever was measured before', (mode) => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(30)
    for (const leaver of numbers(1, 10)) {
      line.leave(leaver)
      line.pass(2).hear(numbers(leaver + 1, 30))
    }
    expect(viewOf(line).estimate(5)).not.toBeNull()
    line.operate((core) => core.applyRuntimeRules({ ...core.rules, mode }))
    expect(viewOf(line).estimate(5)).toBeNull()
  })
})
