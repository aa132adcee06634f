import { describe, expect, it } from 'vitest'
import { advise } from '../../src/core/advice.ts'
import { FIGURES } from '../../src/core/figures.ts'
import { additiveOf, Distribution } from '../../src/core/histogram.ts'

/** Sessions of this length each. */
function sessions(count: number, seconds: number) {
  const times = new Distribution(FIGURES.siteTimes.bounds)
  for (let i = 0; i < count; i++) times.push(seconds)
  return additiveOf(times.toStored())
}

describe('the advised thresholds', () => {
  const arrivals = Array.from({ length: 200 }, (_, i) => (i < 198 ? i % 30 : 500))
  const onSite = arrivals.map(() => 40)
  const inLine = arrivals.map(() => 100)

  it('follow the arrivals of 99 % of the minutes and the time on the site', () => {
    const advice = advise({ arrivals, onSite, inLine, siteTimes: sessions(1_000, 300) }, false)
    expect(advice).toMatchObject({
      minutes: 200,
      arrivalsPerMinuteP99: 29,
      sessions: 1_000,
      timeOnSiteSecondsMean: 300,
    })
    // 29 a minute for 5 minutes each.
    expect(advice.suggested).toEqual({ new_users_per_minute: 29, total_active_users: 145 })
  })

  it('are no lower than the people present, including those in line while the room observes', () => {
    const demand = { arrivals, onSite, inLine, siteTimes: sessions(1_000, 10) }
    expect(advise(demand, false).suggested?.total_active_users).toBe(40)
    expect(advise(demand, true).suggested?.total_active_users).toBe(140)
  })

  it('are missing until there are enough figures', () => {
    expect(advise({ arrivals: [], onSite: [], inLine: [], siteTimes: [] }, true)).toMatchObject({
      arrivalsPerMinuteP99: null,
      timeOnSiteSecondsP90: null,
      suggested: null,
    })
    expect(advise({ arrivals, onSite, inLine, siteTimes: sessions(99, 60) }, true).suggested).toBeNull()
    const short = { arrivals: arrivals.slice(0, 59), onSite, inLine, siteTimes: sessions(1_000, 60) }
    expect(advise(short, true).suggested).toBeNull()
  })
})
