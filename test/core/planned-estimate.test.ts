/** The estimated wait under a rate plan. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EstimateInput, estimateWait } from '../../src/core/estimate.ts'
import { plannedWait } from '../../src/core/planned-wait.ts'
import type { RatePiece } from '../../src/core/rate-plan.ts'

const NOW_MS = 1_700_000_000_000

/** Each piece as [minute from now, rate]. */
function piecesOf(...pieces: [minute: number, ratePerMinute: number][]): RatePiece[] {
  return pieces.map(([minute, ratePerMinute]) => ({ fromMs: NOW_MS + minute * 60_000, ratePerMinute }))
}

/** A room that has admitted 60 a minute for long, as its rate says. */
const STEADY: EstimateInput = {
  position: 600,
  admittedPerMinute: 60,
  observedAdmissions: 120,
  leaverSharePerMinute: 0,
  ratePerMinute: 60,
  nowMs: NOW_MS,
}

/** Nobody was admitted yet, and nobody is for now. */
const BEFORE_START = { ...STEADY, admittedPerMinute: null, observedAdmissions: 0, ratePerMinute: 0 }

function likelySeconds(input: EstimateInput): number | undefined {
  return estimateWait(input)?.likelySeconds
}

describe('the estimated wait under a rate plan', () => {
  it('is the same as without one if the rate stays', () => {
    const inputs = fc.record({
      position: fc.integer({ min: 1, max: 100_000 }),
      admittedPerMinute: fc.double({ min: 0.01, max: 1000, noNaN: true }),
      observedAdmissions: fc.double({ min: 0.5, max: 2000, noNaN: true }),
      leaverSharePerMinute: fc.double({ min: 0, max: 1, noNaN: true }),
      ratePerMinute: fc.integer({ min: 1, max: 1000 }),
    })
    fc.assert(
      fc.property(inputs, (input) => {
        const pieces = piecesOf([-5, input.ratePerMinute])
        expect(estimateWait({ ...input, pieces, nowMs: NOW_MS })).toEqual(estimateWait(input))
      }),
    )
  })

  it('includes the time until a planned start, of which the range is certain', () => {
    const pieces = piecesOf([-5, 0], [30, 60])
    const estimate = estimateWait({ ...BEFORE_START, position: 10, pieces })
    expect(estimate?.likelySeconds).toBe(30 * 60 + 10)
    expect(estimate?.lowSeconds).toBeGreaterThan(30 * 60)
    expect(estimate?.highSeconds).toBeLessThan(30 * 60 + 20)
  })

  it('counts a step before the turn, and none after it', () => {
    // 5 minutes at 60, and the other 300 at 600.
    expect(likelySeconds({ ...STEADY, pieces: piecesOf([-5, 60], [5, 600]) })).toBe(5 * 60 + 30)
    expect(likelySeconds({ ...STEADY, pieces: piecesOf([-5, 60], [10.1, 600]) })).toBe(600)
    // 5 minutes at 60, 10 minutes nobody, 5 minutes at 60.
    expect(likelySeconds({ ...STEADY, pieces: piecesOf([-5, 60], [5, 0], [15, 60]) })).toBe(20 * 60)
  })

  it('lets a room that is bound by its sessions admit no more than measured', () => {
    const busy = { ...STEADY, admittedPerMinute: 30 }
    expect(likelySeconds({ ...busy, pieces: piecesOf([-5, 60], [5, 600]) })).toBe(20 * 60)
    expect(likelySeconds({ ...busy, pieces: piecesOf([-5, 60], [5, 15]) })).toBe(5 * 60 + 30 * 60)
  })

  it('does not take the first minutes after a start for a room bound by its sessions', () => {
    // The measured rate still covers the lobby: after 30 s it is 60 (1 - exp(-30 / 120)).
    const started = { ...STEADY, admittedPerMinute: 13.3, observedAdmissions: 26 }
    const pieces = piecesOf([-5, 0], [-0.5, 60])
    expect(likelySeconds({ ...started, pieces })).toBe(600)
    // Half of them: 30 per minute in which the room was open.
    expect(likelySeconds({ ...started, admittedPerMinute: 6.636, pieces })).toBeCloseTo(1200, -1)
  })

  it('does not take a ramp for a room bound by its sessions', () => {
    // Rising by 60 a minute for 2 minutes. The weighted mean is 42.6 and was 38.5 10 s ago.
    const rising = { ...STEADY, admittedPerMinute: 38, ratePerMinute: 120 }
    const pieces = piecesOf([-5, 0], [-2, 30], [-1, 90], [0, 150], [1, 210])
    expect(likelySeconds({ ...rising, position: 150 + 210, pieces })).toBe(120)
  })

  it('is unknown if nobody is admitted although the plan allows it, or if the plan admits nobody any more', () => {
    const pieces = piecesOf([-5, 60])
    expect(estimateWait({ ...STEADY, ratePerMinute: 0, pieces })).toBeNull()
    expect(estimateWait({ ...STEADY, admittedPerMinute: null, pieces })).toBeNull()
    expect(estimateWait({ ...STEADY, pieces: piecesOf([-5, 60], [5, 0]) })).toBeNull()
    expect(estimateWait({ ...BEFORE_START, pieces: piecesOf([-5, 0]) })).toBeNull()
  })

  it('is known from the first second after a start, before anyone could be measured', () => {
    const pieces = piecesOf([-5, 0], [-1 / 60, 60])
    expect(likelySeconds({ ...BEFORE_START, ratePerMinute: 60, pieces })).toBe(600)
  })

  it('scales the plan by the factor of the origin guard', () => {
    const pieces = piecesOf([-5, 0], [10, 60])
    expect(likelySeconds({ ...BEFORE_START, admissionFactor: 0.5, pieces })).toBe(10 * 60 + 20 * 60)
    expect(estimateWait({ ...BEFORE_START, admissionFactor: 0, pieces })).toBeNull()
  })

  it('treats the start of the first piece as now, and an empty list as no plan', () => {
    const { nowMs, ...rest } = BEFORE_START
    expect(likelySeconds({ ...rest, pieces: piecesOf([0, 0], [30, 60]) })).toBe(30 * 60 + 600)
    expect(estimateWait({ ...STEADY, pieces: [] })).toEqual(estimateWait({ ...STEADY, nowMs }))
  })

  it('is a range in order, and longer the further back the visitor is', () => {
    fc.assert(
      fc.property(
        flows,
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (flow, position, share) => {
          const pieces = piecesOf([-5, 0], ...flow, [300, 50])
          const of = (place: number) =>
            estimateWait({ ...BEFORE_START, position: place, leaverSharePerMinute: share, pieces })
          const estimate = of(position)
          if (estimate === null) throw new Error('unknown')
          expect(estimate.lowSeconds).toBeLessThanOrEqual(estimate.likelySeconds)
          expect(estimate.likelySeconds).toBeLessThanOrEqual(estimate.highSeconds)
          expect(of(position + 10)?.likelySeconds).toBeGreaterThanOrEqual(estimate.likelySeconds)
        },
      ),
    )
  })
})

const flows = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat({ max: 200 })), { maxLength: 5 })
  .map((steps) => {
    let minute = 0
    return steps.map(([minutes, rate]): [number, number] => {
      minute += minutes
      return [minute, rate]
    })
  })

describe('the planned wait', () => {
  it('is the time in which dP/dt = -(a + h P) lets the line pass', () => {
    fc.assert(
      fc.property(
        flows,
        fc.integer({ min: 2, max: 2000 }),
        fc.double({ min: 0, max: 0.2, noNaN: true }),
        fc.double({ min: 0.2, max: 2, noNaN: true }),
        (flow, position, share, slowness) => {
          const pieces = piecesOf([0, 10], ...flow, [150, 100]).map(({ fromMs, ratePerMinute }) => ({
            fromMs,
            admittedPerMinute: ratePerMinute,
            boundBySessions: false,
          }))
          const { minutes } = plannedWait(position, share, pieces, NOW_MS, slowness)
          const rateAt = (minute: number) =>
            pieces.findLast(({ fromMs }) => fromMs <= NOW_MS + minute * 60_000)?.admittedPerMinute ?? 0
          expect(Math.abs(minutes - simulated(position, share, rateAt, slowness))).toBeLessThan(0.1 + 0.01 * minutes)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is divided by what bounds the room', () => {
    const pieces = piecesOf([0, 60], [5, 60]).map(({ fromMs, ratePerMinute }, i) => ({
      fromMs,
      admittedPerMinute: ratePerMinute,
      boundBySessions: i === 1,
    }))
    expect(plannedWait(1200, 0, pieces, NOW_MS, 1)).toEqual({ minutes: 20, sessionShare: 0.75 })
  })
})

/** Minutes, in small steps. At a border the last one in line stays: at least one is left. */
function simulated(position: number, share: number, rateAt: (minute: number) => number, slowness: number): number {
  const step = 0.002
  let people = position
  for (let minute = 0; ; minute += step) {
    const rate = rateAt(minute + step / 2)
    people -= ((rate + share * people) * step) / slowness
    if (people <= 0 && rate > 0) return minute
    people = Math.max(people, rate === 0 ? 1 : people)
  }
}
