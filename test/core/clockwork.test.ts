import { describe, expect, it } from 'vitest'
import { CheckChains } from '../../src/core/check-chains.ts'
import { JOIN_KEY_SECONDS } from '../../src/core/limits.ts'
import { ListeningClock } from '../../src/core/listening-clock.ts'
import { RecentJoins } from '../../src/core/recent-joins.ts'
import { START_MS } from './support/driven-line.ts'
import { rules } from './support/rules.ts'

describe('the listening clock', () => {
  it('adds at most one interval + 5 s per event, however long the pause', () => {
    const clock = ListeningClock.start(START_MS, rules())
    clock.advanceOnCall(START_MS + 3_600_000, 10)
    expect(clock.listeningMs).toBe(15_000)
  })

  it('adds nothing when the clock goes back and continues from there', () => {
    const clock = ListeningClock.start(START_MS, rules())
    clock.advanceOnCall(START_MS - 3_600_000, 10)
    expect(clock.listeningMs).toBe(0)
    clock.advanceOnCall(START_MS - 3_590_000, 10)
    expect(clock.listeningMs).toBe(10_000)
  })

  it('holds for at most 300 s while ticks come without calls in a crowd', () => {
    const clock = ListeningClock.start(START_MS, rules())
    clock.endTick()
    let nowMs = START_MS
    for (let tick = 0; tick < 30; tick++) {
      nowMs += 10_000
      clock.advanceOnInternalEvent(nowMs, 10, 9)
      clock.endTick()
    }
    expect(clock.listeningMs).toBe(0)
    clock.advanceOnInternalEvent(nowMs + 10_000, 10, 9)
    expect(clock.listeningMs).toBe(15_000)
    clock.advanceOnInternalEvent(nowMs + 20_000, 10, 9)
    expect(clock.listeningMs).toBe(25_000)
  })

  it('counts ticks without calls while few tickets are live', () => {
    const clock = ListeningClock.start(START_MS, rules())
    clock.endTick()
    clock.advanceOnInternalEvent(START_MS + 10_000, 10, 8)
    expect(clock.listeningMs).toBe(10_000)
  })

  it('loses no time between a held check and the next call', () => {
    const clock = ListeningClock.start(START_MS, rules())
    clock.endTick()
    clock.advanceOnInternalEvent(START_MS + 900, 10, 100)
    clock.advanceOnCall(START_MS + 1000, 10)
    expect(clock.listeningMs).toBe(1000)
  })
})

describe('chains of checks', () => {
  it('start once per segment and merge after being started twice', () => {
    const chains = new CheckChains()
    expect(chains.start(3, START_MS, 10)).toEqual({ segment: 3, generation: 1 })
    expect(chains.start(3, START_MS + 5000, 10)).toBeNull()
    const afterLoss = new CheckChains()
    expect(afterLoss.start(3, START_MS, 10)).toEqual({ segment: 3, generation: 1 })
    expect(afterLoss.next({ segment: 3, generation: 7 }, START_MS)).toEqual({ segment: 3, generation: 8 })
    expect(afterLoss.next({ segment: 3, generation: 1 }, START_MS)).toBeNull()
    expect(afterLoss.next({ segment: 3, generation: 7 }, START_MS)).toBeNull()
  })

  it('are restarted once overdue by three intervals', () => {
    const chains = new CheckChains()
    chains.start(0, START_MS, 10)
    expect(chains.restartOverdue([0], START_MS + 29_000, 10)).toEqual([])
    expect(chains.restartOverdue([0], START_MS + 30_000, 10)).toEqual([{ segment: 0, generation: 2 }])
    expect(chains.restartOverdue([0], START_MS + 31_000, 10)).toEqual([])
  })

  it('restart after a loss of memory', () => {
    const chains = new CheckChains()
    expect(chains.restartOverdue([5], START_MS, 10)).toEqual([{ segment: 5, generation: 1 }])
    expect(chains.restartOverdue([5], START_MS + 10_000, 10)).toEqual([])
  })
})

describe('recent joins', () => {
  const KEY_MS = JOIN_KEY_SECONDS * 1000

  it('are remembered for some minutes', () => {
    const joins = new RecentJoins()
    joins.remember('first', 1, START_MS)
    joins.remember('second', 2, START_MS + KEY_MS - 1)
    expect(joins.find('first')).toBe(1)
    joins.remember('third', 3, START_MS + KEY_MS)
    expect(['first', 'second', 'third'].map((key) => joins.find(key))).toEqual([undefined, 2, 3])
  })

  it('drop the oldest key when full, however often', () => {
    const joins = new RecentJoins()
    for (let i = 0; i < 250_000; i++) joins.remember(`key ${i}`, i, START_MS)
    expect(joins.find('key 149999')).toBeUndefined()
    expect(joins.find('key 150000')).toBe(150_000)
    expect(joins.find('key 249999')).toBe(249_999)
    joins.remember('last', 1, START_MS + KEY_MS)
    expect(joins.find('key 249999')).toBeUndefined()
    expect(joins.find('last')).toBe(1)
    // All of the ring is old now. A key that is alone in it is still forgotten after its time,
    // like any other.
    joins.remember('alone', 2, START_MS + 2 * KEY_MS)
    joins.remember('next', 3, START_MS + 3 * KEY_MS)
    expect(['last', 'alone', 'next'].map((key) => joins.find(key))).toEqual([undefined, undefined, 3])
  })
})
