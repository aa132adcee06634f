import { describe, expect, it } from 'vitest'
import { joinedSeconds, noteJoinTime } from '../../src/core/join-times.ts'
import { RecentRates } from '../../src/core/recent-rates.ts'
import { State } from '../../src/core/ticket-state.ts'
import { Tickets } from '../../src/core/tickets.ts'
import { WaitTimes } from '../../src/core/wait-times.ts'

function waits(...seconds: number[]): WaitTimes {
  const times = new WaitTimes()
  for (const wait of seconds) times.push(wait)
  return times
}

const many = (count: number, value: number) => new Array<number>(count).fill(value)

describe('waits', () => {
  it('have nearest-rank percentiles', () => {
    const times = waits(100, 9, 10, 8, 7, 6, 5, 4, 3, 2)
    const expected = [2, 6, 10, 100]
    expect(times.recentPercentiles([0, 0.5, 0.9, 1])).toEqual(expected)
    expect(times.takePercentiles([0, 0.5, 0.9, 1])).toEqual(expected)
    expect(waits(5).recentPercentiles([0.01, 1])).toEqual([5, 5])
  })

  it('are unknown without admissions', () => {
    expect(waits().recentPercentiles([0.5])).toEqual([null])
    expect(waits().takePercentiles([0.5, 0.9])).toEqual([null, null])
  })

  it('cover the admissions since the last sample, apart from the recent ones', () => {
    const times = waits(10)
    times.takePercentiles([0.5])
    expect(times.takePercentiles([0.5])).toEqual([null])
    times.push(20)
    expect(times.takePercentiles([0, 1])).toEqual([20, 20])
    expect(times.recentPercentiles([0, 1])).toEqual([10, 20])
  })

  it('are kept for 512: the last as recent, the first of a sample', () => {
    expect(waits(...many(1, 9), ...many(512, 3)).recentPercentiles([0, 1])).toEqual([3, 3])
    expect(waits(...many(1, 9), ...many(511, 3)).recentPercentiles([0, 1])).toEqual([3, 9])
    expect(waits(...many(512, 3), ...many(1, 9)).takePercentiles([0, 1])).toEqual([3, 3])
    expect(waits(...many(511, 3), ...many(1, 9)).takePercentiles([0, 1])).toEqual([3, 9])
  })

  it('below 0, after the clock went back, count as 0', () => {
    const times = waits(-5)
    expect(times.recentPercentiles([0.5])).toEqual([0])
    expect(times.toStored()).toEqual({ counts: [1, ...many(12, 0)], sumSeconds: 0 })
  })

  it('are counted in buckets and continue from the stored counts', () => {
    const times = waits(0, 1, 10, 11, 14_400, 14_401)
    const stored = times.toStored()
    expect(stored).toEqual({ counts: [1, 2, 1, ...many(8, 0), 1, 1], sumSeconds: 28_823 })
    times.push(0)
    expect(stored.counts[0]).toBe(1)
    const restored = new WaitTimes(stored)
    restored.push(20_000)
    expect(restored.toStored()).toEqual({ counts: [1, 2, 1, ...many(8, 0), 1, 2], sumSeconds: 48_823 })
    expect(new WaitTimes({ counts: [4], sumSeconds: 0 }).toStored().counts).toEqual([4, ...many(12, 0)])
  })
})

describe('join times', () => {
  /** Numbers 1 to `last`, each of which joined at its time. */
  function joined(last: number, atSeconds: (number: number) => number): Tickets {
    const tickets = new Tickets()
    for (let number = 1; number <= last; number++) {
      noteJoinTime(tickets, tickets.issue(State.waiting, 0), atSeconds(number))
    }
    return tickets
  }

  it('are exact for the first of each 64 numbers and evenly spread up to the first of the next 64', () => {
    const tickets = joined(200, (number) => 1000 + 10 * Math.floor(number / 64) ** 2)
    expect([64, 96, 127, 128, 160].map((number) => joinedSeconds(tickets, number, 2000))).toEqual([
      1010, 1025, 1039, 1040, 1065,
    ])
  })

  it('are evenly spread up to the newest number in the last 64', () => {
    const tickets = joined(130, () => 1000)
    expect([128, 129, 130].map((number) => joinedSeconds(tickets, number, 1100))).toEqual([1000, 1050, 1100])
  })

  it('are those of the first number if it is the only one or the clock went back', () => {
    expect(
      joinedSeconds(
        joined(128, () => 1000),
        128,
        1100,
      ),
    ).toBe(1000)
    expect(
      joinedSeconds(
        joined(130, () => 1000),
        130,
        900,
      ),
    ).toBe(1000)
  })

  it('continue over the end of a segment', () => {
    const tickets = joined(4096 + 65, (number) => 1000 + number)
    // Number 1 is the first of its 63; each other row of 64 begins with the time of its first.
    expect([1, 4032, 4064, 4095, 4096, 4160].map((number) => joinedSeconds(tickets, number, 6000))).toEqual([
      1001, 5032, 5064, 5095, 5096, 5160,
    ])
  })

  it('are spread up to the newest number at the end of a segment', () => {
    const tickets = joined(4095, () => 1000)
    expect([4032, 4095].map((number) => joinedSeconds(tickets, number, 1063))).toEqual([1000, 1063])
  })

  it('are unknown for numbers that never joined', () => {
    const tickets = joined(10, () => 1000)
    expect([64, 5000].map((number) => joinedSeconds(tickets, number, 1100))).toEqual([null, null])
    noteJoinTime(tickets, 5000, 1000)
    expect(joinedSeconds(tickets, 5000, 1100)).toBeNull()
  })
})

describe('recent rates', () => {
  /** The rest of a count after half the time constant of 120 s. */
  const AFTER_60_S = Math.exp(-0.5)

  it('are admissions per minute and leavers per ticket and minute, with exponential decay', () => {
    const rates = new RecentRates()
    for (let i = 0; i < 6; i++) rates.admitted()
    for (let i = 0; i < 3; i++) rates.leftLine(1)
    rates.pass(60_000, 10)
    expect(rates.observedAdmissions).toBeCloseTo(6 * AFTER_60_S)
    expect(rates.admittedPerMinute).toBeCloseTo(6 * AFTER_60_S)
    expect(rates.leaverSharePerMinute).toBeCloseTo(0.3 * AFTER_60_S)
    rates.pass(60_000, 20)
    expect(rates.toStored()).toEqual({
      admissions: expect.closeTo(6 * AFTER_60_S ** 2),
      leavers: expect.closeTo(3 * AFTER_60_S ** 2),
      seconds: expect.closeTo(60 * AFTER_60_S + 60),
      personSeconds: expect.closeTo(600 * AFTER_60_S + 1200),
    })
  })

  it('continue from the stored state', () => {
    const stored = { admissions: 1, leavers: 2, seconds: 30, personSeconds: 40 }
    const rates = new RecentRates(stored)
    expect(rates.toStored()).toEqual(stored)
    expect([rates.admittedPerMinute, rates.leaverSharePerMinute]).toEqual([2, 3])
  })

  it('do not decay while nobody waits or no time passes', () => {
    const stored = { admissions: 1, leavers: 2, seconds: 30, personSeconds: 40 }
    const rates = new RecentRates(stored)
    rates.pass(60_000, 0)
    rates.pass(-60_000, 5)
    expect(rates.toStored()).toEqual(stored)
  })

  it('need at least half an admission and a second', () => {
    const rate = (admissions: number, seconds: number) =>
      new RecentRates({ admissions, leavers: 0, seconds, personSeconds: 0 }).admittedPerMinute
    expect([rate(0.5, 1), rate(0.49, 1), rate(0.5, 0.99), rate(0, 0)]).toEqual([30, null, null, null])
    const share = (personSeconds: number) =>
      new RecentRates({ admissions: 0, leavers: 1, seconds: 0, personSeconds }).leaverSharePerMinute
    expect([share(1), share(0.99)]).toEqual([60, 0])
  })

  it('subtract returning leavers, never below 0', () => {
    const rates = new RecentRates({ admissions: 0, leavers: 2, seconds: 0, personSeconds: 60 })
    rates.returned()
    expect(rates.leaverSharePerMinute).toBe(1)
    rates.returned()
    rates.returned()
    expect(rates.leaverSharePerMinute).toBe(0)
    rates.leftLine(1)
    expect(rates.leaverSharePerMinute).toBe(1)
  })
})
