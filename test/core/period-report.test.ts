import { describe, expect, it } from 'vitest'
import { mergePeriods, NO_PERIOD, type PeriodPoint } from '../../src/core/period.ts'
import { periodReport } from '../../src/core/period-report.ts'

function point(fromMs: number, part: { waiting?: number; active?: number; admitted?: number; noShows?: number }) {
  const { waiting = 0, active = 0, ...totals } = part
  const now = { active, waiting, absent: 0, capacity: 10, admissionFactor: 1 }
  return {
    ...NO_PERIOD,
    fromMs,
    samples: 1,
    highest: now,
    sums: now,
    totals: { ...NO_PERIOD.totals, ...totals },
  } satisfies PeriodPoint
}

describe('the figures of a longer period', () => {
  it('have the highest gauges, their sums, added totals and durations, and the highest percentile', () => {
    const a = {
      ...point(0, { waiting: 5, active: 4, admitted: 2 }),
      distributions: { ...NO_PERIOD.distributions, waits: [30, 1] },
    }
    const b = {
      ...point(1, { waiting: 3, active: 6, admitted: 3 }),
      distributions: { ...NO_PERIOD.distributions, waits: [12, 0, 2] },
      percentiles: { ...NO_PERIOD.percentiles, waitSecondsP90: 7 },
    }
    expect(mergePeriods(a, b)).toMatchObject({
      samples: 2,
      highest: { waiting: 5, active: 6 },
      sums: { active: 10, capacity: 20 },
      totals: { admitted: 5 },
      distributions: { waits: [42, 1, 2], siteTimes: [] },
      percentiles: { waitSecondsP50: null, waitSecondsP90: 7 },
    })
  })

  it('count figures that another version has not stored as nothing', () => {
    expect(mergePeriods(point(0, { waiting: 5 }), {})).toMatchObject({ samples: 1, highest: { waiting: 5 } })
    expect(mergePeriods(NO_PERIOD, { samples: 2, totals: { admitted: 4 } })).toMatchObject({
      samples: 2,
      totals: { admitted: 4, joined: 0 },
      percentiles: { waitSecondsP50: null },
    })
  })
})

describe('the report of a period', () => {
  it('has nulls instead of shares while nobody came', () => {
    expect(periodReport([])).toMatchObject({
      samples: 0,
      peakWaiting: 0,
      peakWaitingAtMs: null,
      capacityUsedMean: null,
      capacityUsedPeak: null,
      noShowShare: null,
      waits: { count: 0, meanSeconds: null, p50Seconds: null },
      abandonment: { count: 0, share: null },
    })
  })

  it('names the longest line with its time, the capacity used, and no-shows of the admissions', () => {
    const points = [
      point(0, { waiting: 5, active: 10, admitted: 4 }),
      point(60_000, { waiting: 8, active: 5, admitted: 6, noShows: 2 }),
    ]
    expect(periodReport(points)).toMatchObject({
      peakWaiting: 8,
      peakWaitingAtMs: 60_000,
      peakActive: 10,
      capacityUsedMean: 0.75,
      capacityUsedPeak: 1,
      noShows: 2,
      noShowShare: 0.2,
    })
  })

  it('states who gave up by the time waited, as a share of those who waited that long', () => {
    // Buckets of 0, 10, 30 and 60 s: four were admitted at once, one after up to 30 s.
    const distributions = { waits: [25, 4, 0, 1], abandonedWaits: [65, 0, 1, 1, 1], siteTimes: [] }
    const { abandonment, waits } = periodReport([{ ...point(0, {}), distributions }])
    expect([waits.count, waits.meanSeconds]).toEqual([5, 5])
    expect([abandonment.count, abandonment.share]).toEqual([3, 3 / 8])
    expect(abandonment.byWait.slice(0, 5)).toEqual([
      { upToSeconds: 0, count: 0, admitted: 4, share: 0 },
      { upToSeconds: 10, count: 1, admitted: 0, share: 0.25 },
      { upToSeconds: 30, count: 1, admitted: 1, share: 1 / 3 },
      { upToSeconds: 60, count: 1, admitted: 0, share: 1 },
      { upToSeconds: 120, count: 0, admitted: 0, share: null },
    ])
    expect(abandonment.byWait.at(-1)).toMatchObject({ upToSeconds: null })
  })

  it('counts newcomers as turned away who met a limit, failed the check and may not join, or sent a wrong proof', () => {
    const totals = {
      ...NO_PERIOD.totals,
      ...{ limited: 1, limitedByNetwork: 2, limitedByClient: 4, checksFailed: 16, checksOverlooked: 8 },
      ...{ proofsRefused: 32, keysMissing: 64 },
    }
    expect(periodReport([{ ...point(0, {}), totals }]).turnedAway).toBe(47)
  })
})
