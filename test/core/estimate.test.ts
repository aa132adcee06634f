/**
 * The estimated wait in figures, computed independently of estimate.ts, to the second. After a
 * change of the formula, measure it with the simulation and compute them again.
 */
import { describe, expect, it } from 'vitest'
import { type EstimateInput, estimateWait } from '../../src/core/estimate.ts'

/** One a minute, measured over 64 admissions, in a room bound by its capacity. */
const SLOW: EstimateInput = {
  position: 25,
  admittedPerMinute: 1,
  observedAdmissions: 64,
  leaverSharePerMinute: 0,
  ratePerMinute: 600,
}

function range(changes: Partial<EstimateInput>): number[] | null {
  const estimate = estimateWait({ ...SLOW, ...changes })
  return estimate && [estimate.lowSeconds, estimate.likelySeconds, estimate.highSeconds]
}

describe('the estimated wait', () => {
  it('is unknown before the first admission and while the rate in force is 0', () => {
    expect(range({ admittedPerMinute: null })).toBeNull()
    expect(range({ ratePerMinute: 0 })).toBeNull()
  })

  it('is position / admissions, with a variance of 1 / 25 + 1 / 64 + 0.09²', () => {
    expect(range({})).toEqual([1040, 1500, 2000])
  })

  it('is narrower with many observed admissions than with few', () => {
    expect(range({ position: 6000, admittedPerMinute: 30, observedAdmissions: 40 })).toEqual([9298, 12_000, 14_871])
    const [low, , high] = range({ position: 6000, admittedPerMinute: 30, observedAdmissions: 4000 }) as number[]
    expect(low).toBeGreaterThan(9298)
    expect(high).toBeLessThan(14_871)
  })

  it('is never wider than for a single slot', () => {
    // By the formula: 6,000 s times 0.0988 and 2.2768, the quantiles of a variance of 1.
    expect(range({ position: 1, admittedPerMinute: 0.01, observedAdmissions: 0.6 })).toEqual([593, 6000, 13_661])
    expect(range({ position: 1, admittedPerMinute: 0.01, observedAdmissions: 0 })).toEqual([593, 6000, 13_661])
  })

  it('follows the rate from 95 % of it on, also after the rate was lowered', () => {
    const clockwork = [10_640, 12_000, 13_401]
    const crowd = { position: 6000, observedAdmissions: 40, ratePerMinute: 30 }
    expect(range({ ...crowd, admittedPerMinute: 28.5 })).toEqual(clockwork)
    expect(range({ ...crowd, admittedPerMinute: 40 })).toEqual(clockwork)
    expect(range({ ...crowd, admittedPerMinute: 28.4 })).toEqual([9822, 12_676, 15_709])
  })

  it('is shortened by leavers ahead: ln(1 + h P / a) / h minutes', () => {
    const leaving = { position: 300, admittedPerMinute: 30, observedAdmissions: 50, leaverSharePerMinute: 0.1 }
    expect(range(leaving)).toEqual([323, 416, 515])
    // 10,000 at 30 a minute, 1 % a minute leave: 147 minutes instead of 333.
    const byRate = { position: 10_000, admittedPerMinute: 30, leaverSharePerMinute: 0.01, ratePerMinute: 30 }
    expect(range(byRate)).toEqual([7735, 8798, 9896])
  })

  it('bounds the variance of the leaver share by that of one leaver', () => {
    expect(range({ position: 100, observedAdmissions: 60, leaverSharePerMinute: 0.001 })).toEqual([4366, 5719, 7161])
  })
})
