/** Slots lent to isolates: when, how many, who holds them, and how they come back. */
import { describe, expect, it } from 'vitest'
import type { ExchangeRequest, LineAnswer } from '../../src/core/exchange.ts'
import { readGauges } from '../../src/core/figures.ts'
import { LEASE_MAX, LENT_MAX, MAX_NUMBER } from '../../src/core/limits.ts'
import type { LineRules } from '../../src/core/rules.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { ticketReport } from '../../src/core/ticket-report.ts'
import { LENT_FLAG } from '../../src/core/ticket-state.ts'
import { aged, DrivenLine, START_MS } from './support/driven-line.ts'
import { event } from './support/events.ts'

const lineOf = (changes: Partial<LineRules> = {}) => new DrivenLine({ capacity: 10, leaseBelow: 0.7, ...changes })

function lend(line: DrivenLine, wantsLease: number, request: Partial<ExchangeRequest> = {}): LineAnswer['lease'] {
  return line.exchange({ wantsLease, ...request }).lease
}

const leased = (numbers: number[], ageMs = 0) => ({ leased: aged(numbers, ageMs) })
const back = (...numbers: number[]) => ({ unusedLent: Uint32Array.from(numbers) })
const events = ({ line }: DrivenLine) => line.journal.after(0).entries.map(({ number, event }) => `${number} ${event}`)

describe('a room lends slots', () => {
  it('as consecutive numbers, up to the number of newcomers that the isolate expects', () => {
    const line = lineOf()
    expect(line.join()).toEqual([1])
    expect(lend(line, 3)).toEqual({ first: 2, count: 3, lifeMs: 4_000 })
    expect(line.states(2, 3, 4)).toEqual(['offered', 'offered', 'offered'])
    expect(line.join()).toEqual([5])
  })

  it('to nobody who has not asked for them, or in a room that does not lend', () => {
    expect(lineOf().exchange().lease).toBeUndefined()
    expect(lend(lineOf(), Number.NaN)).toBeUndefined()
    expect(lend(lineOf({ leaseBelow: 0 }), 3)).toBeUndefined()
    expect(lend(new DrivenLine({ capacity: 10 }), 3)).toBeUndefined()
  })

  it('only while fewer slots than the share of the capacity are taken', () => {
    const line = lineOf()
    line.join(5)
    expect(lend(line, 5)).toMatchObject({ count: 2 })
    expect(lend(line, 5, { isolate: 'other' })).toBeUndefined()
    expect(line.join(3)).toEqual([8, 9, 10])
    expect(line.join()).toEqual([11])
    expect(line.state(11)).toBe('waiting')
  })

  it('against the rate, whose remaining share stays for newcomers who ask', () => {
    // The bucket holds 11: one check interval and one more.
    const line = lineOf({ capacity: 1_000, ratePerMinute: 60 })
    expect(lend(line, 100)).toMatchObject({ count: 7 })
    line.join(4)
    expect(line.line.tickets.waiting).toBe(0)
    line.join()
    expect(line.line.tickets.waiting).toBe(1)
  })

  it('only up to what the isolate expects, however often it calls', () => {
    const line = lineOf({ capacity: 100 })
    expect(lend(line, 4)).toMatchObject({ first: 1, count: 4 })
    expect(lend(line, 4)).toBeUndefined()
    expect(lend(line, 4, leased([1, 2]))).toMatchObject({ first: 5, count: 2 })
    expect(lend(line, 4, { isolate: 'other' })).toMatchObject({ first: 7, count: 4 })
  })

  it('to one isolate only up to a bound', () => {
    const line = lineOf({ capacity: 1_000_000, ratePerMinute: 1_000_000 })
    expect(lend(line, 5 * LEASE_MAX)).toMatchObject({ count: LEASE_MAX })
  })

  it('to all isolates only up to a bound', () => {
    const line = lineOf({ capacity: 1_000_000, ratePerMinute: 1_000_000 })
    for (let i = 0; i < LENT_MAX / LEASE_MAX; i++) lend(line, LEASE_MAX - 1, { isolate: `${i}` })
    expect(lend(line, LEASE_MAX, { isolate: 'last' })).toMatchObject({ count: LENT_MAX / LEASE_MAX })
    expect(lend(line, LEASE_MAX, { isolate: 'other' })).toBeUndefined()
  })

  it('only while numbers are left', () => {
    const line = lineOf()
    line.line.tickets.next = MAX_NUMBER - 1
    expect(lend(line, 5)).toMatchObject({ first: MAX_NUMBER - 1, count: 2 })
    expect(line.join()).toEqual([0])
  })

  it.each<[string, Partial<LineRules>]>([
    ['everyone queues', { mode: 'queue-all' }],
    ['it is paused', { mode: 'paused' }],
    ['it is closed', { closed: true }],
    ['it is sold out', { soldOut: true }],
    ['it is suspended', { suspended: true }],
    ['it drains', { capacity: 0 }],
  ])('to nobody while %s', (_, changes) => {
    expect(lend(lineOf(changes), 3)).toBeUndefined()
  })

  it('not across a border of an event, nor in its lobby', () => {
    const sale = event({ lobbyAtMs: START_MS + 60_000, startAtMs: START_MS + 120_000, endAtMs: START_MS + 600_000 })
    const line = new DrivenLine({ capacity: 100, leaseBelow: 0.7 }, [sale])
    expect(lend(line.pass(55), 2)).toMatchObject({ count: 2 })
    expect(lend(line.pass(1), 4)).toBeUndefined()
    expect(lend(line.pass(10), 4)).toBeUndefined()
    expect(lend(line.pass(60), 4)).toMatchObject({ count: 2 })
  })
})

describe('a lent slot', () => {
  it('is taken, raises the frontier, and counts for nobody until it is used', () => {
    const line = lineOf()
    lend(line, 3)
    const snapshot = takeSnapshot(line.line, line.nowMs)
    expect(snapshot).toMatchObject({ active: 3, frontier: 4, next: 4, waiting: 0 })
    expect(line.line.totals).toMatchObject({ joined: 0, admitted: 0 })
    expect(events(line)).toEqual([])
    expect(ticketReport(line.line, 2)).toBeNull()
    expect(readGauges(line.line)).toMatchObject({ active: 3, offered: 3, lent: 3 })
  })

  it('becomes a session when its isolate reports it used, once', () => {
    const line = lineOf()
    lend(line, 3)
    line.exchange(leased([2]))
    line.exchange(leased([2]))
    expect(line.states(1, 2, 3)).toEqual(['offered', 'active', 'offered'])
    expect(line.line.totals).toMatchObject({ joined: 1, admitted: 1 })
    expect(events(line)).toEqual(['2 joined', '2 admitted'])
    expect(line.line.lending.count).toBe(2)
    expect(ticketReport(line.line, 2)).toMatchObject({ state: 'active', admitted: 'yes' })
  })

  it('becomes a session when its visitor is heard first, whatever the visitor says', () => {
    const line = lineOf()
    lend(line, 4)
    line.hear([1])
    expect(line.claim(2, { beacon: true })).toBe('active')
    line.depart(3)
    line.leave(4)
    expect(line.states(1, 2, 3, 4)).toEqual(['active', 'active', 'active', 'gone'])
    expect(line.line.totals).toMatchObject({ joined: 4, admitted: 4, left: 1, lentBack: 0 })
    // The late report of a visitor who has left brings nobody back.
    line.exchange(leased([1, 4], 3_000))
    expect(line.state(4)).toBe('gone')
    expect(line.line.totals).toMatchObject({ joined: 4, admitted: 4 })
  })

  it('keeps a departure that is newer than the report of its use', () => {
    const line = lineOf({ departureGraceSeconds: 0, sessionTimeoutSeconds: 20 })
    lend(line, 1)
    line.pass(3).exchange({ ...leased([1], 3_000), departures: aged([1], 0) })
    // 15 s, the life of the pass, instead of 60 s.
    line.pass(10).hear([])
    line.pass(6).tick()
    expect(line.state(1)).toBe('absent')
  })

  it('comes back when its isolate says so, and its number is not used again', () => {
    const line = lineOf()
    lend(line, 3)
    line.exchange({ ...leased([1]), ...back(1, 2, 9) })
    expect(line.states(1, 2, 3)).toEqual(['active', 'gone', 'offered'])
    expect(line.line.totals).toMatchObject({ lentBack: 1, left: 0, expired: 0 })
    expect(line.join()).toEqual([4])
  })

  it('that comes back goes to a waiting visitor in the same call', () => {
    const line = lineOf({ capacity: 2, leaseBelow: 0.9 })
    lend(line, 1)
    line.join(2)
    expect(line.states(2, 3)).toEqual(['active', 'waiting'])
    line.exchange(back(1))
    expect(line.state(3)).toBe('offered')
  })

  it('of an isolate that is silent comes back after the silence of a session, 64 s', () => {
    const line = lineOf()
    lend(line, 2)
    line.join()
    for (let passed = 0; passed < 60; passed += 10) {
      line.pass(10).hear([3])
      line.tick()
    }
    expect(line.states(1, 2)).toEqual(['offered', 'offered'])
    // Its visitor was admitted at the end of the lease, and is heard 60 s after that.
    line.pass(3).exchange(leased([2], 59_000))
    line.pass(1).hear([3])
    line.tick()
    expect(line.states(1, 2)).toEqual(['gone', 'active'])
    expect(line.line.totals).toMatchObject({ lentBack: 1, expired: 0, forgotten: 0, joined: 2 })
  })

  it('is kept for longer in a room with longer sessions', () => {
    const line = lineOf({ sessionTimeoutSeconds: 100, checkIntervalSeconds: 10 })
    lend(line, 1)
    line.join()
    for (let passed = 0; passed < 100; passed += 10) {
      line.pass(10).hear([2])
      line.tick()
    }
    expect(line.state(1)).toBe('offered')
    line.pass(4).hear([2])
    line.tick()
    expect(line.state(1)).toBe('gone')
  })

  it('is not taken back for time in which the room could not listen', () => {
    const line = lineOf()
    lend(line, 1)
    line.join()
    line.pass(3_600).hear([2])
    line.tick()
    expect(line.state(1)).toBe('offered')
  })

  it('is still lent after a restart', () => {
    const line = lineOf()
    lend(line, 3)
    line.exchange({ ...leased([1]), ...back(2) })
    line.crash()
    expect(line.states(1, 2, 3)).toEqual(['active', 'gone', 'offered'])
    expect(line.line.lending.count).toBe(1)
    line.line.verifyAll()
    line.exchange(leased([3]))
    expect(line.line.totals).toMatchObject({ joined: 2, admitted: 2, lentBack: 1 })
  })

  it('is found in any segment by a restart, with the time at which it was lent', () => {
    const line = lineOf()
    line.line.tickets.next = 4_992
    lend(line, 2)
    line.pass(3).exchange(leased([4_992]))
    line.crash()
    expect(line.line.lending.isLent(4_993)).toBe(true)
    expect(ticketReport(line.line, 4_992)).toMatchObject({ state: 'active', joinedMs: START_MS })
  })

  it('that is lost from the list, or from the tickets, breaks an invariant', () => {
    const line = lineOf()
    lend(line, 2)
    line.line.verifyAll()
    line.line.tickets.clearFlags(1, LENT_FLAG)
    expect(() => line.line.verifyAll()).toThrow(/2 slots lent, 1 found/)
  })

  it('begins its session when its visitor is known', () => {
    const line = lineOf({ sessionMaxSeconds: 60 })
    lend(line, 1)
    line.pass(3).exchange(leased([1]))
    for (const seconds of [10, 10, 10, 10, 10, 9]) {
      line.pass(seconds).hear([1])
      line.tick()
    }
    expect(line.state(1)).toBe('active')
    line.pass(1).tick()
    expect(line.state(1)).toBe('gone')
    expect(line.line.totals.ended).toBe(1)
  })

  it('of another run is ignored', () => {
    const line = lineOf()
    lend(line, 2)
    line.exchange({ run: line.line.run - 1, ...leased([1]), ...back(2) })
    expect(line.states(1, 2)).toEqual(['offered', 'offered'])
    expect(line.line.totals).toMatchObject({ joined: 0, lentBack: 0 })
  })

  it('is taken by its visitor even if the room has been paused or made smaller since', () => {
    const line = lineOf()
    lend(line, 3)
    line.applyRuntimeRules({ mode: 'paused', capacity: 1 })
    line.exchange(leased([1, 2, 3]))
    expect(line.line.tickets.active).toBe(3)
  })
})
