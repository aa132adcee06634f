import { describe, expect, it } from 'vitest'
import { OriginGuard } from '../../src/core/origin-guard.ts'
import type { OriginReport } from '../../src/core/origin-report.ts'

const BY_ERRORS = { originErrorRatioMax: 0.2, originLatencyMaxMs: 0 }
/** The bound is that of the second bucket. */
const BY_LATENCY = { originErrorRatioMax: 0, originLatencyMaxMs: 100 }

function report(requests: number, errors: number, counts: number[] = []): OriginReport {
  return { requests, errors, latency: { counts, sumMs: 0 } }
}

/** The factor after each of these ticks. */
function factors(rules: typeof BY_ERRORS, reports: (OriginReport | null)[], from?: number): number[] {
  const guard = new OriginGuard(from === undefined ? undefined : { admissionFactor: from })
  return reports.map((told) => {
    if (told !== null) guard.note(told)
    guard.judge(rules)
    return guard.admissionFactor(rules)
  })
}

describe("the origin guard's judgement of a tick", () => {
  it('allows errors up to the ratio and no more', () => {
    expect(factors(BY_ERRORS, [report(10, 2)])).toEqual([1])
    expect(factors(BY_ERRORS, [report(10, 3)])).toEqual([0.5])
    // With the ratio off, errors do not count at all.
    expect(factors(BY_LATENCY, [report(10, 3, [7])])).toEqual([0.5])
    expect(factors(BY_LATENCY, [report(100, 3, [97])])).toEqual([1])
  })

  it('needs ten requests for a judgement', () => {
    expect(factors(BY_ERRORS, [report(9, 9)])).toEqual([1])
    expect(factors(BY_ERRORS, [report(10, 10)])).toEqual([0.5])
    expect(factors(BY_ERRORS, [report(9, 9), report(1, 0)])).toEqual([1, 0.5])
  })

  it('waits at most five ticks for enough requests while few failed, then starts again', () => {
    const ticks = [report(9, 9), null, null, null, null, null]
    expect(factors(BY_ERRORS, ticks, 0)).toEqual([0, 0, 0, 0, 0, 0.1])
    // Discarded evidence and its ticks do not count for the next judgement.
    expect(factors(BY_ERRORS, [...ticks, report(1, 1), null], 0).slice(-2)).toEqual([0.1, 0.1])
  })

  it('does not wait if the few requests succeeded', () => {
    expect(factors(BY_ERRORS, [report(1, 0), report(1, 0)], 0)).toEqual([0.1, 0.2])
  })

  it('judges each tick by the reports since the last judgement', () => {
    expect(factors(BY_ERRORS, [report(10, 10), report(10, 0), report(10, 0)])).toEqual([0.5, 0.6, 0.7])
  })

  it('rounds a factor between two steps, and stops at 1', () => {
    expect(factors(BY_ERRORS, [null], 0.125)).toEqual([0.2])
    expect(factors(BY_ERRORS, [null], 0.95)).toEqual([1])
    expect(factors(BY_ERRORS, [null], 1)).toEqual([1])
  })

  it('halves down to a tenth, then to 0', () => {
    expect(factors(BY_ERRORS, [report(10, 10)], 0.2)).toEqual([0.1])
    expect(factors(BY_ERRORS, [report(10, 10)], 0.19)).toEqual([0])
    expect(factors(BY_ERRORS, [report(10, 10)], 0)).toEqual([0])
  })

  it('calls a site slow with more than a tenth in buckets above the limit', () => {
    expect(factors(BY_LATENCY, [report(20, 0, [9, 9, 2])])).toEqual([1])
    expect(factors(BY_LATENCY, [report(20, 0, [9, 8, 3])])).toEqual([0.5])
    expect(factors(BY_ERRORS, [report(20, 0, [9, 8, 3])])).toEqual([1])
  })

  it('judges an error by its latency, and counts one without a latency as slow', () => {
    expect(factors(BY_LATENCY, [report(20, 2, [18])])).toEqual([1])
    expect(factors(BY_LATENCY, [report(20, 3, [17])])).toEqual([0.5])
    // All were timed: the errors came quickly.
    expect(factors(BY_LATENCY, [report(20, 20, [20])])).toEqual([1])
    // A report with more times than requests (a response that was counted again) has no requests
    // without a time.
    expect(factors(BY_LATENCY, [report(10, 10, [30])])).toEqual([1])
    // More errors than requests without a time: only those requests count as late.
    expect(factors(BY_LATENCY, [report(20, 20, [19])])).toEqual([1])
  })

  it('resets its factor when it is turned off', () => {
    const guard = new OriginGuard({ admissionFactor: 0.1 })
    expect(guard.toStored()).toEqual({ admissionFactor: 0.1 })
    const off = { originErrorRatioMax: 0, originLatencyMaxMs: 0 }
    expect(guard.admissionFactor(off)).toBe(1)
    expect([guard.admissionFactor(BY_ERRORS), guard.admissionFactor(BY_LATENCY)]).toEqual([0.1, 0.1])
    guard.judge(off)
    expect(guard.toStored()).toEqual({ admissionFactor: 1 })
  })
})
