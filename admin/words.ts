/** The vocabulary of the page: badges, buttons and the audit log use the same words. */
import type { Audit, Rooms, Stats } from './api.ts'
import { momentText } from './times.ts'

type Entry = Audit['entries'][number]

/** Labels of settings and figures, by key. */
const NAMES: Readonly<Record<string, string>> = {
  total_active_users: 'Capacity',
  new_users_per_minute: 'Rate',
  queue_all: 'Queue all',
  suspended: 'Suspended',
  paused: 'Paused',
  closed: 'Closed',
  opens_at: 'Opens at',
  message: 'Message',
  message_until: 'Message ends at',
  waiting: 'Waiting',
  active: 'On the site',
  asked: 'Requested',
  admitted: 'Admitted',
  number: 'Number',
  state: 'State',
  run: 'Run',
}

export function nameOf(key: string): string {
  return NAMES[key] ?? key.replaceAll('_', ' ')
}

/** Settings whose value is a time. */
const TIMES: readonly string[] = ['opens_at', 'message_until']

/** Labels of the buttons that begin and end a state, by setting. */
export const VERBS = {
  paused: { begin: 'Pause', end: 'Resume' },
  queue_all: { begin: 'Queue all', end: 'End queue all' },
  suspended: { begin: 'Suspend', end: 'End suspension' },
  closed: { begin: 'Close', end: 'Open' },
  message: { begin: 'Show message', end: 'Remove message' },
} as const

const ACTIONS: Readonly<Record<string, string>> = {
  'admit-next': 'Admit',
  revoke: 'Revoke',
  reset: 'Reset',
}

/** Keys whose value changed. */
export function changedKeys({ before, after }: Pick<Entry, 'before' | 'after'>): string[] {
  return Object.keys(after).filter((key) => before[key] !== after[key])
}

/** The action of an audit entry, in the words of the buttons. */
export function actionText({ who, action, before, after }: Pick<Entry, 'who' | 'action' | 'before' | 'after'>): string {
  if (ACTIONS[action] !== undefined) return ACTIONS[action]
  const verbs = changedKeys({ before, after }).flatMap((key) => verbOf(key, after[key]) ?? [])
  const text = verbs.length > 0 ? verbs.join(', ') : `No change (${action.replaceAll('-', ' ')})`
  return who === 'deployment' ? `Deploy: ${text}` : text
}

function verbOf(key: string, value: unknown): string | null {
  if (Object.hasOwn(VERBS, key)) return VERBS[key as keyof typeof VERBS][value ? 'begin' : 'end']
  // A time is part of the state that it ends.
  return TIMES.includes(key) ? null : nameOf(key)
}

/** The changed settings, with their values. */
export function changesText(entry: Pick<Entry, 'before' | 'after'>): string {
  return changedKeys(entry)
    .map((key) => {
      const format = (value: unknown) =>
        TIMES.includes(key) && typeof value === 'string' ? momentText(value) : valueText(value)
      const after = format(entry.after[key])
      return key in entry.before
        ? `${nameOf(key)}: ${format(entry.before[key])} → ${after}`
        : `${nameOf(key)}: ${after}`
    })
    .join(', ')
}

export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return typeof value === 'number' ? value.toLocaleString() : String(value)
}

export interface Badge {
  readonly text: string
  readonly kind: 'good' | 'warn' | 'bad'
}

/** The current states of a room; "Open" if it has no other. */
export function badgesOf(room: Pick<Stats, 'suspended' | 'mode' | 'closed'> | Rooms[number]): Badge[] {
  const badges = [
    room.suspended && 'Suspended',
    room.mode === 'paused' && 'Paused',
    room.mode === 'queue-all' && 'Queue all',
    room.closed && 'Closed',
  ].filter((text) => typeof text === 'string')
  if (badges.length === 0) return [{ text: 'Open', kind: 'good' }]
  return badges.map((text) => ({ text, kind: 'warn' }))
}

export type Site = Stats['site']

export const SITE_WORDS = { good: 'Healthy', warn: 'Strained', bad: 'Failing', unknown: 'No traffic' } as const

export function percentText(ratio: number): string {
  const percent = 100 * ratio
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`
}

export function latencyText(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

/** The effect of the origin guard on admission. */
export function guardText({ guard }: Site, admissionFactor: number): string {
  switch (guard) {
    case 'off':
      return 'Origin guard: off.'
    case 'content':
      return 'Origin guard: on, not limiting admission.'
    case 'slowed':
      return `Origin guard: slows admission to ${percentText(admissionFactor)} of the rate.`
    case 'stopped':
      return 'Origin guard: has stopped admission.'
  }
}

/** The limits behind the colours, and where they are set. */
export function limitsText({ limits: { errorRatio, latencyMs } }: Site): string {
  const own = [errorRatio, latencyMs].filter(({ from }) => from === 'room').length
  const source = own === 2 ? 'limits of this room' : own === 1 ? 'one limit of this room, one default' : 'defaults'
  return `Red above ${percentText(errorRatio.bad)} errors or ${latencyText(latencyMs.bad)} (${source}).`
}

/** The health of the site, as a sentence. */
export function siteText({ errorRatio, latencyMsP90, requests, windowSeconds }: Site): string {
  const period = `${windowSeconds / 60} minutes`
  if (errorRatio === null) return `No requests in the last ${period}.`
  const errors = `${percentText(errorRatio)} of ${requests.toLocaleString()} requests failed`
  const latency = latencyMsP90 === null ? '' : ` and 90% were answered within about ${latencyText(latencyMsP90)}`
  return `In the last ${period}, ${errors}${latency}.`
}
