import { describe, expect, it } from 'vitest'
import { NO_RECENT_SITE, type SiteFigures, siteHealth } from '../../src/core/site-health.ts'

const NO_LIMITS = { originErrorRatioMax: 0, originLatencyMaxMs: 0 }

function recently(recent: Partial<SiteFigures>, before: Partial<SiteFigures> = {}) {
  const figures = { requests: 100, errors: 0, latencyMsP90: 100 }
  return { recent: { ...figures, ...recent }, before: { ...figures, ...before } }
}

describe('site health', () => {
  it.each([
    [0, 'good'],
    [5, 'good'],
    [6, 'warn'],
    [20, 'warn'],
    [21, 'bad'],
    [40, 'bad'],
    [100, 'bad'],
  ])('with %i%% errors and no limit of the room it is %s', (errors, state) => {
    expect(siteHealth(recently({ errors }), NO_LIMITS, 1)).toMatchObject({
      state,
      errorState: state,
      errorRatio: errors / 100,
      limits: { errorRatio: { warn: 0.05, bad: 0.2, from: 'default' } },
    })
  })

  it.each([
    [2, 'good'],
    [5, 'warn'],
    [9, 'bad'],
  ])('with %i%% errors of 8%% that the room allows it is %s', (errors, state) => {
    const health = siteHealth(recently({ errors }), { ...NO_LIMITS, originErrorRatioMax: 0.08 }, 1)
    expect(health).toMatchObject({ state, limits: { errorRatio: { warn: 0.04, bad: 0.08, from: 'room' } } })
  })

  it.each([
    [1_999, 0, 'good'],
    [2_001, 0, 'warn'],
    [5_001, 0, 'bad'],
    [600, 500, 'bad'],
    [300, 500, 'warn'],
    [200, 500, 'good'],
  ])('with a p90 of %i ms and a limit of %i ms it is %s', (latencyMsP90, originLatencyMaxMs, state) => {
    expect(siteHealth(recently({ latencyMsP90 }), { ...NO_LIMITS, originLatencyMaxMs }, 1)).toMatchObject({
      state,
      latencyState: state,
    })
  })

  it('warns at most with a few requests, and is unknown without any', () => {
    expect(siteHealth(recently({ requests: 9, errors: 9 }), NO_LIMITS, 1).state).toBe('warn')
    expect(siteHealth(NO_RECENT_SITE, NO_LIMITS, 1)).toMatchObject({ state: 'unknown', errorRatio: null })
  })

  it.each([
    [1, 'content', 'good'],
    [0.5, 'slowed', 'warn'],
    [0, 'stopped', 'bad'],
  ])('with the guard at %d it is told as %s, and counts as %s', (factor, guard, state) => {
    expect(siteHealth(recently({}), { ...NO_LIMITS, originErrorRatioMax: 0.5 }, factor)).toMatchObject({ guard, state })
  })

  it.each([
    [10, 2, true],
    [10, 8, false],
    [1, 0, false],
    [2, 0, true],
    [10, 10, false],
  ])('says whether errors rise: %i%% now, %i%% before: %s', (now, before, rise) => {
    expect(siteHealth(recently({ errors: now }, { errors: before }), NO_LIMITS, 1).errorsRise).toBe(rise)
  })
})
