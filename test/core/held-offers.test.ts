/** An admitted visitor whose page nobody looks at: the slot is held for `confirm_entry_seconds`. */
import { describe, expect, it } from 'vitest'
import { DrivenLine } from './support/driven-line.ts'

const HELD = { held: true }

/** Number 2 is offered the only slot. Number 3 waits. */
function calledLine(confirmEntrySeconds: number): DrivenLine {
  const line = new DrivenLine({ capacity: 1, confirmEntrySeconds })
  line.join(3)
  line.leave(1)
  return line
}

/** The hidden page of number 2 polls, and number 3 waits. */
function keepHidden(line: DrivenLine, seconds: number): void {
  for (let passed = 0; passed < seconds; passed += 5) {
    line.pass(5).exchange({ claims: [{ number: 2, beacon: false, touched: false, ...HELD }] })
    line.hear([3])
    if (passed % 10 === 5) line.tick()
  }
}

describe('a slot offered to a page that nobody looks at', () => {
  it('is held while the page polls, and becomes a session when the visitor comes', () => {
    const line = calledLine(60)
    expect(line.claim(2, HELD)).toBe('offered')
    keepHidden(line, 40)
    expect(line.states(2, 3)).toEqual(['offered', 'waiting'])
    expect(line.claim(2)).toBe('active')
    keepHidden(line, 120)
    expect([line.state(2), line.line.totals.noShows]).toEqual(['active', 0])
  })

  it('states how much longer it is held', () => {
    const line = calledLine(60)
    const ask = () => line.exchange({ claims: [{ number: 2, beacon: false, touched: false, ...HELD }] }).claims[0]
    expect(ask()).toEqual({ state: 'offered', heldSeconds: 60 })
    line.pass(12)
    expect(ask()).toEqual({ state: 'offered', heldSeconds: 48 })
  })

  it('goes to the next one after that time, for good, and counts as a no-show', () => {
    const line = calledLine(60)
    line.claim(2, HELD)
    keepHidden(line, 70)
    expect([line.state(2), line.line.totals.noShows]).toEqual(['gone', 1])
    expect(line.state(3)).toBe('offered')
    expect(line.claim(2)).toBe('gone')
    expect([...line.line.lostPlaces(line.nowMs)]).toEqual([])
    expect(line.line.journal.of(2).at(-1)).toMatchObject({ event: 'missed', from: 'offered' })
  })

  it('is freed by silence like any other', () => {
    const line = calledLine(600)
    line.claim(2, HELD)
    for (let i = 0; i < 4; i++) {
      line.pass(10).hear([3])
      line.tick()
    }
    expect(line.states(2, 3)).toEqual(['absent', 'offered'])
    // The time begins anew with the next offer.
    line.claim(3)
    line.hear([2])
    line.leave(3)
    expect(line.state(2)).toBe('offered')
    line.claim(2, HELD)
    expect(
      line.pass(10).exchange({ claims: [{ number: 2, beacon: false, touched: false, ...HELD }] }).claims[0],
    ).toEqual({
      state: 'offered',
      heldSeconds: 590,
    })
  })

  it('is not held unless the room says so', () => {
    expect(calledLine(0).claim(2, HELD)).toBe('active')
  })

  it('loses no time while the room is suspended', () => {
    const line = calledLine(60)
    line.claim(2, HELD)
    line.operate((each) => each.applyRuntimeRules({ ...each.rules, suspended: true }))
    for (let i = 0; i < 12; i++) line.pass(10).tick()
    line.operate((each) => each.applyRuntimeRules({ ...each.rules, suspended: false }))
    line.tick()
    expect(line.claim(2, HELD)).toBe('offered')
    keepHidden(line, 40)
    expect(line.state(2)).toBe('offered')
  })

  it('is held anew after a restart, which forgets when the hold began', () => {
    const line = calledLine(60)
    line.claim(2, HELD)
    keepHidden(line, 50)
    line.crash()
    expect(line.claim(2, HELD)).toBe('offered')
    keepHidden(line, 50)
    expect(line.state(2)).toBe('offered')
    keepHidden(line, 20)
    expect(line.state(2)).toBe('gone')
  })
})
