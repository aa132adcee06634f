/** The table of tickets: counts, order, flags. */
import { describe, expect, it } from 'vitest'
import { MAX_NUMBER, SEGMENT_BITS, SEGMENT_SIZE } from '../../src/core/limits.ts'
import type { Segment } from '../../src/core/segment.ts'
import { BEACON_FLAG, BrokenInvariant, DEPARTING_FLAG, State } from '../../src/core/ticket-state.ts'
import { Tickets } from '../../src/core/tickets.ts'
import { tableOf } from './support/table.ts'

describe('the table of tickets', () => {
  it('counts by state', () => {
    const tickets = tableOf(6)
    tickets.move(1, State.offered)
    tickets.move(2, State.offered)
    tickets.move(2, State.active)
    tickets.move(3, State.absent)
    tickets.move(4, State.gone)
    const { waiting, offered, active, absent, occupied, live, next } = tickets
    expect({ waiting, offered, active, absent, occupied, live, next }).toEqual({
      waiting: 2,
      offered: 1,
      active: 1,
      absent: 1,
      occupied: 2,
      live: 5,
      next: 7,
    })
    expect(tickets.issue(State.active, 3)).toBe(7)
    expect(tickets.active).toBe(2)
  })

  it('has the first last-seen time of a ticket, and nothing for numbers never issued', () => {
    const tickets = tableOf(2)
    expect(tickets.segmentOf(2)?.heard[2]).toBe(7)
    expect(tickets.stateOf(3)).toBe(State.gone)
    expect(tickets.stateOf(SEGMENT_SIZE * 5)).toBe(State.gone)
    expect(tickets.segmentOf(SEGMENT_SIZE)).toBeUndefined()
    expect(() => tickets.move(SEGMENT_SIZE * 5, State.waiting)).toThrow(
      new BrokenInvariant('ticket 20480 was never issued'),
    )
    expect(() => tickets.move(1, State.active)).toThrow(
      new BrokenInvariant('ticket 1 cannot go from waiting to active'),
    )
  })

  it('is full after 2^31 - 1, the last number that shifts handle', () => {
    expect([MAX_NUMBER, MAX_NUMBER + 1].map((number) => number >> SEGMENT_BITS)).toEqual([2 ** 19 - 1, -(2 ** 19)])
    const tickets = tableOf(1)
    tickets.next = MAX_NUMBER
    expect(tickets.isFull).toBe(false)
    tickets.issue(State.waiting, 0)
    expect(tickets.isFull).toBe(true)
  })

  it('finds the lowest waiting ticket and counts those before, over blocks and segments', () => {
    const tickets = tableOf(2 * SEGMENT_SIZE + 600)
    for (const [number, before] of [
      [1, 0],
      [255, 254],
      [256, 255],
      [257, 256],
      [SEGMENT_SIZE, SEGMENT_SIZE - 1],
      [2 * SEGMENT_SIZE + 599, 2 * SEGMENT_SIZE + 598],
    ] as const) {
      expect(tickets.waitingBefore(number)).toBe(before)
    }
    for (let number = 1; number < SEGMENT_SIZE + 300; number++) {
      expect(tickets.lowestWaiting()).toBe(number)
      tickets.move(number, State.offered)
    }
    expect(tickets.waitingBefore(SEGMENT_SIZE + 305)).toBe(5)
    expect(tickets.lowestWaitingFrom(SEGMENT_SIZE + 400)).toBe(SEGMENT_SIZE + 400)
    expect(tickets.lowestWaitingFrom(3)).toBe(SEGMENT_SIZE + 300)
    expect(tickets.lowestWaitingFrom(5 * SEGMENT_SIZE)).toBe(-1)
    // A ticket returns in front of all skipped ones.
    tickets.move(9, State.absent)
    tickets.move(9, State.waiting)
    expect(tickets.lowestWaiting()).toBe(9)
    expect(tickets.waitingBefore(SEGMENT_SIZE + 300)).toBe(1)
  })

  it('finds no ticket if nobody waits', () => {
    const tickets = tableOf(1)
    tickets.move(1, State.gone)
    expect(tickets.lowestWaiting()).toBe(-1)
    expect(tickets.lowestWaitingFrom(0)).toBe(-1)
    expect(new Tickets().lowestWaiting()).toBe(-1)
  })

  it('keeps flags with a state, and drops them with the next', () => {
    const tickets = tableOf(3)
    const byte = () => tickets.segmentOf(1)?.states[1]
    tickets.setFlags(1, BEACON_FLAG)
    tickets.setFlags(1, DEPARTING_FLAG)
    expect(byte()).toBe(State.waiting | BEACON_FLAG | DEPARTING_FLAG)
    tickets.clearFlags(1, DEPARTING_FLAG)
    expect(byte()).toBe(State.waiting | BEACON_FLAG)
    tickets.move(1, State.offered)
    expect(byte()).toBe(State.offered)
    expect(tickets.waiting).toBe(2)
    // Gone and unknown tickets keep nothing.
    tickets.move(2, State.gone)
    tickets.setFlags(2, DEPARTING_FLAG)
    expect(tickets.segmentOf(2)?.states[2]).toBe(State.gone)
    expect(() => tickets.setFlags(99_999, BEACON_FLAG)).not.toThrow()
  })
})

describe('many tickets of a segment that move at once', () => {
  const after = Uint8Array.from([State.gone, State.absent, State.absent, State.absent, State.gone])
  const inAllStates = () => {
    const tickets = tableOf(SEGMENT_SIZE + 600)
    const [waiting, offered, active, absent] = [7, 300, 301, 599].map((offset) => SEGMENT_SIZE + offset) as number[]
    tickets.move(offered as number, State.offered)
    tickets.move(active as number, State.offered)
    tickets.move(active as number, State.active)
    tickets.move(absent as number, State.absent)
    tickets.setFlags(waiting as number, DEPARTING_FLAG)
    tickets.takeChanges(true)
    return tickets
  }

  it('move by state and lose their flags', () => {
    const [tickets, each] = [inAllStates(), inAllStates()]
    const offsets = Uint16Array.of(7, 300, 301, 599)
    expect([...tickets.moveMany(tickets.segmentAt(1) as Segment, offsets, after)]).toEqual([0, 1, 1, 1, 1])
    for (const offset of offsets) {
      const number = SEGMENT_SIZE + offset
      each.move(number, after[each.stateOf(number)] as State)
    }
    expect(tickets.all()).toEqual(each.all())
    const { waiting, offered, active, absent } = tickets
    expect({ waiting, offered, active, absent }).toEqual({
      waiting: SEGMENT_SIZE + 596,
      offered: 0,
      active: 0,
      absent: 3,
    })
    expect(() => tickets.verifyMoved()).not.toThrow()
    expect(() => tickets.verifyAll()).not.toThrow()
  })

  it('are durable only if one of the moves is', () => {
    const tickets = inAllStates()
    const segment = tickets.segmentAt(1) as Segment
    tickets.moveMany(segment, Uint16Array.of(8, 9), after)
    expect(tickets.takeChanges(false).changed).toEqual([])
    expect(tickets.takeChanges(true).changed).toEqual([segment])
    tickets.moveMany(segment, Uint16Array.of(7, 599), after)
    expect(tickets.takeChanges(false).changed).toEqual([segment])
    tickets.moveMany(segment, Uint16Array.of(), after)
    expect(tickets.takeChanges(true).changed).toEqual([])
  })

  it('are found by the search when they wait again', () => {
    const tickets = inAllStates()
    for (let number = 1; number < SEGMENT_SIZE + 500; number++) {
      if (tickets.stateOf(number) === State.waiting) tickets.move(number, State.absent)
    }
    expect(tickets.lowestWaiting()).toBe(SEGMENT_SIZE + 500)
    const again = Uint8Array.from(after, (state, from) => (from === State.absent ? State.waiting : state))
    tickets.moveMany(tickets.segmentAt(1) as Segment, Uint16Array.of(9, 300), again)
    expect(tickets.lowestWaiting()).toBe(SEGMENT_SIZE + 9)
    expect(() => tickets.verifyAll()).not.toThrow()
  })

  it('are verified: a wrong count and a move that does not exist are detected', () => {
    const tickets = inAllStates()
    const segment = tickets.segmentAt(1) as Segment
    tickets.verifyMoved()
    tickets.moveMany(segment, Uint16Array.of(1, 255), after)
    segment.waitingPerBlock[1] = 3
    expect(() => tickets.verifyMoved()).not.toThrow()
    tickets.moveMany(segment, Uint16Array.of(2, 256), after)
    expect(() => tickets.verifyMoved()).toThrow(BrokenInvariant)
    expect(() => inAllStates().moveMany(segment, Uint16Array.of(0, 601, 602), after)).toThrow(
      new BrokenInvariant('2 tickets cannot go from gone to gone'),
    )
  })
})
