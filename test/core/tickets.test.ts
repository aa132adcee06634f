/** The table of tickets by itself: its counts, its order, what it tells to be stored, and that a wrong count never goes unseen. */
import { describe, expect, it } from 'vitest'
import { MAX_NUMBER, SEGMENT_SIZE } from '../../src/core/limits.ts'
import { Segment } from '../../src/core/segment.ts'
import { BEACON_FLAG, DEPARTING_FLAG, mayMove, mustBeDurable, State, stateName } from '../../src/core/ticket-state.ts'
import { BrokenInvariant, Tickets } from '../../src/core/tickets.ts'

/** A table in which so many wait. */
function tableOf(count: number): Tickets {
  const tickets = new Tickets()
  for (let i = 0; i < count; i++) tickets.issue(State.waiting, 7)
  tickets.takeChanges(true)
  tickets.takeBornLive()
  tickets.verifyMoved()
  return tickets
}

const indexes = ({ changed, dropped }: ReturnType<Tickets['takeChanges']>) => ({
  changed: changed.map(({ index }) => index),
  dropped,
})

describe('the states of a ticket', () => {
  it('follow one another only as in the picture of its life', () => {
    const states = [State.gone, State.waiting, State.offered, State.active, State.absent]
    const moves = states.flatMap((from) =>
      states.filter((to) => mayMove(from, to)).map((to) => `${stateName(from)} > ${stateName(to)}`),
    )
    expect(moves).toEqual([
      'gone > waiting',
      'gone > active',
      'waiting > gone',
      'waiting > offered',
      'waiting > absent',
      'offered > gone',
      'offered > active',
      'offered > absent',
      'active > gone',
      'active > absent',
      'absent > gone',
      'absent > waiting',
    ])
  })

  it('are durable before anyone is told, but for those between waiting and absent', () => {
    expect(mustBeDurable(State.waiting, State.absent)).toBe(false)
    expect(mustBeDurable(State.absent, State.waiting)).toBe(false)
    for (const [from, to] of [
      [State.gone, State.waiting],
      [State.waiting, State.offered],
      [State.offered, State.absent],
      [State.absent, State.gone],
      [State.offered, State.active],
    ] as const) {
      expect(mustBeDurable(from, to)).toBe(true)
    }
  })
})

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

  it('knows when a ticket was heard first, and nothing of numbers never handed out', () => {
    const tickets = tableOf(2)
    expect(tickets.segmentOf(2)?.heard[2]).toBe(7)
    expect(tickets.stateOf(3)).toBe(State.gone)
    expect(tickets.stateOf(SEGMENT_SIZE * 5)).toBe(State.gone)
    expect(tickets.segmentOf(SEGMENT_SIZE)).toBeUndefined()
    expect(() => tickets.move(SEGMENT_SIZE * 5, State.waiting)).toThrow(
      new BrokenInvariant('ticket 20480 was never handed out'),
    )
    expect(() => tickets.move(1, State.active)).toThrow(
      new BrokenInvariant('ticket 1 cannot go from waiting to active'),
    )
  })

  it('is full past the last number', () => {
    const tickets = tableOf(1)
    tickets.next = MAX_NUMBER
    expect(tickets.isFull).toBe(false)
    tickets.issue(State.waiting, 0)
    expect(tickets.isFull).toBe(true)
  })

  it('finds the lowest who waits and how many are before, over blocks and segments', () => {
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
    // Someone comes back in front of everyone who was passed over.
    tickets.move(9, State.absent)
    tickets.move(9, State.waiting)
    expect(tickets.lowestWaiting()).toBe(9)
    expect(tickets.waitingBefore(SEGMENT_SIZE + 300)).toBe(1)
  })

  it('finds nobody where nobody waits', () => {
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
    // Of who is gone, or was never there, there is nothing to keep.
    tickets.move(2, State.gone)
    tickets.setFlags(2, DEPARTING_FLAG)
    expect(tickets.segmentOf(2)?.states[2]).toBe(State.gone)
    expect(() => tickets.setFlags(99_999, BEACON_FLAG)).not.toThrow()
  })

  it('tells what must be stored now and what may wait for the tick, each once', () => {
    const tickets = tableOf(SEGMENT_SIZE + 10)
    const none = { changed: [], dropped: [] }
    expect(indexes(tickets.takeChanges(true))).toEqual(none)
    tickets.move(1, State.absent)
    expect(indexes(tickets.takeChanges(false))).toEqual(none)
    tickets.move(SEGMENT_SIZE + 1, State.offered)
    expect(indexes(tickets.takeChanges(false))).toEqual({ changed: [1], dropped: [] })
    expect(indexes(tickets.takeChanges(true))).toEqual({ changed: [0], dropped: [] })
    expect(indexes(tickets.takeChanges(true))).toEqual(none)
    // A durable write takes the lazy changes of its segment along.
    tickets.move(2, State.absent)
    tickets.move(3, State.offered)
    expect(indexes(tickets.takeChanges(false))).toEqual({ changed: [0], dropped: [] })
    expect(indexes(tickets.takeChanges(true))).toEqual(none)
    // A goodbye may wait, a beacon may not; what is set already changes nothing.
    tickets.setFlags(4, DEPARTING_FLAG)
    expect(indexes(tickets.takeChanges(false))).toEqual(none)
    tickets.setFlags(4, BEACON_FLAG)
    expect(indexes(tickets.takeChanges(false))).toEqual({ changed: [0], dropped: [] })
    tickets.setFlags(4, BEACON_FLAG | DEPARTING_FLAG)
    expect(indexes(tickets.takeChanges(true))).toEqual(none)
  })

  it('forgets segments whose tickets are all gone, tells so once, and never forgets the one that grows', () => {
    const tickets = tableOf(2 * SEGMENT_SIZE + 1)
    for (let number = 1; number < 2 * SEGMENT_SIZE + 2; number++) {
      if (number !== SEGMENT_SIZE - 1) tickets.move(number, State.gone)
    }
    tickets.dropEmpty()
    expect(tickets.all().map(({ index }) => index)).toEqual([0, 2])
    expect(tickets.liveSegments()).toEqual([0])
    expect(indexes(tickets.takeChanges(false))).toEqual({ changed: [0, 2], dropped: [1] })
    expect(tickets.segmentAt(1)).toBeUndefined()
    expect(tickets.stateOf(SEGMENT_SIZE + 1)).toBe(State.gone)
    tickets.dropEmpty()
    expect(indexes(tickets.takeChanges(true))).toEqual({ changed: [], dropped: [] })
    // Those after the gap are still found.
    expect(tickets.issue(State.waiting, 0)).toBe(2 * SEGMENT_SIZE + 2)
    expect(tickets.lowestWaiting()).toBe(SEGMENT_SIZE - 1)
    expect(tickets.lowestWaitingFrom(SEGMENT_SIZE)).toBe(2 * SEGMENT_SIZE + 2)
    expect(tickets.waitingBefore(2 * SEGMENT_SIZE + 2)).toBe(1)
  })

  it('forgets nothing where the tail alone is empty', () => {
    const tickets = tableOf(1)
    tickets.move(1, State.gone)
    tickets.dropEmpty()
    expect(tickets.all().length).toBe(1)
  })

  it('tells a segment that came to life, once', () => {
    const tickets = new Tickets()
    tickets.issue(State.waiting, 0)
    tickets.issue(State.waiting, 0)
    expect(tickets.takeBornLive()).toEqual([0])
    expect(tickets.takeBornLive()).toEqual([])
    tickets.move(1, State.gone)
    tickets.move(2, State.gone)
    expect(tickets.takeBornLive()).toEqual([])
    tickets.issue(State.active, 0)
    expect(tickets.takeBornLive()).toEqual([0])
  })

  it('is the same after it was stored, in whatever order the rows come', () => {
    const tickets = tableOf(2 * SEGMENT_SIZE)
    tickets.move(5, State.offered)
    tickets.move(6, State.absent)
    tickets.move(7, State.offered)
    tickets.move(7, State.active)
    const restored = new Tickets()
    const rows = [...tickets.all()].reverse().map(({ index, states }) => new Segment(index, states.slice()))
    restored.restore(rows, tickets.next)
    expect(restored.all().map(({ index }) => index)).toEqual([0, 1, 2])
    const { waiting, offered, active, absent, next } = restored
    expect({ waiting, offered, active, absent, next }).toEqual({
      waiting: 2 * SEGMENT_SIZE - 3,
      offered: 1,
      active: 1,
      absent: 1,
      next: 2 * SEGMENT_SIZE + 1,
    })
    expect(() => restored.verifyAll()).not.toThrow()
    expect(restored.lowestWaiting()).toBe(1)
  })
})

describe('a count that memory got wrong', () => {
  it('of a block that moved is found at once, of others not before they are looked at', () => {
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

  it('is found by the tick, which looks at one segment in turn', () => {
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

  it('is found when everything is looked at: in a segment, and in the sum over all', () => {
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

  it('of who waits does not make the search go on for ever', () => {
    const tickets = tableOf(3)
    const segment = tickets.segmentAt(0) as Segment
    for (const number of [1, 2, 3]) segment.put(number, State.gone)
    expect(() => tickets.lowestWaiting()).toThrow(new BrokenInvariant('3 wait, but none at or above number 0'))
  })
})
