/**
 * When the line will be gone, for given places and a given rate. A step-by-step reckoning of what is known: people leave the
 * site as fast as they did lately, newcomers keep coming as they did lately, and who waits is let in as capacity and rate
 * allow.
 */
import type { HistoryPoint, Stats } from './api.ts'

const STEP_MINUTES = 1 / 6
const HORIZON_MINUTES = 24 * 60
/** Fewer samples say nothing about how people come and go. */
const SAMPLES_MIN = 3

/** How people come and go, per minute. */
export interface Pace {
  /** Newcomers, and those who come back into the line. */
  readonly joins: number
  /** The share of those in line that gives up. */
  readonly giveUpShare: number
  /** The share of those on the site that leaves it. Null: not known yet. */
  readonly leaverShare: number | null
}

export type Forecast =
  | { readonly kind: 'empty' }
  | { readonly kind: 'held' }
  | { readonly kind: 'gone'; readonly minutes: number; readonly isEarliest: boolean }
  /** More come than are let in. */
  | { readonly kind: 'grows'; readonly perMinute: number }
  | { readonly kind: 'long' }

/** From the samples of the last minutes, each `stepMinutes` long. */
export function paceOf(points: readonly HistoryPoint[], stepMinutes: number): Pace {
  if (points.length < SAMPLES_MIN) return { joins: 0, giveUpShare: 0, leaverShare: null }
  // What the first sample counted happened before the time that is looked at.
  const since = points.slice(1)
  const minutes = since.length * stepMinutes
  const sum = (figure: (point: HistoryPoint) => number) => since.reduce((total, point) => total + figure(point), 0)
  const change = (figure: (point: HistoryPoint) => number) =>
    figure(points.at(-1) as HistoryPoint) - figure(points[0] as HistoryPoint)
  const came = sum(({ joined, returned }) => joined + returned)
  const admitted = sum((point) => point.admitted)
  const gaveUp = Math.max(0, came - admitted - change(({ waiting }) => waiting))
  const left = Math.max(0, admitted - change(({ active }) => active))
  const [waiting, active] = [sum((point) => point.waiting), sum((point) => point.active)]
  return {
    joins: came / minutes,
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
  // Without a word on who leaves, only the rate bounds what is possible.
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
  const letIn = Math.min(ratePerMinute, capacity * leaverShare)
  const perMinute = joins - waiting * giveUpShare - letIn
  return perMinute >= 1 ? { kind: 'grows', perMinute } : { kind: 'long' }
}

/** In words; times are the reader's own. */
export function forecastText(what: Forecast, nowMs: number): string {
  switch (what.kind) {
    case 'empty':
      return 'Nobody is waiting.'
    case 'held':
      return 'Nobody is admitted at the moment, so the line does not move.'
    case 'long':
      return 'At this rate the line stays about as long as it is now.'
    case 'grows':
      return `The line grows by about ${Math.round(what.perMinute)} per minute: more people join than are admitted.`
    case 'gone': {
      const at = new Date(nowMs + what.minutes * 60_000)
      const clock = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
      const length = what.minutes < 1 ? 'within a minute' : `in about ${durationText(what.minutes * 60)}`
      return what.isEarliest
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
