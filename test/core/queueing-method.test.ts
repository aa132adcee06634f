import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { QueueingMethod } from '../../src/core/rules.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { DrivenLine } from './support/driven-line.ts'
import { event } from './support/events.ts'

describe('the method "reject"', () => {
  it('refuses newcomers who would wait, and issues them no ticket', () => {
    const line = new DrivenLine({ method: 'reject', capacity: 2 })
    expect(line.join(4)).toEqual([1, 2, 0, 0])
    expect(line.line.tickets.waiting).toBe(0)
    expect(takeSnapshot(line.line, line.nowMs)).toMatchObject({ full: true, method: 'reject' })
    line.leave(1)
    expect(takeSnapshot(line.line, line.nowMs).full).toBe(false)
    expect(line.join(2)).toEqual([3, 0])
  })

  it('first admits those who already wait when it begins', () => {
    const line = new DrivenLine({ capacity: 1 })
    const [, second] = line.join(2) as [number, number]
    line.applyRuntimeRules({ method: 'reject' })
    expect(line.join()).toEqual([0])
    line.leave(1)
    line.tick()
    expect(line.claim(second)).toBe('active')
  })

  it('lets everyone into the lobby of an event', () => {
    const line = new DrivenLine({ method: 'reject', capacity: 1 }, [event()])
    line.pass(60)
    expect(line.join(3)).not.toContain(0)
  })
})

describe('the method "random"', () => {
  it('admits a crowd in an order that is not the one of arrival, each once, and only within rounds', () => {
    const line = new DrivenLine({ method: 'random', capacity: 1, ratePerMinute: 1_000_000 })
    line.join()
    const numbers = line.join(500)
    expect(new Set(numbers).size).toBe(500)
    expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b))
    // The first round has 64 numbers, the second as many as wait then.
    const rounds = [numbers.slice(0, 64), numbers.slice(64, 128), numbers.slice(128, 256), numbers.slice(256, 500)]
    for (const [i, round] of rounds.slice(1).entries()) {
      expect(Math.min(...round)).toBeGreaterThan(Math.max(...(rounds[i] as number[])))
    }
  })

  it('gives every place of a round to every newcomer about equally often', () => {
    const places = new Uint32Array(64)
    for (let run = 0; run < 640; run++) {
      const line = new DrivenLine({ method: 'random', capacity: 1 })
      line.join()
      const [number = 0] = line
        .exchange({ joins: [`run ${run}`] })
        .joins.map((answer) => ('number' in answer ? answer.number : 0))
      ;(places[number - 2] as number)++
    }
    // 10 on average; a chi-square of 63 degrees of freedom exceeds 115 in one of 10,000 runs.
    const chiSquare = places.reduce((sum, count) => sum + (count - 10) ** 2 / 10, 0)
    expect(chiSquare).toBeLessThan(115)
  })

  it('never issues a number twice, through leaving, restarts, events and changes of the method', () => {
    const steps = fc.array(fc.constantFrom('join', 'many', 'leave', 'restart', 'tick', 'fifo', 'random'), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(steps, (list) => {
        const line = new DrivenLine({ method: 'random', capacity: 3 })
        const seen = new Set(line.join())
        for (const step of list) {
          if (step === 'join' || step === 'many') {
            for (const number of line.join(step === 'join' ? 1 : 40)) {
              expect(seen.has(number)).toBe(false)
              seen.add(number)
            }
          } else if (step === 'leave') line.leave(...[...seen].slice(-5))
          else if (step === 'restart') line.crash()
          else if (step === 'tick') line.pass(10).tick()
          else line.applyRuntimeRules({ method: step as QueueingMethod })
        }
      }),
      { numRuns: 200 },
    )
  })

  it('keeps the places that were given before, when the method changes', () => {
    const line = new DrivenLine({ capacity: 1 })
    const [, ...waiting] = line.join(20)
    line.applyRuntimeRules({ method: 'random' })
    const later = line.join(20)
    expect(Math.min(...later)).toBeGreaterThan(Math.max(...waiting))
  })
})

describe('the method "passthrough"', () => {
  it('keeps the line as with "fifo": its figures say who would wait', () => {
    const line = new DrivenLine({ method: 'passthrough', capacity: 2 })
    const numbers = line.join(5)
    expect([line.line.tickets.active, line.line.tickets.waiting]).toEqual([2, 3])
    line.leave(numbers[0] as number)
    line.tick()
    expect([line.line.tickets.occupied, line.line.tickets.waiting]).toEqual([2, 2])
  })

  it('allows visitors who would wait the silence of a session', () => {
    const limits = { capacity: 1, heartbeatTimeoutSeconds: 20, sessionTimeoutSeconds: 300 }
    for (const [method, waiting] of [
      ['fifo', 0],
      ['passthrough', 1],
    ] as const) {
      const line = new DrivenLine({ ...limits, method })
      const [first, second] = line.join(2) as [number, number]
      for (let i = 0; i < 12; i++) {
        line.pass(10)
        line.hear([first])
        line.tick()
      }
      expect(line.line.tickets.waiting, method).toBe(waiting)
      expect(line.line.tickets.absent, method).toBe(1 - waiting)
      expect(second).toBe(2)
    }
  })

  it('counts the time on the site from the join on, for everyone', () => {
    const line = new DrivenLine({ method: 'passthrough', capacity: 1 })
    const [first, second] = line.join(2) as [number, number]
    for (let i = 0; i < 6; i++) {
      line.pass(10)
      line.hear([first, second])
      line.tick()
    }
    line.leave(first, second)
    const { siteTimes, abandonedWaits } = line.line.distributions
    expect(siteTimes.toStored().sumSeconds).toBe(120)
    expect(abandonedWaits.toStored().sumSeconds).toBe(0)
  })
})
