import { describe, expect, it } from 'vitest'
import type { HistoryPoint } from '../../admin/api.ts'
import { forecast, forecastText, paceOf } from '../../admin/forecast.ts'

/** Samples of ten seconds each. */
function samples(count: number, figures: (i: number) => Partial<HistoryPoint>): HistoryPoint[] {
  const none = { waiting: 0, active: 0, joined: 0, admitted: 0, returned: 0 }
  return Array.from({ length: count }, (_, i) => ({ ...none, ...figures(i) }) as HistoryPoint)
}

const crowd = { waiting: 100, active: 10, mode: 'open', suspended: false } as const
const pace = { joins: 0, giveUpShare: 0, leaverShare: 0.5 }

describe('the pace of visitors', () => {
  it('is derived from samples: on a full site as many visitors leave as are admitted', () => {
    const points = samples(7, () => ({ waiting: 50, active: 10, joined: 2, admitted: 1 }))
    // Per minute 6 are admitted to a full site of 10, and 12 join, so 6 of 50 give up.
    expect(paceOf(points, 1 / 6)).toEqual({
      joins: expect.closeTo(12),
      giveUpShare: expect.closeTo(6 / 50),
      leaverShare: expect.closeTo(6 / 10),
    })
  })

  it('assumes that nobody leaves while the site fills up, and that nobody gives up while the line grows', () => {
    const points = samples(7, (i) => ({ waiting: 10 * i, active: 10 * i, joined: 20, admitted: 10 }))
    expect(paceOf(points, 1 / 6)).toMatchObject({ giveUpShare: 0, leaverShare: 0 })
  })

  it('is unknown with two samples', () => {
    expect(
      paceOf(
        samples(2, () => ({ active: 5 })),
        1 / 6,
      ).leaverShare,
    ).toBeNull()
  })
})

describe('the forecast', () => {
  const minutesOf = (capacity: number, rate: number, changes = {}) => {
    const told = forecast(crowd, { ...pace, ...changes }, capacity, rate)
    return told.kind === 'gone' ? told.minutes : told.kind
  }

  it('is bounded by visitors who leave while the site is full, and otherwise by the rate', () => {
    // Half of the 10 slots become free each minute: 5 per minute.
    expect(minutesOf(10, 1000)).toBeCloseTo(20, 0)
    expect(minutesOf(1000, 10)).toBeCloseTo(10, 0)
    expect(minutesOf(1000, 20)).toBeLessThan(minutesOf(1000, 10) as number)
    expect(minutesOf(20, 1000)).toBeLessThan(minutesOf(10, 1000) as number)
  })

  it('accounts for visitors who join or give up', () => {
    expect(minutesOf(10, 1000, { joins: 3 })).toBeGreaterThan(minutesOf(10, 1000) as number)
    expect(minutesOf(10, 1000, { giveUpShare: 0.1 })).toBeLessThan(minutesOf(10, 1000) as number)
    expect(forecast(crowd, { ...pace, joins: 30 }, 10, 1000)).toEqual({ kind: 'grows', perMinute: 25 })
    expect(minutesOf(10, 1000, { joins: 30, giveUpShare: 0.25 })).toBe('long')
  })

  it('distinguishes an empty line, a held line and an unknown pace', () => {
    expect(forecast({ ...crowd, waiting: 0 }, pace, 10, 10)).toEqual({ kind: 'empty' })
    expect(forecast({ ...crowd, mode: 'paused' }, pace, 10, 10)).toEqual({ kind: 'held' })
    expect(forecast(crowd, { ...pace, leaverShare: null }, 10, 20)).toEqual({
      kind: 'gone',
      minutes: 5,
      isEarliest: true,
    })
  })

  it('is shown as a time of day', () => {
    const nowMs = new Date(2026, 10, 22, 14, 0).getTime()
    const text = forecastText({ kind: 'gone', minutes: 20, isEarliest: false }, nowMs)
    expect(text).toMatch(/the line is empty at 0?2:20 PM \(in about 20 min\)|empty at 14:20/)
    expect(forecastText({ kind: 'gone', minutes: 20, isEarliest: true }, nowMs)).toMatch(/at the earliest/)
  })
})
