import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { DrivenLine } from './support/driven-line.ts'

function viewOf(line: DrivenLine): SnapshotView {
  return new SnapshotView(takeSnapshot(line.line, line.nowMs))
}

describe('a position from a snapshot', () => {
  it('is exact for the whole line while nobody has left', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(10_000)
    const view = viewOf(line)
    for (const number of [2, 3, 257, 4095, 4096, 4097, 10_000]) expect(view.position(number)).toBe(number - 1)
  })

  it('is exact in the first block, elsewhere too high by at most the gaps in its block, never too low', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 2, max: 9000 }), { maxLength: 400 }), (leavers) => {
        const line = new DrivenLine({ capacity: 1 })
        line.join(9000)
        line.leave(...leavers)
        const view = viewOf(line)
        const headBlock = view.snapshot.headBlock
        for (const number of [2, 100, 300, 2000, 4095, 4096, 4500, 8999]) {
          if (line.state(number) !== 'waiting') continue
          const exact = line.line.tickets.waitingBefore(number) + 1
          const block = number >> 8
          const holes = leavers.filter((leaver) => leaver >> 8 === block).length
          const error = view.position(number) - exact
          expect(error).toBeGreaterThanOrEqual(0)
          expect(error).toBeLessThanOrEqual(block === headBlock ? 0 : holes)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('is worse by one per return from ahead, and unaffected by earlier admissions', () => {
    const line = new DrivenLine({ capacity: 400 })
    line.join(430)
    for (let passed = 0; passed < 90; passed += 10) {
      line.pass(10).hear(Array.from({ length: 430 }, (_, i) => i + 1).filter((number) => number !== 100))
      line.tick()
    }
    line.hear([100])
    expect(line.states(100, 401, 402)).toEqual(['waiting', 'offered', 'waiting'])
    const view = viewOf(line)
    expect([100, 402, 430].map((number) => view.position(number))).toEqual([1, 2, 30])
  })

  it('is behind all others for a ticket newer than the snapshot', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4)
    const view = viewOf(line)
    expect(view.position(5)).toBe(4)
    expect(view.position(7)).toBe(6)
  })

  it('is not made worse by joins behind', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(600)
    line.leave(...Array.from({ length: 60 }, (_, i) => 520 + i))
    const before = viewOf(line).position(600)
    line.join(100)
    expect(viewOf(line).position(600)).toBe(before)
  })

  it('never gets worse as people leave and are admitted', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2000)
    let last = viewOf(line).position(1500)
    for (let leaver = 3; leaver < 1500; leaver += 7) {
      line.leave(leaver)
      const position = viewOf(line).position(1500)
      expect(position).toBeLessThanOrEqual(last)
      last = position
    }
    expect(last).toBe(line.line.tickets.waitingBefore(1500) + 1 + countHoles(1500, 3, 7))
  })

  it('takes a few bytes per 256 tickets', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(100_000)
    const { blockCounts, blockRuns, headBits } = viewOf(line).snapshot
    expect(blockCounts.byteLength + blockRuns.byteLength + headBits.byteLength).toBeLessThan(500)
  })
})

/** Holes before a number in its own block, where every `step`th number from `first` has left. */
function countHoles(number: number, first: number, step: number): number {
  let holes = 0
  for (let n = number & ~255; n < number; n++) if (n >= first && (n - first) % step === 0) holes++
  return holes
}

describe('the estimated wait', () => {
  it('is unknown until the first admission from the line, and while nobody is admitted', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(5)
    expect(viewOf(line).estimate(3)).toBeNull()
    const held = new DrivenLine({ mode: 'queue-all' })
    held.join(5)
    expect(viewOf(held).estimate(3)).toBeNull()
  })

  it('follows the recent admission rate', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(60)
    for (let number = 1; number <= 30; number++) {
      line.leave(number)
      line.pass(2).hear(Array.from({ length: 60 - number }, (_, i) => number + 1 + i))
    }
    const estimate = viewOf(line).estimate(20)
    expect(estimate?.likelySeconds).toBeGreaterThan(35)
    expect(estimate?.likelySeconds).toBeLessThan(45)
    expect(estimate?.lowSeconds).toBeLessThan(estimate?.likelySeconds as number)
    expect(estimate?.highSeconds).toBeGreaterThan(estimate?.likelySeconds as number)
  })
})
