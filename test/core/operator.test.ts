import { describe, expect, it } from 'vitest'
import type { RuntimeRules } from '../../src/core/rules.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { ticketReport } from '../../src/core/ticket-report.ts'
import { DrivenLine } from './support/driven-line.ts'

/** Changes rules as the object does: the change, then the admissions that it allows. */
function steer(line: DrivenLine, changes: Partial<RuntimeRules>): void {
  line.operate((core) => {
    core.applyRuntimeRules({ ...core.rules, ...changes })
    core.admit()
  })
}

describe('an operator', () => {
  it('raises the capacity: the next in line are admitted at once, within the rate', () => {
    const line = new DrivenLine({ capacity: 1, ratePerMinute: 60 })
    line.join(5)
    line.pass(1).hear([1, 2, 3, 4, 5])
    steer(line, { capacity: 4 })
    expect(line.states(1, 2, 3, 4, 5)).toEqual(['active', 'offered', 'offered', 'offered', 'waiting'])
  })

  it('lowers the capacity: no session ends, and nobody is admitted until enough have left', () => {
    const line = new DrivenLine({ capacity: 3 })
    line.join(4)
    steer(line, { capacity: 1 })
    expect(line.states(1, 2, 3, 4)).toEqual(['active', 'active', 'active', 'waiting'])
    line.leave(1, 2)
    expect(line.state(4)).toBe('waiting')
    line.leave(3)
    expect(line.state(4)).toBe('offered')
  })

  it('lowers the rate: saved credit is cut to the new cap', () => {
    const line = new DrivenLine({ capacity: 1, ratePerMinute: 6000 })
    line.join(20)
    line.pass(10)
    steer(line, { ratePerMinute: 6, capacity: 20 })
    // One interval's worth and one more.
    expect(line.line.tickets.offered).toBe(2)
  })

  it.each(['queue-all', 'paused'] as const)('holds everyone with %s, including newcomers to an empty room', (mode) => {
    const line = new DrivenLine()
    steer(line, { mode })
    expect(line.join(2)).toEqual([1, 2])
    line.pass(5).hear([1, 2])
    expect(line.states(1, 2)).toEqual(['waiting', 'waiting'])
    steer(line, { mode: 'open' })
    expect(line.states(1, 2)).toEqual(['offered', 'offered'])
  })

  it('admits by hand: regardless of the rate, under queue-all, never beyond the capacity', () => {
    const line = new DrivenLine({ capacity: 3, ratePerMinute: 1, mode: 'queue-all' })
    line.join(5)
    expect(line.operate((core) => core.admitByHand(2))).toBe(2)
    expect(line.operate((core) => core.admitByHand(2))).toBe(1)
    expect(line.states(1, 2, 3, 4)).toEqual(['offered', 'offered', 'offered', 'waiting'])
  })

  it.each([{ mode: 'paused' as const }, { suspended: true }])('admits nobody by hand with %o', (changes) => {
    const line = new DrivenLine({ mode: 'queue-all' })
    line.join(2)
    steer(line, changes)
    expect(line.operate((core) => core.admitByHand(2))).toBe(0)
  })

  it('closes the room: newcomers are refused, waiting tickets are admitted as before', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    steer(line, { closed: true })
    expect(line.exchange({ joins: ['late'] }).joins).toEqual([{ state: 'full', why: 'closed' }])
    line.leave(1)
    expect(line.state(2)).toBe('offered')
  })

  it('closes the room until a time, at which it opens', () => {
    const line = new DrivenLine()
    steer(line, { closed: true, opensAtMs: line.nowMs + 5000 })
    expect(takeSnapshot(line.line, line.nowMs)).toMatchObject({ closed: true, opensAtMs: line.nowMs + 5000 })
    expect(line.pass(4.999).join()).toEqual([0])
    expect(line.pass(0.001).join()).toEqual([1])
    expect(takeSnapshot(line.line, line.nowMs)).toMatchObject({ closed: false, opensAtMs: null })
  })

  it.each([
    [null, 86_400, 'Back at noon'],
    [5000, 4.999, 'Back at noon'],
    [5000, 5, null],
    [5000, 600, null],
  ])('shows a message that ends in %s ms after %d s as %s', (endsInMs, seconds, told) => {
    const line = new DrivenLine()
    const messageUntilMs = endsInMs === null ? null : line.nowMs + endsInMs
    steer(line, { message: 'Back at noon', messageUntilMs })
    expect(takeSnapshot(line.line, line.nowMs).message).toBe('Back at noon')
    expect(takeSnapshot(line.pass(seconds).line, line.nowMs).message).toBe(told)
  })

  it('closes the room during a repeated join, which keeps its number', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.exchange({ joins: ['a', 'b'] })
    steer(line, { closed: true })
    expect(line.exchange({ joins: ['b'] }).joins).toEqual([{ state: 'waiting', number: 2 }])
  })

  it('suspends the room: no ticket is issued and nobody is admitted', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    steer(line, { suspended: true })
    expect(line.exchange({ joins: ['new'] }).joins).toEqual([{ state: 'full', why: 'suspended' }])
    line.leave(1)
    expect(line.state(2)).toBe('waiting')
    expect(takeSnapshot(line.line, line.nowMs).suspended).toBe(true)
    expect(line.line.isStalled(line.nowMs + 600_000)).toBe(false)
  })

  it('revokes a session, whose slot goes to the next', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    line.operate((core) => {
      core.places.leave(1, 'revoked')
      core.admit()
    })
    expect(line.states(1, 2)).toEqual(['gone', 'offered'])
    expect(line.claim(1)).toBe('gone')
  })
})

describe('a ticket lookup', () => {
  const report = (line: DrivenLine, number: number) => ticketReport(line.line, number)

  it('returns position and join time', () => {
    const line = new DrivenLine({ capacity: 1 })
    const joinedMs = line.nowMs
    line.join(3)
    line.pass(5).hear([2, 3])
    line.leave(1)
    expect(report(line, 1)).toMatchObject({ state: 'gone', admitted: 'yes', ended: 'left', endedMs: line.nowMs })
    expect(report(line, 2)).toMatchObject({ state: 'offered', admittedMs: line.nowMs, ended: null, joinedMs })
    expect(report(line, 3)).toMatchObject({ state: 'waiting', position: 1, admitted: 'no', joinedMs })
    expect(report(line, 3)?.events.map(({ event }) => event)).toEqual(['joined'])
  })

  it('returns unknown for data that only the lost journal contained', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    line.leave(1)
    line.leave(3)
    line.crash()
    expect(report(line, 1)).toMatchObject({ state: 'gone', admitted: 'unknown', ended: 'unknown', endedMs: null })
    expect(report(line, 2)).toMatchObject({ state: 'offered', admitted: 'yes', admittedMs: null })
    expect(report(line, 3)).toMatchObject({ state: 'gone', admitted: 'no', ended: 'unknown' })
  })

  it('finds nothing for a number that was never issued', () => {
    const line = new DrivenLine()
    line.join(1)
    expect([report(line, 0), report(line, 2)]).toEqual([null, null])
  })
})
