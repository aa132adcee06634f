import { describe, expect, it } from 'vitest'
import { MAX_NUMBER } from '../../src/core/limits.ts'
import { SnapshotView, takeSnapshot } from '../../src/core/snapshot.ts'
import { DrivenLine } from './support/driven-line.ts'

const snapshotOf = (line: DrivenLine) => takeSnapshot(line.line, line.nowMs)
const viewOf = (line: DrivenLine) => new SnapshotView(snapshotOf(line))
const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe('a snapshot', () => {
  it('is full from the moment on that as many wait as may, or that numbers have run out', () => {
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

  it('of a room where nobody waits has no block', () => {
    const line = new DrivenLine()
    line.join(2)
    const snapshot = snapshotOf(line)
    expect(snapshot).toMatchObject({ head: -1, headBlock: -1, frontBlock: -1, waiting: 0 })
    expect([...snapshot.blockRuns, ...snapshot.blockCounts]).toEqual([])
    expect([...snapshot.headBits, ...snapshot.frontBits].every((byte) => byte === 0)).toBe(true)
  })

  it('has no front block where only those wait who came back', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    line.claim(1, { beacon: true })
    for (const seconds of [10, 10, 5]) line.pass(seconds).hear([2])
    line.tick()
    line.hear([1])
    expect(line.states(1, 2)).toEqual(['waiting', 'offered'])
    expect(snapshotOf(line)).toMatchObject({ head: 1, headBlock: 0, frontBlock: -1 })
  })

  it('says one run of neighbouring blocks, each with its people less 1', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4096 + 600)
    const { blockRuns, blockCounts } = snapshotOf(line)
    // Number 0 is nobody's, 1 is on the site; 4,696 is the last one, in block 18.
    expect([...blockRuns]).toEqual([0, 19])
    expect([...blockCounts]).toEqual([253, ...Array.from({ length: 17 }, () => 255), 88])
  })

  it('says where the first run begins, and the gap to the next', () => {
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

  it('in a gap is behind all before it, and at most a block too high', () => {
    const { view } = gapped()
    expect(view.position(1024)).toBe(224)
    expect(view.position(1300)).toBe(224 + (1300 % 256))
  })

  it('below all who wait is at most the place in its own block', () => {
    const { view } = gapped()
    expect(view.position(2)).toBe(3)
  })

  it('of someone newer than the snapshot is behind everyone, blocks away, too', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4)
    // Three wait; 5 would be the next, 300 has 295 newer ones ahead.
    expect(viewOf(line).position(5)).toBe(4)
    expect(viewOf(line).position(300)).toBe(299)
  })

  it('is 1 for whoever the snapshot knows where nobody waits', () => {
    const line = new DrivenLine({ capacity: 4 })
    line.join(4)
    expect([2, 4, 5, 6].map((number) => viewOf(line).position(number))).toEqual([1, 1, 1, 2])
  })
})

describe('the wait of a room that admits nobody', () => {
  it.each(['queue-all', 'paused'] as const)('is not known under %s, whatever was measured before', (mode) => {
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
