/** The vocabulary of the page: badges, buttons and the audit log use the same words. */
import type { Audit, Explanation, RoomEvent, Rooms, Stats } from './api.ts'
import { ENTRY_SWITCHES, entryValueText } from './entry-switches.ts'
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
  sold_out: 'Sold out',
  ...Object.fromEntries(ENTRY_SWITCHES.map(({ name, label }) => [name, label])),
  name: 'Name',
  host: 'Host',
  path: 'Path',
  routes: 'Routes',
  description: 'Description',
  prequeue_start_time: 'Lobby opens',
  event_start_time: 'Start',
  event_end_time: 'End',
  shuffle_at_event_start: 'Draw',
  session_timeout_seconds: 'Session timeout',
  queueing_method: 'Method',
  rate_plan: 'Rate plan',
  at: 'Time',
  ramp: 'Ramp',
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
const TIMES: readonly string[] = [
  'opens_at',
  'message_until',
  'prequeue_start_time',
  'event_start_time',
  'event_end_time',
]

/** Labels of the buttons that begin and end a state, by setting. */
export const VERBS = {
  paused: { begin: 'Pause', end: 'Resume' },
  queue_all: { begin: 'Queue all', end: 'End queue all' },
  suspended: { begin: 'Suspend', end: 'End suspension' },
  closed: { begin: 'Close', end: 'Open' },
  sold_out: { begin: 'Sold out', end: 'End sold out' },
  message: { begin: 'Show message', end: 'Remove message' },
} as const

const ACTIONS: Readonly<Record<string, string>> = {
  'admit-next': 'Admit',
  revoke: 'Revoke',
  reset: 'Reset',
  'make-keys': 'Make access keys',
  'revoke-key': 'Revoke access key',
  'event-create': 'Create event',
  'event-change': 'Change event',
  'event-start': 'Start event now',
  'event-delay': 'Delay event',
}

/** Keys whose value changed. `event`, the id of an event, says what was changed. */
export function changedKeys({ before, after }: Pick<Entry, 'before' | 'after'>): string[] {
  return Object.keys(after).filter((key) => key !== 'event' && before[key] !== after[key])
}

/** The action of an audit entry, in the words of the buttons. */
export function actionText({ who, action, before, after }: Pick<Entry, 'who' | 'action' | 'before' | 'after'>): string {
  const own = action.startsWith('event-') ? eventActionText(action, { before, after }) : ACTIONS[action]
  if (own !== undefined) return who === 'deployment' ? `Deploy: ${own}` : own
  const verbs = changedKeys({ before, after }).flatMap((key) => verbOf(key, after[key]) ?? [])
  const text = verbs.length > 0 ? verbs.join(', ') : `No change (${action.replaceAll('-', ' ')})`
  return who === 'deployment' ? `Deploy: ${text}` : text
}

function eventActionText(action: string, entry: Pick<Entry, 'before' | 'after'>): string {
  // A deployed event is not deleted: its deployed settings hold again.
  if (action === 'event-delete') return entry.after.name === null ? 'Delete event' : 'Restore deployed event'
  const isOnly = changedKeys(entry).every((key) => key === 'suspended') && entry.before.suspended !== undefined
  if (action === 'event-change' && isOnly) return entry.after.suspended === true ? 'Suspend event' : 'Resume event'
  return ACTIONS[action] ?? action
}

function verbOf(key: string, value: unknown): string | null {
  if (Object.hasOwn(VERBS, key)) return VERBS[key as keyof typeof VERBS][value ? 'begin' : 'end']
  // A time is part of the state that it ends.
  return TIMES.includes(key) ? null : nameOf(key)
}

/** The changed settings, with their values. The id of an event leads. */
export function changesText(entry: Pick<Entry, 'before' | 'after'>): string {
  const changes = changedKeys(entry)
    .map((key) => {
      const after = settingText(key, entry.after[key])
      return key in entry.before
        ? `${nameOf(key)}: ${settingText(key, entry.before[key])} → ${after}`
        : `${nameOf(key)}: ${after}`
    })
    .join(', ')
  return typeof entry.after.event === 'string' ? `${entry.after.event}: ${changes}` : changes
}

/** The value of a setting. The audit holds a rate plan as JSON. */
export function settingText(key: string, value: unknown): string {
  const named = entryValueText(key, value)
  if (named !== null) return named
  if (typeof value !== 'string') return valueText(value)
  if (TIMES.includes(key)) return momentText(value)
  return key === 'rate_plan' ? planText(JSON.parse(value)) : value
}

export function planText(plan: RoomEvent['rate_plan']): string {
  if (plan === null || plan.length === 0) return 'none'
  return plan
    .map(({ at, new_users_per_minute: rate, total_active_users: users, ramp }) => {
      const capacity = users === null || users === undefined ? '' : `, capacity ${users.toLocaleString()}`
      return `${momentText(at)}: ${ramp ? 'ramp to ' : ''}${rate.toLocaleString()} per minute${capacity}`
    })
    .join('; ')
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

/**
 * The current states of a room; "Open" if it has no other.
 * @param isHeld a lobby or a draw holds the line: the room is not paused by an operator
 */
export function badgesOf(
  room: Pick<Stats, 'suspended' | 'mode' | 'closed' | 'soldOut'> | Rooms[number],
  isHeld = false,
): Badge[] {
  const badges = [
    room.suspended && 'Suspended',
    room.soldOut && 'Sold out',
    room.mode === 'paused' && !room.soldOut && !isHeld && 'Paused',
    room.mode === 'queue-all' && 'Queue all',
    room.closed && 'Closed',
  ].filter((text) => typeof text === 'string')
  if (badges.length === 0 && isHeld) return []
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

/** The routes of a room and the kinds of its conditions, in one line. */
export function coverageText({ routes, match }: Pick<Rooms[number], 'routes' | 'match'>): string {
  const places = routesText(routes)
  if (match.length === 0) return places
  const keys = [...new Set(match.flatMap(Object.keys))].map((key) => key.replaceAll('_', ' '))
  return `${places}, by ${keys.join(', ')}`
}

export function routesText(routes: Rooms[number]['routes']): string {
  return routes.map(({ host, path }) => `${host ?? 'any host'}${path}`).join(', ')
}

const OUTCOME_WORDS: Readonly<Record<Explanation['candidates'][number]['outcome'], string>> = {
  takes: 'takes the request',
  'less-specific': 'covers it, but is less specific',
  conditions: 'does not match: ',
  path: 'has another path',
  host: 'has another host',
}

export function outcomeText({ outcome, unmet }: Explanation['candidates'][number]): string {
  return `${OUTCOME_WORDS[outcome]}${outcome === 'conditions' ? unmet.join(', ') : ''}`
}
