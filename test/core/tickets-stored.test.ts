/** The changes that the table of tickets reports, the segments that it drops, and its restore. */
import { describe, expect, it } from 'vitest'
import { SEGMENT_SIZE } from '../../src/core/limits.ts'
import { Segment } from '../../src/core/segment.ts'
import { BEACON_FLAG, DEPARTING_FLAG, State } from '../../src/core/ticket-state.ts'
import { Tickets } from '../../src/core/tickets.ts'
import { tableOf } from './support/table.ts'

const indexes = ({ changed, dropped }: ReturnType<Tickets['takeChanges']>) => ({
  changed: changed.map(({ index }) => index),
  dropped,
})

describe('the stored table of tickets', () => {
  it('reports durable changes now and lazy ones at the tick, each once', () => {
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
    // A departure may wait, a beacon may not; setting a flag twice changes nothing.
    tickets.setFlags(4, DEPARTING_FLAG)
    expect(indexes(tickets.takeChanges(false))).toEqual(none)
    tickets.setFlags(4, BEACON_FLAG)
    expect(indexes(tickets.takeChanges(false))).toEqual({ changed: [0], dropped: [] })
    tickets.setFlags(4, BEACON_FLAG | DEPARTING_FLAG)
    expect(indexes(tickets.takeChanges(true))).toEqual(none)
  })

  it('drops segments whose tickets are all gone, reports it once, and keeps the tail', () => {
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

  it('keeps an empty tail', () => {
    const tickets = tableOf(1)
    tickets.move(1, State.gone)
    tickets.dropEmpty()
    expect(tickets.all().length).toBe(1)
  })

  it('reports a newly live segment once', () => {
    const tickets = new Tickets()
    tickets.issue(State.waiting, 0)
    tickets.issue(State.waiting, 0)
    expect(tickets.takeNewlyLive()).toEqual([0])
    expect(tickets.takeNewlyLive()).toEqual([])
    tickets.move(1, State.gone)
    tickets.move(2, State.gone)
    expect(tickets.takeNewlyLive()).toEqual([])
    tickets.issue(State.active, 0)
    expect(tickets.takeNewlyLive()).toEqual([0])
  })

  it('is the same after a restore, in any order of rows', () => {
    const tickets = tableOf(2 * SEGMENT_SIZE)
    tickets.move(5, State.offered)
    tickets.move(6, State.absent)
    tickets.move(7, State.offered)
    tickets.move(7, State.active)
    const restored = new Tickets()
    const rows = [...tickets.all()].reverse().map(({ index, states }) => new Segment(index, states.slice()))
    restored.next = tickets.next
    restored.restore(rows)
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
