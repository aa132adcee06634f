import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  capacityAt,
  meanRate,
  PIECES_PER_RAMP,
  type RatePlan,
  type RateStep,
  rateAt,
  ratePieces,
} from '../../src/core/rate-plan.ts'

const TEN_MS = 36_000_000
const MINUTE_MS = 60_000
const BASE = 30

function step(minute: number, ratePerMinute: number, others: Partial<RateStep> = {}): RateStep {
  return { atMs: TEN_MS + minute * MINUTE_MS, ratePerMinute, capacity: null, ramp: false, ...others }
}

/** At 10:00 nobody, from 10:10 on 60, by 10:20 rising to 600, at 10:30 down to 120. */
const PLAN: RatePlan = [
  step(0, 0, { capacity: 100 }),
  step(10, 60),
  step(20, 600, { ramp: true, capacity: 1000 }),
  step(30, 120),
]

function atMinute(minute: number): number {
  return TEN_MS + minute * MINUTE_MS
}

describe('the rate of a plan', () => {
  it.each([
    [-1, 30],
    [-1 / 60_000, 30],
    [0, 0],
    [9.999, 0],
    [10, 60],
    [15, 330],
    [17.5, 465],
    [20, 600],
    [29, 600],
    [30, 120],
    [1_000_000, 120],
  ])('at minute %d is %d', (minute, rate) => {
    expect(rateAt(PLAN, BASE, atMinute(minute))).toBe(rate)
  })

  it('is the base without steps', () => {
    expect(rateAt([], BASE, TEN_MS)).toBe(BASE)
    expect(meanRate([], BASE, TEN_MS, TEN_MS + 1)).toBe(BASE)
  })

  it('changes at once at a first step, even if that is a ramp', () => {
    const plan = [step(0, 600, { ramp: true })]
    expect(rateAt(plan, BASE, atMinute(-0.1))).toBe(BASE)
    expect(rateAt(plan, BASE, atMinute(0))).toBe(600)
  })

  it('takes the later of two steps at the same time', () => {
    const plan = [step(0, 10), step(0, 20), step(0, 40, { ramp: true })]
    expect(rateAt(plan, BASE, atMinute(0))).toBe(40)
    expect(meanRate(plan, BASE, atMinute(-1), atMinute(1))).toBe((BASE + 40) / 2)
  })
})

describe('the capacity of a plan', () => {
  it.each([
    [-1, 50],
    [0, 100],
    [10, 100],
    [15, 550],
    // 100 + 900 * 1 / 60 = 115; a moment earlier it is less.
    [10 + 1 / 6, 115],
    [10 + 1 / 6 - 0.001, 114],
    [20, 1000],
    [40, 1000],
  ])('at minute %d is %d', (minute, capacity) => {
    expect(capacityAt(PLAN, 50, atMinute(minute))).toBe(capacity)
  })

  it('is the base until a step sets one, and does not ramp to an unset one', () => {
    const plan = [step(0, 1), step(10, 2, { ramp: true }), step(20, 3, { ramp: true, capacity: 70 })]
    expect([0, 5, 10, 15, 20].map((minute) => capacityAt(plan, 50, atMinute(minute)))).toEqual([50, 50, 50, 60, 70])
  })
})

const plans = fc
  .array(
    fc.record({
      minutes: fc.integer({ min: 0, max: 30 }),
      ratePerMinute: fc.nat({ max: 1000 }),
      capacity: fc.option(fc.nat({ max: 500 })),
      ramp: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((steps) => {
    let minute = 0
    return steps.map(({ minutes, ...values }) => {
      minute += minutes
      return { ...values, atMs: atMinute(minute) }
    })
  })
const minutes = fc.double({ min: -20, max: 200, noNaN: true })

describe('the mean rate of a plan', () => {
  it('is the integral of the rate, divided by the length', () => {
    fc.assert(
      fc.property(plans, minutes, fc.double({ min: 0.1, max: 100, noNaN: true }), (plan, from, length) => {
        const fromMs = atMinute(from)
        const toMs = atMinute(from + length)
        // Midpoint rule: exact on slopes, off by at most half a slice at each step.
        const slices = 2000
        const sliceMs = (toMs - fromMs) / slices
        let sum = 0
        for (let i = 0; i < slices; i++) sum += rateAt(plan, BASE, fromMs + (i + 0.5) * sliceMs)
        expect(Math.abs(meanRate(plan, BASE, fromMs, toMs) - sum / slices)).toBeLessThanOrEqual((6 * 1000) / slices)
      }),
    )
  })

  it('adds up over the parts of an interval', () => {
    fc.assert(
      fc.property(plans, fc.tuple(minutes, minutes, minutes), (plan, times) => {
        const [a, b, c] = times.map(atMinute).sort((x, y) => x - y) as [number, number, number]
        const integral = (fromMs: number, toMs: number) => meanRate(plan, BASE, fromMs, toMs) * (toMs - fromMs)
        expect(integral(a, b) + integral(b, c)).toBeCloseTo(integral(a, c), 2)
      }),
    )
  })

  it('of an empty interval is the rate at its end', () => {
    expect(meanRate(PLAN, BASE, atMinute(15), atMinute(15))).toBe(330)
    expect(meanRate(PLAN, BASE, atMinute(25), atMinute(15))).toBe(330)
  })
})

describe('the pieces of a plan', () => {
  it('are its steps, and each ramp as four means', () => {
    expect(PIECES_PER_RAMP).toBe(4)
    expect(ratePieces(PLAN, BASE, atMinute(-5), 20)).toEqual([
      { fromMs: atMinute(-5), ratePerMinute: 30 },
      { fromMs: atMinute(0), ratePerMinute: 0 },
      { fromMs: atMinute(10), ratePerMinute: 127.5 },
      { fromMs: atMinute(12.5), ratePerMinute: 262.5 },
      { fromMs: atMinute(15), ratePerMinute: 397.5 },
      { fromMs: atMinute(17.5), ratePerMinute: 532.5 },
      { fromMs: atMinute(20), ratePerMinute: 600 },
      { fromMs: atMinute(30), ratePerMinute: 120 },
    ])
  })

  it('begin at the given time, also within a ramp', () => {
    const pieces = ratePieces(PLAN, BASE, atMinute(18), 2)
    expect(pieces).toEqual([
      { fromMs: atMinute(18), ratePerMinute: 505.5 },
      { fromMs: atMinute(18.5), ratePerMinute: 532.5 },
    ])
    expect(ratePieces(PLAN, BASE, atMinute(99), 5)).toEqual([{ fromMs: atMinute(99), ratePerMinute: 120 }])
    expect(ratePieces([], BASE, 7, 5)).toEqual([{ fromMs: 7, ratePerMinute: BASE }])
  })

  it('are at most as many as asked for, ascending, no two neighbours alike, each with its mean', () => {
    fc.assert(
      fc.property(plans, minutes, fc.integer({ min: 1, max: 12 }), (plan, from, count) => {
        const pieces = ratePieces(plan, BASE, atMinute(from), count)
        expect(pieces.length).toBeLessThanOrEqual(count)
        expect(pieces[0]?.fromMs).toBe(atMinute(from))
        for (const [i, piece] of pieces.entries()) {
          const next = pieces[i + 1]
          if (next === undefined) continue
          expect(next.fromMs).toBeGreaterThan(piece.fromMs)
          expect(next.ratePerMinute).not.toBe(piece.ratePerMinute)
          expect(meanRate(plan, BASE, piece.fromMs, next.fromMs)).toBeCloseTo(piece.ratePerMinute, 6)
        }
      }),
    )
  })
})
