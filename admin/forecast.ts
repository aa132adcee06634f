/**
 * Forecasts when the line will be empty for a given capacity and rate. A step-by-step simulation
 * that assumes recent behaviour continues: visitors join, give up and leave the site at their
 * recent rates.
 */
import type { HistoryPoint, Stats } from './api.ts'

const STEP_MINUTES = 1 / 6
const HORIZON_MINUTES = 24 * 60
/** Fewer samples are not representative. */
const SAMPLES_MIN = 3

/** Recent behaviour of visitors, per minute. */
export interface Pace {
  /** Visitors who join or return to the line. */
  readonly joins: number
  /** Share of the visitors in line that give up. */
  readonly giveUpShare: number
  /** Share of the visitors on the site that leave it. Null: not known yet. */
  readonly leaverShare: number | null
}

export type Forecast =
  | { readonly kind: 'empty' }
  | { readonly kind: 'held' }
  | { readonly kind: 'gone'; readonly minutes: number; readonly isEarliest: boolean }
  /** More visitors join than are admitted. */
  | { readonly kind: 'grows'; readonly perMinute: number }
  | { readonly kind: 'long' }

/** From recent samples, each `stepMinutes` long. */
export function paceOf(points: readonly HistoryPoint[], stepMinutes: number): Pace {
  if (points.length < SAMPLES_MIN) return { joins: 0, giveUpShare: 0, leaverShare: null }
  // The first sample counts events from before the observed period.
  const since = points.slice(1)
  const minutes = since.length * stepMinutes
  const sum = (figure: (point: HistoryPoint) => number) => since.reduce((total, point) => total + figure(point), 0)
  const change = (figure: (point: HistoryPoint) => number) =>
    figure(points.at(-1) as HistoryPoint) - figure(points[0] as HistoryPoint)
  const arrived = sum(({ joined, returned }) => joined + returned)
  const admitted = sum((point) => point.admitted)
  const gaveUp = Math.max(0, arrived - admitted - change(({ waiting }) => waiting))
  const left = Math.max(0, admitted - change(({ active }) => active))
  const [waiting, active] = [sum((point) => point.waiting), sum((point) => point.active)]
  return {
    joins: arrived / minutes,
    giveUpShare: waiting > 0 ? gaveUp / stepMinutes / waiting : 0,
    leaverShare: active > 0 ? left / stepMinutes / active : null,
  }
}

export function forecast(
  { waiting, active, mode, suspended }: Pick<Stats, 'waiting' | 'active' | 'mode' | 'suspended'>,
  { joins, giveUpShare, leaverShare }: Pace,
  capacity: number,
  ratePerMinute: number,
): Forecast {
  if (waiting === 0) return { kind: 'empty' }
  if (mode !== 'open' || suspended || ratePerMinute <= 0) return { kind: 'held' }
  // While the rate of leavers is unknown, only the admission rate gives a bound.
  if (leaverShare === null) return { kind: 'gone', minutes: waiting / ratePerMinute, isEarliest: true }
  let [line, onSite, credit] = [waiting, active, 0]
  for (let minutes = 0; minutes < HORIZON_MINUTES; minutes += STEP_MINUTES) {
    onSite -= onSite * leaverShare * STEP_MINUTES
    line += (joins - line * giveUpShare) * STEP_MINUTES
    credit = Math.min(credit + ratePerMinute * STEP_MINUTES, ratePerMinute * STEP_MINUTES + 1)
    const admitted = Math.max(0, Math.min(line, capacity - onSite, credit))
    onSite += admitted
    credit -= admitted
    line -= admitted
    if (line < 0.5) return { kind: 'gone', minutes: minutes + STEP_MINUTES, isEarliest: false }
  }
  const admittedPerMinute = Math.min(ratePerMinute, capacity * leaverShare)
  const perMinute = joins - waiting * giveUpShare - admittedPerMinute
  return perMinute >= 1 ? { kind: 'grows', perMinute } : { kind: 'long' }
}

/** The forecast as a sentence, in the reader's time zone. */
export function forecastText(result: Forecast, nowMs: number): string {
  switch (result.kind) {
    case 'empty':
      return 'Nobody is waiting.'
    case 'held':
      return 'Nobody is being admitted, so the line does not move.'
    case 'long':
      return 'At this rate the line stays about as long as now.'
    case 'grows':
      return `The line grows by about ${Math.round(result.perMinute)} per minute: more people join than are admitted.`
    case 'gone': {
      const at = new Date(nowMs + result.minutes * 60_000)
      const clock = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
      const length = result.minutes < 1 ? 'within a minute' : `in about ${durationText(result.minutes * 60)}`
      return result.isEarliest
        ? `At this rate the line is empty at ${clock} at the earliest.`
        : `At this rate the line is empty at ${clock} (${length}).`
    }
  }
}

export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
