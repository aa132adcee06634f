/**
 * A suspended room: its clock stands still, no ticket is forgotten or admitted, and afterwards each
 * has its full limit again.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LineRules } from '../../src/core/rules.ts'
import { aged, DrivenLine, keepPolling } from './support/driven-line.ts'

function suspend(line: DrivenLine, suspended: boolean): void {
  line.applyRuntimeRules({ suspended })
}

/** Ticks without any message. */
function idle(line: DrivenLine, seconds: number): void {
  for (let passed = 0; passed < seconds; passed += 10) line.pass(10).tick()
}

describe('while a room is suspended', () => {
  it.each([14, 60, 400, 86_400])('nobody is forgotten in %d s, whatever calls come', (seconds) => {
    const line = new DrivenLine({ capacity: 2 })
    const numbers = line.join(12)
    line.claim(1, { beacon: true })
    keepPolling(line, numbers.slice(0, 11), 30)
    expect(line.state(12)).toBe('absent')
    const before = line.states(...numbers)
    suspend(line, true)
    for (let i = 0; i < 20; i++) {
      line.pass(seconds / 20).tick()
      line.check(0)
      line.exchange()
    }
    expect(line.states(...numbers)).toEqual(before)
  })

  it('nobody is admitted, neither to a freed slot nor by hand', () => {
    const line = new DrivenLine({ capacity: 1 })
    const [first, second] = line.join(2) as [number, number]
    suspend(line, true)
    line.pass(1).leave(first)
    line.operate((core) => core.admitByHand(1))
    line.pass(10).tick()
    expect(line.states(first, second)).toEqual(['gone', 'waiting'])
  })

  it.each([
    ['session_max_seconds', { sessionMaxSeconds: 60 }],
    ['idle_timeout_seconds', { idleTimeoutSeconds: 60 }],
  ])('%s does not run', (_, changes) => {
    const line = new DrivenLine({ capacity: 1, sessionTimeoutSeconds: 1800, ...changes })
    const [number] = line.join() as [number]
    line.pass(10).tick()
    suspend(line, true)
    idle(line, 600)
    suspend(line, false)
    idle(line, 40)
    expect(line.state(number)).toBe('active')
    idle(line, 30)
    expect(line.state(number)).toBe('gone')
  })
})

describe('after a suspension', () => {
  it.each([
    ['a waiting ticket', 2, 20],
    ['a session with a beacon', 1, 20],
    ['a session without one', 3, 60],
  ])('%s has its full limit again', (_, number, limitSeconds) => {
    const line = new DrivenLine({ capacity: 2, checkIntervalSeconds: 5 })
    line.join()
    line.claim(1, { beacon: true })
    const [three] = line.exchange({ joins: ['x'] }).joins
    expect(three).toMatchObject({ state: 'active' })
    line.join(3)
    const asked = number === 3 ? 2 : number === 2 ? 3 : 1
    line.pass(14).exchange()
    suspend(line, true)
    for (let i = 0; i < 5; i++) line.pass(100).tick()
    suspend(line, false)
    const before = line.state(asked)
    for (let passed = 5; passed < limitSeconds; passed += 5) {
      line.pass(5).exchange()
      line.tick()
      expect(line.state(asked)).toBe(before)
    }
    line.pass(5).exchange()
    line.tick()
    expect(line.state(asked)).toBe('absent')
  })

  it('an absent ticket has its full grace again', () => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 60 })
    const [stays, away] = line.join(2) as [number, number]
    keepPolling(line, [stays], 60)
    expect(line.state(away)).toBe('absent')
    suspend(line, true)
    idle(line, 600)
    suspend(line, false)
    keepPolling(line, [stays], 50)
    expect(line.state(away)).toBe('absent')
    keepPolling(line, [stays], 30)
    expect(line.state(away)).toBe('gone')
  })

  it('keeps the order: no newcomer overtakes a waiting ticket', () => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 20 })
    const [inside, ...waiting] = line.join(4) as [number, ...number[]]
    suspend(line, true)
    idle(line, 900)
    expect(line.exchange({ joins: ['newcomer'] }).joins).toEqual([{ state: 'full', why: 'suspended' }])
    suspend(line, false)
    const [newcomer] = line.join() as [number]
    line.pass(5).hear([...waiting, newcomer])
    line.leave(inside)
    expect(line.states(...waiting, newcomer)).toEqual(['offered', 'waiting', 'waiting', 'waiting'])
  })
})

describe('a restart', () => {
  it.each<[string, boolean, boolean]>([
    ['while suspended keeps everyone', true, true],
    ['by a deploy that suspends the room keeps everyone', false, true],
    ['by a deploy that resumes the room gives everyone a full limit', true, false],
  ])('%s', (_, before, after) => {
    const line = new DrivenLine({ capacity: 1, reclaimGraceSeconds: 20, checkIntervalSeconds: 5 })
    const numbers = line.join(10)
    line.tick()
    line.pass(15).exchange()
    if (before) suspend(line, true)
    line.pass(1).tick()
    line.pass(3600).crash({ suspended: after })
    line.pass(3600)
    line.exchange()
    line.tick()
    for (let passed = 0; passed < 15; passed += 5) {
      line.pass(5).exchange()
      line.tick()
    }
    expect(new Set(line.states(...numbers.slice(1)))).toEqual(new Set(['waiting']))
    if (after) idle(line, 600)
    expect(line.states(...numbers.slice(1)).includes('gone')).toBe(false)
  })

  it('of data from an older version assumes no suspension', () => {
    const line = new DrivenLine({ capacity: 1 })
    const numbers = line.join(3)
    line.tick()
    line.forgetSuspension()
    line.crash()
    keepPolling(line, numbers, 60)
    expect(line.states(...numbers)).toEqual(['active', 'waiting', 'waiting'])
  })
})

describe('any sequence of events around suspensions', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom('join', 'tick', 'check', 'restart', 'suspend', 'resume') }),
    fc.record({ do: fc.constantFrom('hear', 'claim', 'depart'), who: fc.nat({ max: 30 }) }),
  )
  const steps = fc.array(fc.tuple(fc.nat({ max: 30_000 }), step), { minLength: 1, maxLength: 80 })
  const changes: fc.Arbitrary<Partial<LineRules>> = fc.record({
    capacity: fc.integer({ min: 1, max: 4 }),
    reclaimGraceSeconds: fc.constantFrom(0, 30, 300),
    idleTimeoutSeconds: fc.constantFrom(0, 60),
    sessionMaxSeconds: fc.constantFrom(0, 60),
  })

  it('ends and admits nobody while suspended, and ends nobody within 15 s after it', () => {
    fc.assert(
      fc.property(changes, steps, (settings, all) => {
        const line = new DrivenLine(settings)
        let resumedMs = Number.NEGATIVE_INFINITY
        for (const [elapsedMs, action] of all) {
          line.nowMs += elapsedMs
          const { next, live, occupied } = line.line.tickets
          const totals = { ...line.line.totals }
          const { suspended } = line.line.rules
          const who = 'who' in action && next > 1 ? (action.who % (next - 1)) + 1 : 0
          if (action.do === 'join') line.join()
          else if (action.do === 'tick') line.tick()
          else if (action.do === 'check') line.check(0)
          else if (action.do === 'suspend' || action.do === 'resume') {
            if (suspended && action.do === 'resume') resumedMs = line.nowMs
            line.applyRuntimeRules({ suspended: action.do === 'suspend' })
          } else if (action.do === 'restart') {
            line.tick()
            line.crash()
          } else if (who > 0 && action.do === 'hear') line.exchange({ presence: aged([who], 0) })
          else if (who > 0 && action.do === 'claim') line.claim(who)
          else if (who > 0) line.depart(who)
          const isProtected = suspended || line.nowMs - resumedMs < 10_000
          if (!isProtected) continue
          const after = line.line.totals
          expect([after.expired, after.forgotten, after.ended - totals.ended]).toEqual([
            totals.expired,
            totals.forgotten,
            suspended ? 0 : after.ended - totals.ended,
          ])
          if (suspended && action.do !== 'resume') {
            expect(line.line.tickets.live).toBe(live)
            expect(line.line.tickets.occupied).toBe(occupied)
          }
        }
      }),
      { numRuns: 150 },
    )
  })
})
