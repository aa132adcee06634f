/**
 * The health of the site behind a room, as operators read it: good, warn or bad by the limits of
 * the room, or by default limits when it sets none. For display only: the origin guard controls
 * admission.
 */
import {
  GUARD_REQUESTS_MIN,
  SITE_ERROR_RATIO_BAD,
  SITE_ERROR_RATIO_WARN,
  SITE_ERRORS_RISE_FACTOR,
  SITE_ERRORS_RISE_MIN,
  SITE_LATENCY_BAD_MS,
  SITE_LATENCY_WARN_MS,
  SITE_WINDOW_MS,
} from './limits.ts'
import type { LineRules } from './rules.ts'

/** The origin's figures over a span of samples. */
export interface SiteFigures {
  readonly requests: number
  readonly errors: number
  /** The p90 of each tick, averaged with its requests as weights; null without a timed request. */
  readonly latencyMsP90: number | null
}

/** The last `SITE_WINDOW_MS`, and the `SITE_BEFORE_MS` before them. */
export interface RecentSite {
  readonly recent: SiteFigures
  readonly before: SiteFigures
}

const NOTHING: SiteFigures = { requests: 0, errors: 0, latencyMsP90: null }
export const NO_RECENT_SITE: RecentSite = { recent: NOTHING, before: NOTHING }

export const SITE_STATES = ['good', 'warn', 'bad', 'unknown'] as const
export type SiteState = (typeof SITE_STATES)[number]

export const GUARD_STATES = ['off', 'content', 'slowed', 'stopped'] as const

/** A figure above `warn` is amber, one above `bad` is red. */
export interface SiteLimit {
  readonly warn: number
  readonly bad: number
  /** `room`: `bad` is the room's setting, `warn` is half of it. */
  readonly from: 'room' | 'default'
}

export interface SiteHealth extends SiteFigures {
  /** The worst of errors, latency and guard; `unknown` without requests. */
  readonly state: SiteState
  readonly errorState: SiteState
  readonly latencyState: SiteState
  readonly windowSeconds: number
  readonly errorRatio: number | null
  /** Errors are clearly more frequent than in the preceding minutes. */
  readonly errorsRise: boolean
  readonly guard: (typeof GUARD_STATES)[number]
  readonly limits: { readonly errorRatio: SiteLimit; readonly latencyMs: SiteLimit }
}

type Limits = Pick<LineRules, 'originErrorRatioMax' | 'originLatencyMaxMs'>

export function siteHealth({ recent, before }: RecentSite, rules: Limits, admissionFactor: number): SiteHealth {
  const errorLimit = limitOf(rules.originErrorRatioMax, SITE_ERROR_RATIO_WARN, SITE_ERROR_RATIO_BAD)
  const latencyLimit = limitOf(rules.originLatencyMaxMs, SITE_LATENCY_WARN_MS, SITE_LATENCY_BAD_MS)
  const errorRatio = ratioOf(recent)
  const isFew = recent.requests < GUARD_REQUESTS_MIN
  const errorState = stateOf(errorRatio, errorLimit, isFew)
  const latencyState = stateOf(recent.latencyMsP90, latencyLimit, isFew)
  const guard = guardState(rules, admissionFactor)
  const guardAsState = guard === 'stopped' ? 'bad' : guard === 'slowed' ? 'warn' : 'unknown'
  return {
    ...recent,
    state: worst([errorState, latencyState, guardAsState]),
    errorState,
    latencyState,
    windowSeconds: SITE_WINDOW_MS / 1000,
    errorRatio,
    errorsRise: !isFew && isRising(recent, before),
    guard,
    limits: { errorRatio: errorLimit, latencyMs: latencyLimit },
  }
}

function limitOf(set: number, warn: number, bad: number): SiteLimit {
  return set > 0 ? { warn: set / 2, bad: set, from: 'room' } : { warn, bad, from: 'default' }
}

function ratioOf({ requests, errors }: SiteFigures): number | null {
  return requests > 0 ? errors / requests : null
}

/** A few requests prove little: they warn at most. */
function stateOf(value: number | null, { warn, bad }: SiteLimit, isFew: boolean): SiteState {
  if (value === null) return 'unknown'
  if (value > bad && !isFew) return 'bad'
  return value > warn ? 'warn' : 'good'
}

function guardState(rules: Limits, admissionFactor: number): SiteHealth['guard'] {
  if (rules.originErrorRatioMax === 0 && rules.originLatencyMaxMs === 0) return 'off'
  if (admissionFactor === 0) return 'stopped'
  return admissionFactor < 1 ? 'slowed' : 'content'
}

function worst(states: readonly SiteState[]): SiteState {
  const order: readonly SiteState[] = ['bad', 'warn', 'good', 'unknown']
  return order.find((state) => states.includes(state)) ?? 'unknown'
}

function isRising(recent: SiteFigures, before: SiteFigures): boolean {
  const ratio = ratioOf(recent) ?? 0
  return ratio >= SITE_ERRORS_RISE_MIN && ratio > SITE_ERRORS_RISE_FACTOR * (ratioOf(before) ?? 0)
}
