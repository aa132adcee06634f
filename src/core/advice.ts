/** Thresholds that a site's visitors would need, from the figures of the last days. */
import { FIGURES } from './figures.ts'
import { type Additive, nearestRank } from './histogram.ts'
import { durationsReport } from './period-report.ts'

/** The minutes with samples, and the lengths of the sessions that ended in them. */
export interface Demand {
  /** Newcomers in each minute. */
  readonly arrivals: readonly number[]
  /** Most people at once in each minute: on the site, or in line. */
  readonly onSite: readonly number[]
  readonly inLine: readonly number[]
  readonly siteTimes: Additive
}

export interface Advice {
  /** Minutes with samples. */
  readonly minutes: number
  readonly arrivalsPerMinuteP99: number | null
  readonly sessions: number
  readonly timeOnSiteSecondsMean: number | null
  readonly timeOnSiteSecondsP50: number | null
  readonly timeOnSiteSecondsP90: number | null
  /** Null: too few minutes or sessions. */
  readonly suggested: { readonly total_active_users: number; readonly new_users_per_minute: number } | null
}

const MINUTES_MIN = 60
const SESSIONS_MIN = 100
const SHARE = 0.99
/** The bounds of the settings. */
const SUGGESTED_MAX = 1_000_000

/**
 * The rate at which nobody waits for the rate in 99 % of the minutes, and the capacity at which
 * nobody waits for a slot: the rate times the mean time on the site (Little's law), or the people
 * present in 99 % of the minutes if these are more.
 * @param observes those in line are on the site
 */
export function advise({ arrivals, onSite, inLine, siteTimes }: Demand, observes: boolean): Advice {
  const { count: sessions, meanSeconds, p50Seconds, p90Seconds } = durationsReport(FIGURES.siteTimes.bounds, siteTimes)
  const perMinute = nearestRank([...arrivals])(SHARE)
  const present = onSite.map((count, i) => count + (observes ? (inLine[i] ?? 0) : 0))
  const isEnough = arrivals.length >= MINUTES_MIN && sessions >= SESSIONS_MIN
  const steady = ((perMinute ?? 0) * (meanSeconds ?? 0)) / 60
  const within = (value: number) => Math.min(Math.max(Math.ceil(value), 1), SUGGESTED_MAX)
  return {
    minutes: arrivals.length,
    arrivalsPerMinuteP99: perMinute,
    sessions,
    timeOnSiteSecondsMean: meanSeconds,
    timeOnSiteSecondsP50: p50Seconds,
    timeOnSiteSecondsP90: p90Seconds,
    suggested: isEnough
      ? {
          total_active_users: within(Math.max(steady, nearestRank(present)(SHARE) ?? 0)),
          new_users_per_minute: within(perMinute ?? 0),
        }
      : null,
  }
}
