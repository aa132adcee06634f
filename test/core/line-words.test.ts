/** Departures, delayed messages, repeated calls, and what a check and a tick do on their own. */
import { describe, expect, it } from 'vitest'
import { aged, DrivenLine } from './support/driven-line.ts'

/**
 * Three visitors, two slots; 3 departs after 5 s. A departure shortens the limit from 20 s to 10 s.
 */
function departed(): DrivenLine {
  const line = new DrivenLine()
  line.join(3)
  line.pass(5).depart(3)
  return line
}

function stateAfter(line: DrivenLine, seconds: number): string {
  // Other visitors are heard, so that the clock advances.
  for (let left = seconds; left > 0; left -= 5) line.pass(Math.min(left, 5)).hear([1, 2])
  line.tick()
  return line.state(3)
}

describe('a departure', () => {
  it('counts as heard: the short limit starts with it', () => {
    expect(stateAfter(departed(), 9)).toBe('waiting')
    expect(stateAfter(departed(), 10)).toBe('absent')
  })

  it('is cancelled by a later message, even in the same second', () => {
    for (const seconds of [0, 2]) {
      const line = departed()
      line.pass(seconds).hear([3])
      expect(stateAfter(line, 11)).toBe('waiting')
    }
  })

  it('is cancelled by a later message that took a second', () => {
    const line = departed()
    line.pass(2).hear([3], 1000)
    expect(stateAfter(line, 11)).toBe('waiting')
  })

  it('is not cancelled by an earlier message', () => {
    const line = departed()
    line.pass(1).hear([3], 3000)
    expect(stateAfter(line, 10)).toBe('absent')
  })

  it('counts if it took a second and nothing was heard since', () => {
    const line = new DrivenLine()
    line.join(3)
    line.pass(5).exchange({ departures: aged([3], 1000) })
    expect(stateAfter(line, 9)).toBe('absent')
  })

  it('is forgotten by a restart, which treats all as heard one interval after the last call', () => {
    const line = departed()
    line.tick()
    line.crash()
    expect(stateAfter(line, 25)).toBe('waiting')
    expect(stateAfter(line, 5)).toBe('absent')
  })

  it('does not bring an absent ticket back', () => {
    const line = new DrivenLine()
    line.join(3)
    expect(stateAfter(line, 25)).toBe('absent')
    line.depart(3)
    expect(line.state(3)).toBe('absent')
  })
})

describe('a message of an absent visitor', () => {
  const absent = () => {
    const line = new DrivenLine()
    line.join(3)
    expect(stateAfter(line, 25)).toBe('absent')
    return line
  }
  const claim = (ageMs: number) => ({ claims: [{ number: 3, ageMs, beacon: false, touched: false }] })

  it('brings the ticket back while it is younger than the silence limit', () => {
    const line = absent()
    expect(line.exchange(claim(19_999)).claims).toEqual([{ state: 'waiting', position: 1 }])
  })

  it('is too late once it is as old as the limit', () => {
    const line = absent()
    expect(line.exchange(claim(20_000)).claims).toEqual([{ state: 'gone' }])
    expect(line.state(3)).toBe('absent')
  })
})

describe('a claim', () => {
  it('returns a position, and starts a session on an offered ticket', () => {
    const line = new DrivenLine({ capacity: 1, sessionMaxSeconds: 60 })
    line.join(3)
    const claims = [{ number: 3, beacon: false, touched: false }]
    expect(line.exchange({ claims }).claims).toEqual([{ state: 'waiting', position: 2 }])
    line.leave(1)
    line.pass(10)
    expect([line.claim(2), line.state(2)]).toEqual(['active', 'active'])
    for (let passed = 0; passed < 55; passed += 5) line.pass(5).hear([2, 3])
    line.tick()
    expect(line.states(2, 3)).toEqual(['active', 'waiting'])
    line.pass(5).hear([2, 3])
    line.tick()
    expect(line.states(2, 3)).toEqual(['gone', 'offered'])
  })

  it('without a beacon leaves the session its limit of a minute', () => {
    const line = new DrivenLine({ capacity: 3 })
    line.join(3)
    line.claim(3)
    expect(stateAfter(line, 55)).toBe('active')
    expect(stateAfter(line, 5)).toBe('absent')
  })
})

describe('a repeated join', () => {
  it('counts as heard', () => {
    const line = new DrivenLine()
    line.exchange({ joins: ['a', 'b', 'c'] })
    line.pass(15).exchange({ joins: ['c'] })
    expect(stateAfter(line, 15)).toBe('waiting')
  })

  it('counts neither as a beacon nor as use', () => {
    const line = new DrivenLine({ capacity: 3 })
    line.exchange({ joins: ['a', 'b', 'c'] })
    line.exchange({ joins: ['c'] })
    expect(stateAfter(line, 30)).toBe('active')
    const idle = new DrivenLine({ capacity: 3, idleTimeoutSeconds: 30 })
    idle.exchange({ joins: ['a', 'b', 'c'] })
    idle.pass(10).exchange({ joins: ['c'] })
    expect(stateAfter(idle, 20)).toBe('gone')
  })
})

describe('a session with a limit', () => {
  it('is over once silent: its visitor waits again and is not ended by the limit', () => {
    const line = new DrivenLine({ capacity: 1, sessionMaxSeconds: 60 })
    line.join(2)
    line.claim(1, { beacon: true })
    for (let passed = 0; passed < 25; passed += 5) line.pass(5).hear([2])
    line.tick()
    for (let passed = 0; passed < 40; passed += 5) line.pass(5).hear([1, 2])
    line.tick()
    expect(line.states(1, 2)).toEqual(['waiting', 'offered'])
    expect(line.line.totals.ended).toBe(0)
  })
})

describe('a check', () => {
  it('expires silent tickets of its own segment only, and admits the next at once', () => {
    const line = new DrivenLine({ capacity: 4099, ratePerMinute: 60_000 })
    line.join(4102)
    for (const number of [7, 4099]) line.claim(number, { beacon: true })
    for (let passed = 0; passed < 25; passed += 5) line.pass(5).hear([4100, 4101, 4102])
    expect(line.check(1)).toBe(true)
    expect(line.states(7, 4099, 4100, 4101, 4102)).toEqual(['active', 'absent', 'offered', 'waiting', 'waiting'])
    expect(line.check(0)).toBe(true)
    expect(line.states(7, 4101, 4102)).toEqual(['absent', 'offered', 'waiting'])
  })
})

describe('a tick in which the origin guard slows admission', () => {
  it('spends no credit saved at the higher rate', () => {
    const line = new DrivenLine({ capacity: 1, ratePerMinute: 60, originErrorRatioMax: 0.1 })
    line.join(50)
    line.pass(10)
    line.operate((core) => {
      core.applyRuntimeRules({ ...core.rules, capacity: 50 })
      core.noteOrigin({ requests: 20, errors: 20, latency: { counts: [], sumMs: 0 } })
      core.advance()
    })
    // Half the rate: 5 per interval of 10 s, plus 1. The saved credit was 11.
    expect(line.line.tickets.offered).toBe(6)
  })
})
