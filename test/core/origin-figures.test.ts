import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf, percentileOf } from '../../src/core/histogram.ts'
import { ORIGIN_LATENCY_BUCKETS_MS } from '../../src/core/limits.ts'
import { NO_REPORT } from '../../src/core/origin-report.ts'
import { PendingReports } from '../../src/room/pending-reports.ts'
import { DrivenLine } from './support/driven-line.ts'

const BOUNDS = ORIGIN_LATENCY_BUCKETS_MS

function countsOf(values: readonly number[]): number[] {
  const counts = new Array<number>(BOUNDS.length + 1).fill(0)
  for (const value of values) (counts[bucketOf(BOUNDS, value)] as number)++
  return counts
}

/** The report of an isolate after these responses; null stands for an unreachable origin. */
function report(...latenciesMs: (number | null)[]) {
  const reports = new PendingReports()
  for (const latencyMs of latenciesMs) reports.countOrigin({ failed: latencyMs === null, latencyMs })
  return reports.toWire(0).origin ?? NO_REPORT
}

describe('a percentile of a histogram', () => {
  it('lies in the bucket of the true percentile, interpolated', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 29_999 }), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const sorted = values.toSorted((a, b) => a - b)
          const truth = sorted[Math.ceil(share * sorted.length) - 1] as number
          const found = percentileOf(BOUNDS, countsOf(values), share) as number
          expect(bucketOf(BOUNDS, found)).toBe(bucketOf(BOUNDS, truth))
        },
      ),
    )
    expect(percentileOf([100, 200], [0, 4, 0], 0.5)).toBe(150)
    // Half did not exceed 100, however long the others took.
    expect(percentileOf([100, 200, 300], [1, 0, 1], 0.5)).toBe(100)
  })

  it('is the last bound for values beyond it, and null without values', () => {
    expect(percentileOf(BOUNDS, countsOf([60_000]), 0.9)).toBe(30_000)
    expect(percentileOf(BOUNDS, countsOf([]), 0.9)).toBeNull()
  })
})

describe("the origin's figures", () => {
  it('add up over isolates, appear in the next sample, and survive a restart', () => {
    const line = new DrivenLine()
    line.exchange({ joins: ['a'], origin: report(10, 80, null) })
    line.exchange({ origin: report(80, 80) })
    line.pass(10).tick()
    expect(line.line.takeSample()).toMatchObject({ originRequests: 5, originErrors: 1, originLatencyMsP90: 93 })
    line.pass(10).tick()
    expect(line.line.takeSample()).toMatchObject({ originRequests: 0, originErrors: 0, originLatencyMsP90: null })
    line.crash()
    expect(line.line.totals).toMatchObject({ originRequests: 5, originErrors: 1 })
    expect(line.line.originLatency.toStored()).toEqual({ counts: [1, 3, ...new Array(14).fill(0)], sumMs: 250 })
  })

  it('ignore buckets that this version does not have', () => {
    const line = new DrivenLine()
    const latency = { counts: new Array(20).fill(1), sumMs: 1 }
    line.exchange({ origin: { requests: 20, errors: 0, latency } })
    expect(line.line.originLatency.toStored().counts).toHaveLength(BOUNDS.length + 1)
  })

  it('stay 0 when an isolate sends no report', () => {
    const line = new DrivenLine()
    line.exchange({ joins: ['a'] })
    expect(line.line.totals).toMatchObject({ originRequests: 0, originErrors: 0 })
  })
})
