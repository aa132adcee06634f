/** The line's counters and journal entries per event, and the changes that it stores. */
import { describe, expect, it } from 'vitest'
import { Line } from '../../src/core/line.ts'
import { BrokenInvariant, State } from '../../src/core/ticket-state.ts'
import { aged, DrivenLine } from './support/driven-line.ts'

function pollFor(line: DrivenLine, numbers: number[], seconds: number): void {
  for (let passed = 0; passed < seconds; passed += 5) line.pass(5).hear(numbers)
  line.tick()
}

const eventsOf = (line: DrivenLine, number: number) =>
  line.line.journal.of(number).map(({ event, from }) => `${event} from ${from}`)

describe('totals and journal', () => {
  it("record a ticket's life with an absence", () => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 60 })
    line.join(2)
    pollFor(line, [1], 25)
    line.hear([2])
    line.leave(1)
    line.claim(2, { beacon: true })
    pollFor(line, [], 35)
    pollFor(line, [], 35)
    pollFor(line, [], 35)
    expect(eventsOf(line, 2)).toEqual([
      'joined from null',
      'expired from waiting',
      'returned from absent',
      'admitted from waiting',
      'claimed from offered',
      'expired from active',
      'forgotten from absent',
    ])
    expect(line.line.totals).toMatchObject({ joined: 2, admitted: 2, expired: 2, returned: 1, forgotten: 1, left: 1 })
  })

  it('record ended sessions', () => {
    const line = new DrivenLine({ capacity: 1, sessionMaxSeconds: 60 })
    line.join(1)
    pollFor(line, [1], 60)
    expect(eventsOf(line, 1).at(-1)).toBe('ended from active')
    expect(line.line.totals).toMatchObject({ ended: 1, left: 0 })
  })

  it('report whether there was a ticket to leave', () => {
    const { line } = new DrivenLine()
    line.places.join('a')
    expect([line.places.leave(1), line.places.leave(1), line.places.leave(7)]).toEqual([true, false, false])
    expect(line.totals.left).toBe(1)
  })
})

describe('leavers', () => {
  const leavers = (line: DrivenLine) => line.line.rates.toStored().leavers

  it('are tickets that leave the line or expire in it, less those that return', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4)
    pollFor(line, [1, 3, 4], 25)
    expect([line.state(2), leavers(line)]).toEqual(['absent', 1])
    line.leave(4)
    expect(leavers(line)).toBe(2)
    // The first ticket that was never admitted, right at the frontier.
    expect(line.line.frontier).toBe(2)
    line.hear([2])
    expect(leavers(line)).toBe(1)
  })

  it('do not include ended sessions or their returns', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(4)
    line.claim(1, { beacon: true })
    pollFor(line, [2, 3, 4], 25)
    expect([line.state(1), leavers(line)]).toEqual(['absent', 0])
    line.leave(4)
    line.hear([1])
    expect([line.state(1), leavers(line)]).toEqual(['waiting', 1])
  })
})

describe('a crowd that falls silent at once', () => {
  it('expires in one tick: all counted, the last in the journal by number', () => {
    const line = new DrivenLine({ capacity: 3 })
    line.join(9000)
    for (let passed = 0; passed < 20; passed += 5) line.pass(5).hear([4])
    line.tick()
    expect(line.states(1, 3, 4, 5, 9000)).toEqual(['active', 'active', 'waiting', 'absent', 'absent'])
    expect(line.line.totals).toMatchObject({ expired: 8996, forgotten: 0, admitted: 3 })
    expect(line.line.rates.toStored().leavers).toBe(8996)
    const { entries, last } = line.line.journal.after(0)
    // 9,000 joined, 3 of them were admitted at once.
    expect(last).toBe(9003 + 8996)
    expect(entries.map(({ number }) => number)).toEqual(Array.from({ length: 4096 }, (_, i) => 4905 + i))
    expect(entries.every(({ event, from }) => event === 'expired' && from === 'waiting')).toBe(true)
  })
})

describe('a broken invariant', () => {
  const lineOf = (work: (line: Line) => void) => {
    const driven = new DrivenLine()
    driven.join(4)
    driven.line.beginCall(driven.nowMs)
    work(driven.line)
    return driven.line
  }

  it('is more slots taken than the capacity, in the event that took them', () => {
    const line = lineOf(({ tickets }) => tickets.issue(State.active, 0))
    expect(() => line.verify()).toThrow(new BrokenInvariant('3 slots taken of 2'))
  })

  it('is an admitted number that was never issued', () => {
    const line = lineOf(({ tickets }) => {
      tickets.next = 2
    })
    const error = new BrokenInvariant('frontier 3 above next number 2')
    expect(() => line.verify()).toThrow(error)
    expect(() => line.verifyAll()).toThrow(error)
    line.tickets.next = 3
    expect(() => line.verify()).not.toThrow()
    expect(() => line.verifyAll()).not.toThrow()
  })

  it('is a count that a recount contradicts, in an event, a tick or a full recount', () => {
    const miscount = (line: Line) => {
      line.places.leave(3)
      const [segment] = line.tickets.all()
      if (segment !== undefined) segment.waitingPerBlock[0] = 9
    }
    expect(() => lineOf(miscount).verify()).toThrow(BrokenInvariant)
    expect(() => lineOf(miscount).verifyAll()).toThrow(BrokenInvariant)
    expect(() => lineOf(miscount).advance()).toThrow(BrokenInvariant)
  })

  it('stops a restart', () => {
    const { line, nowMs } = new DrivenLine()
    line.places.join('a')
    const stored = line.takeChanges(true)
    if (stored === null) throw new Error('a tick stores')
    expect(() => Line.restore(line.rules, stored, nowMs)).not.toThrow()
    const broken = { ...stored, head: { ...stored.head, frontier: 9 } }
    expect(() => Line.restore(line.rules, broken, nowMs)).toThrow(new BrokenInvariant('frontier 9 above next number 2'))
  })
})

describe('the stored changes', () => {
  /** Whether an event without changes stores anything. */
  function stores(line: DrivenLine): boolean {
    line.line.beginCall(line.nowMs)
    return line.line.takeChanges(false) !== null
  }

  it('are none for a call without changes, except the call time once per interval', () => {
    const line = new DrivenLine()
    line.join(3)
    line.pass(10)
    expect(stores(line)).toBe(false)
    line.pass(1)
    expect(stores(line)).toBe(true)
    expect(stores(line)).toBe(false)
  })

  it('are none while no ticket is live', () => {
    const line = new DrivenLine()
    line.join(1)
    line.leave(1)
    line.pass(600)
    expect(stores(line)).toBe(false)
  })

  it('contain a dropped segment with the next event', () => {
    const line = new DrivenLine({ reclaimGraceSeconds: 0 })
    line.join(4096)
    line.leave(...Array.from({ length: 4096 }, (_, i) => i + 1))
    line.line.beginInternalEvent(line.nowMs)
    line.line.advance()
    expect(line.line.takeChanges(false)).toMatchObject({ segments: [], dropped: [0] })
  })

  it("contain the time of the last join and of each session's start", () => {
    const line = new DrivenLine({ capacity: 1, sessionMaxSeconds: 60 })
    line.join(2)
    const { lastJoinSeconds } = line.line
    expect(lastJoinSeconds).toBe(Math.floor(line.nowMs / 1000))
    pollFor(line, [1, 2], 40)
    line.crash()
    expect(line.line.lastJoinSeconds).toBe(lastJoinSeconds)
    pollFor(line, [1, 2], 20)
    expect(line.states(1, 2)).toEqual(['gone', 'offered'])
  })
})

describe('a number that was never issued', () => {
  it('is ignored when heard or left', () => {
    const line = new DrivenLine()
    line.join(1)
    const unknown = aged([1_000_000], 0)
    const answer = line.exchange({ presence: unknown, departures: unknown, leaves: [1_000_000] })
    expect(answer.claims).toEqual([])
    expect(line.states(1, 1_000_000)).toEqual(['active', 'gone'])
  })
})
