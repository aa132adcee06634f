/** Lines with one rule of lanes broken, by replacing a method. Restore all mocks afterwards. */
import { vi } from 'vitest'
import { LaneNumbers } from '../../src/core/lane-numbers.ts'
import { LaneOrder } from '../../src/core/lane-order.ts'
import { firstNumberOf } from '../../src/core/lanes.ts'
import { Tickets } from '../../src/core/tickets.ts'

type Choose = (waiting: number[], order: LaneOrder) => number

/** `choose` gets the indexes of the lanes that wait. */
function taking(choose: Choose): void {
  vi.spyOn(LaneOrder.prototype, 'take').mockImplementation(function (this: LaneOrder, waiting) {
    return choose(
      [...waiting.keys()].filter((index) => (waiting[index] as number) > 0),
      this,
    )
  })
}

/** Among lanes with a weight; lanes that go first are left as they are. */
function takingByWeight(choose: Choose): void {
  taking((waiting, order) => {
    const placeOf = (index: number) => order.priorityOf(index).before ?? Number.POSITIVE_INFINITY
    const first = waiting.toSorted((a, b) => placeOf(a) - placeOf(b))[0] as number
    return placeOf(first) < Number.POSITIVE_INFINITY ? first : choose(waiting, order)
  })
}

export const breakLanes = {
  regularFirst: () => taking((waiting) => Math.min(...waiting)),

  largestFirst: () =>
    takingByWeight((waiting, order) => {
      const weightOf = (index: number) => order.priorityOf(index).weight
      return waiting.toSorted((a, b) => weightOf(b) - weightOf(a))[0] as number
    }),

  inTurn: () => {
    let turn = 0
    takingByWeight((waiting) => waiting[turn++ % waiting.length] as number)
  },

  forgetsCredits: () => {
    const order = LaneOrder.prototype as unknown as { isOfSameWeights: () => boolean }
    vi.spyOn(order, 'isOfSameWeights').mockReturnValue(false)
  },

  forgetsLanes: () => {
    vi.spyOn(LaneNumbers.prototype, 'toStored').mockReturnValue(undefined)
  },

  reissues: () => {
    const { toStored } = LaneNumbers.prototype
    vi.spyOn(LaneNumbers.prototype, 'toStored').mockImplementation(function (this: LaneNumbers) {
      const stored = toStored.call(this)
      return (
        stored && { ...stored, opened: stored.opened.map((lane) => ({ ...lane, next: firstNumberOf(lane.index) })) }
      )
    })
  },

  passesLanes: () => {
    vi.spyOn(Tickets.prototype, 'waiting', 'get').mockImplementation(function (this: Tickets) {
      return this.waitingByLane[0] as number
    })
  },
}
