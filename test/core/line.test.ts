import { describe, expect, it } from 'vitest'
import { DrivenLine, keepPolling } from './support/driven-line.ts'

describe('joining', () => {
  it('numbers visitors in order of arrival and fills the slots', () => {
    const line = new DrivenLine()
    expect(line.join(4)).toEqual([1, 2, 3, 4])
    expect(line.states(1, 2, 3, 4)).toEqual(['active', 'active', 'waiting', 'waiting'])
  })

  it('gives a repeated key the same number', () => {
    const line = new DrivenLine()
    const [first] = line.exchange({ joins: ['a'] }).joins
    expect(line.exchange({ joins: ['a', 'b'] }).joins).toEqual([first, { state: 'active', number: 2 }])
    line.exchange({ leaves: [1], joins: ['a'] })
    expect(line.exchange({ joins: ['a'] }).joins).toEqual([{ state: 'full', why: 'spent' }])
  })

  it('answers "full" at max_waiting and accepts newcomers again when one leaves', () => {
    const line = new DrivenLine({ maxWaiting: 2 })
    expect(line.join(5)).toEqual([1, 2, 3, 4, 0])
    line.leave(4)
    expect(line.join()).toEqual([5])
  })

  it('admits no newcomer past waiting tickets, even with a free slot', () => {
    const line = new DrivenLine({ ratePerMinute: 6, checkIntervalSeconds: 10 })
    line.join(3)
    line.leave(1, 2)
    expect(line.join()).toEqual([4])
    expect(line.states(3, 4)).toEqual(['waiting', 'waiting'])
  })

  it('admits nobody under queue-all', () => {
    const line = new DrivenLine({ mode: 'queue-all' })
    line.join(3)
    line.pass(10).tick()
    expect(line.states(1, 2, 3)).toEqual(['waiting', 'waiting', 'waiting'])
  })
})

describe('admission', () => {
  it('offers a freed slot to the lowest number, which takes it by a claim', () => {
    const line = new DrivenLine()
    line.join(5)
    line.leave(2)
    expect(line.states(3, 4, 5)).toEqual(['offered', 'waiting', 'waiting'])
    expect(line.claim(3)).toBe('active')
    expect(line.claim(4)).toBe('waiting')
  })

  it("keeps to the rate: one interval's worth + 1 at once, then as time passes", () => {
    const line = new DrivenLine({ capacity: 100, ratePerMinute: 12 })
    line.join(20)
    expect(line.line.tickets.occupied).toBe(3)
    line.pass(5).tick()
    expect(line.line.tickets.occupied).toBe(4)
  })

  it('does not save up an idle hour', () => {
    const line = new DrivenLine({ capacity: 100, ratePerMinute: 12 })
    line.join(1)
    line.pass(3600).join(20)
    expect(line.line.tickets.occupied).toBe(4)
  })

  it('admits at a rate below one per interval', () => {
    const line = new DrivenLine({ capacity: 100, ratePerMinute: 1 })
    line.join(3)
    keepPolling(line, [2, 3], 65)
    expect(line.states(2, 3)).toEqual(['offered', 'waiting'])
  })

  it('admits no more on repeated ticks or after the clock went back', () => {
    const line = new DrivenLine({ capacity: 100, ratePerMinute: 6 })
    line.join(10)
    const before = line.line.tickets.occupied
    for (const seconds of [0, -3600, 0, -1]) line.pass(seconds).tick()
    expect(line.line.tickets.occupied).toBe(before)
  })

  it('respects a lowered capacity and ends no session', () => {
    const line = new DrivenLine({ capacity: 3 })
    line.join(5)
    line.crash({ capacity: 1 })
    line.leave(1)
    expect(line.states(2, 3, 4, 5)).toEqual(['active', 'active', 'waiting', 'waiting'])
    line.leave(2, 3)
    expect(line.states(4, 5)).toEqual(['offered', 'waiting'])
  })

  it('gives a visitor who left just before admission only the short timeout', () => {
    const line = new DrivenLine({ capacity: 1, sessionTimeoutSeconds: 600 })
    line.join(3)
    line.pass(15).hear([1, 3])
    line.leave(1)
    expect(line.state(2)).toBe('offered')
    line.pass(6).hear([3])
    line.tick()
    expect(line.states(2, 3)).toEqual(['absent', 'offered'])
  })
})

describe('another run', () => {
  it('is void: its numbers change nothing, its joins are accepted', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(2)
    const claims = [{ number: 2, beacon: false, touched: false }]
    const answer = line.exchange({ run: 1, leaves: [1], claims, joins: ['new'] })
    expect(answer.claims).toEqual([{ state: 'void' }])
    expect(answer.joins).toEqual([{ state: 'waiting', number: 3 }])
    expect(line.states(1, 2)).toEqual(['active', 'waiting'])
  })
})
