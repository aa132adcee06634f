/** Wrong counts in the table of tickets are detected. */
import { describe, expect, it } from 'vitest'
import { SEGMENT_SIZE } from '../../src/core/limits.ts'
import type { Segment } from '../../src/core/segment.ts'
import { BrokenInvariant, State } from '../../src/core/ticket-state.ts'
import { Tickets } from '../../src/core/tickets.ts'
import { tableOf } from './support/table.ts'

describe('a wrong count', () => {
  it('is found at once in a changed block, elsewhere by a full recount', () => {
    const tickets = tableOf(SEGMENT_SIZE + 700)
    const segment = tickets.segmentAt(1) as Segment
    segment.waitingPerBlock[2] = 1
    tickets.verifyMoved()
    tickets.move(SEGMENT_SIZE + 1, State.offered)
    expect(() => tickets.verifyMoved()).not.toThrow()
    tickets.move(SEGMENT_SIZE + 2 * 256, State.offered)
    const found = new BrokenInvariant('block 18: the waiting count differs from a recount')
    expect(() => tickets.verifyMoved()).toThrow(found)
  })

  it('is found by the tick, which recounts one segment in turn', () => {
    const tickets = tableOf(3 * SEGMENT_SIZE)
    expect(() => tickets.verifyOneSegment()).not.toThrow()
    ;(tickets.segmentAt(1) as Segment).counts[State.waiting] = 3
    const looks = Array.from({ length: 4 }, () => {
      try {
        tickets.verifyOneSegment()
        return 'fine'
      } catch (error) {
        return (error as Error).message
      }
    })
    expect(looks.filter((look) => look !== 'fine')).toEqual(['segment 1: counts differ from a recount'])
    expect(() => new Tickets().verifyOneSegment()).not.toThrow()
  })

  it('is found by a full recount: in a segment, and in the sum over all', () => {
    const wrong = tableOf(10)
    ;(wrong.segmentAt(0) as Segment).waitingPerBlock[0] = 3
    expect(() => wrong.verifyAll()).toThrow(new BrokenInvariant('segment 0: counts differ from a recount'))
    for (const [state, name] of [
      [State.waiting, 'waiting'],
      [State.offered, 'offered'],
      [State.active, 'active'],
      [State.absent, 'absent'],
    ] as const) {
      const tickets = tableOf(10)
      const segment = tickets.segmentAt(0) as Segment
      // The segment is right in itself; the table does not know.
      segment.put(3, state === State.waiting ? State.gone : state)
      expect(() => tickets.verifyAll()).toThrow(/^waiting: counted 10, found 9$/)
      tickets.move(4, State.gone)
      segment.put(4, State.waiting)
      if (state !== State.waiting)
        expect(() => tickets.verifyAll()).toThrow(new RegExp(`^${name}: counted 0, found 1$`))
    }
  })

  it('of waiting tickets does not make the search endless', () => {
    const tickets = tableOf(3)
    const segment = tickets.segmentAt(0) as Segment
    for (const number of [1, 2, 3]) segment.put(number, State.gone)
    expect(() => tickets.lowestWaiting()).toThrow(new BrokenInvariant('3 wait, but none at or above number 0'))
  })
})
