import { describe, expect, it } from 'vitest'
import { BLOCK_SIZE, SEGMENT_SIZE } from '../../src/core/limits.ts'
import { Segment } from '../../src/core/segment.ts'
import { BrokenInvariant, State } from '../../src/core/ticket-state.ts'

describe('a segment', () => {
  it('counts tickets by state and waiting ones by block, and knows when it is empty', () => {
    const segment = new Segment(3)
    expect([segment.live, segment.waiting]).toEqual([0, 0])
    segment.put(0, State.waiting)
    segment.put(BLOCK_SIZE, State.waiting)
    segment.put(BLOCK_SIZE + 1, State.waiting)
    segment.put(SEGMENT_SIZE - 1, State.active)
    expect([segment.live, segment.waiting]).toEqual([4, 3])
    expect([...segment.waitingPerBlock.slice(0, 3)]).toEqual([1, 2, 0])
    segment.put(BLOCK_SIZE, State.offered)
    expect([...segment.waitingPerBlock.slice(0, 3)]).toEqual([1, 1, 0])
    expect([segment.live, segment.waiting]).toEqual([4, 2])
  })

  it('counts the states it is created with', () => {
    const states = new Uint8Array(SEGMENT_SIZE)
    states[5] = State.waiting | 16
    states[300] = State.waiting
    states[301] = State.absent
    const segment = new Segment(0, states)
    expect([...segment.counts]).toEqual([SEGMENT_SIZE - 3, 2, 0, 0, 1])
    expect([...segment.waitingPerBlock.slice(0, 2)]).toEqual([1, 1])
    expect(() => segment.verify()).not.toThrow()
  })

  it('finds the first waiting ticket from any offset', () => {
    const segment = new Segment(0)
    expect(segment.firstWaiting()).toBe(-1)
    for (const offset of [3, 300, SEGMENT_SIZE - 1]) segment.put(offset, State.waiting)
    expect([0, 3, 4, 255, 256, 300, 301, SEGMENT_SIZE - 1].map((from) => segment.firstWaiting(from))).toEqual([
      3,
      3,
      300,
      300,
      300,
      300,
      SEGMENT_SIZE - 1,
      SEGMENT_SIZE - 1,
    ])
    expect(segment.firstWaiting(SEGMENT_SIZE)).toBe(-1)
  })

  it('counts waiting tickets before an offset, excluding it', () => {
    const segment = new Segment(0)
    for (const offset of [0, 255, 256, 700]) segment.put(offset, State.waiting)
    expect([0, 1, 255, 256, 257, 700, 701].map((offset) => segment.waitingBefore(offset))).toEqual([
      0, 1, 1, 2, 3, 3, 4,
    ])
  })

  it('moves many tickets like one, and returns how many were in each state', () => {
    const [many, each] = [new Segment(0), new Segment(0)]
    const offsets = Uint16Array.of(0, 255, 256, 700, 4095)
    for (const segment of [many, each]) {
      segment.put(0, State.waiting | 16)
      segment.put(255, State.active)
      for (const offset of [256, 257, 700]) segment.put(offset, State.waiting)
      segment.put(4095, State.absent)
    }
    const to = Uint8Array.from([State.gone, State.offered, State.gone, State.absent, State.waiting])
    expect([...many.putMany(offsets, to)]).toEqual([0, 3, 0, 1, 1])
    for (const offset of offsets) each.put(offset, to[each.stateAt(offset)] as number)
    expect(many).toEqual(each)
    expect(() => many.verify()).not.toThrow()
    many.hearMany(offsets, 9)
    expect([0, 1, 256, 257, 4095].map((offset) => many.heard[offset])).toEqual([9, 0, 9, 0, 9])
  })

  it('detects a wrong count of a block or of a state', () => {
    const fresh = () => {
      const segment = new Segment(0)
      segment.put(260, State.waiting)
      segment.put(511, State.waiting)
      return segment
    }
    const first = fresh()
    const verifyBlocks = (...blocks: number[]) => {
      first.movedBlocks = blocks.reduce((bits, block) => bits | (1 << block), 0)
      first.verifyMoved()
    }
    expect(() => verifyBlocks(0, 1)).not.toThrow()
    expect(() => first.verify()).not.toThrow()
    first.waitingPerBlock[1] = 1
    expect(() => verifyBlocks(0)).not.toThrow()
    expect(() => verifyBlocks(1)).toThrow(new BrokenInvariant('block 1: the waiting count differs from a recount'))
    expect(() => first.verify()).toThrow(BrokenInvariant)
    const second = fresh()
    second.counts[State.absent] = 1
    expect(() => second.verify()).toThrow(BrokenInvariant)
    const third = fresh()
    third.waitingPerBlock[9] = 1
    expect(() => third.verify()).toThrow(BrokenInvariant)
  })
})
