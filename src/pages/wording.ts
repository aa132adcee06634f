/**
 * Turns a status into words, for the server's first view of the waiting page and for every later
 * one of the page's script. The texts are in messages/. This module runs on both sides, so it uses
 * no platform types but `Intl`.
 */

import type { PageState, Status } from '../status.ts'
import { countdownText, type EventView, eventViewOf, NO_EVENT, namesOf } from './event-wording.ts'
import { fill, unbroken, type Words } from './words.ts'

/** The waiting page as texts, named by the ids of its elements. An empty text hides the element. */
export interface PageView extends EventView {
  readonly title: string
  readonly heading: string
  readonly lead: string
  readonly action: string
  readonly note: string
  readonly message: string
  readonly position: string
  readonly ahead: string
  readonly wait: string
  readonly clock: string
  readonly inLine: string
  /** Empty in a draw: `entry` takes its place. */
  readonly ticket: string
  readonly joined: string
  readonly updated: string
  /** The label of `countdown`. */
  readonly startsIn: string
}

export interface Moment {
  readonly state: PageState
  readonly nowMs: number
  /** How far the server's clock is ahead of this one. */
  readonly serverAheadMs?: number
  /** Something that has just happened. */
  readonly note?: string
  /** How much longer the place is kept while the connection is lost. */
  readonly keptSeconds?: number
  /** The browser keeps no cookies, so it cannot enter the site. */
  readonly needsCookies?: boolean
  /** Another tab of this browser goes to the site. */
  readonly entersElsewhere?: boolean
  /** The place is gone because nobody came in while its slot was held. */
  readonly wasCalled?: boolean
}

/** An expected wait up to this is "almost there", */
const ALMOST_SECONDS = 60

/** ... and stays so up to this one, since estimates move with each admission. */
const ALMOST_UNTIL_SECONDS = 120

/** A range that ends within this is "less than a minute". */
const SOON_SECONDS = 60

/** Longer waits are shown in hours. */
const MINUTES_UNTIL_SECONDS = 7200

/**
 * The page's state for a status.
 * @param before the state that the page shows
 */
export function pageState({ state, number, etaSeconds, event }: Status, before?: PageState): PageState {
  if (state === 'lobby') return event?.phase === 'drawing' ? 'drawing' : 'lobby'
  if (state !== 'waiting') return state
  if (number === null) return 'joining'
  const almostSeconds = before === 'almost' ? ALMOST_UNTIL_SECONDS : ALMOST_SECONDS
  return etaSeconds !== null && etaSeconds <= almostSeconds ? 'almost' : 'waiting'
}

const IN_LINE: readonly PageState[] = ['waiting', 'almost', 'paused', 'lost', 'lobby', 'drawing', 'sold-out', 'called']

/** Whether the visitor is in line: there are figures to show and a place to give up. */
export function standsInLine(state: PageState): boolean {
  return IN_LINE.includes(state)
}

export function viewOf(status: Status, words: Words, moment: Moment): PageView {
  const { texts } = words
  const state = texts.states[moment.state]
  const stands = standsInLine(moment.state)
  const position = stands ? status.position : null
  const figures = position === null ? NO_FIGURES : figuresOf(status, position, words)
  const event = status.event ?? null
  const named = event === null ? null : namesOf(event, words)
  const eventView = event === null ? NO_EVENT : eventViewOf(status, event, words, { ...moment, stands })
  const number = stands || moment.state === 'expired' || moment.state === 'moved' ? status.number : null
  return {
    title: fill(state.title, { ...named, position: position === null ? '' : `#${figures.position}` }),
    heading: named === null ? state.heading : fill(state.heading, named),
    ...(moment.needsCookies === true
      ? NO_WAY_IN
      : { lead: leadOf(status, words, moment, named), action: state.action ?? '' }),
    note: noteOf(status, words, moment),
    message: status.message ?? '',
    ticket: number === null || eventView.entry !== '' ? '' : words.number(number),
    joined:
      position === null || status.joinedAt === null
        ? ''
        : fill(texts.joined, { time: words.clock(Date.parse(status.joinedAt)) }),
    updated: fill(texts.updated, { time: words.clockWithSeconds(Date.parse(status.updatedAt)) }),
    ...figures,
    startsIn: texts.startsIn,
    ...eventView,
    ...countedOf(status, words, moment),
  }
}

function leadOf(
  { opensAt, limited, number }: Status,
  { texts, dayAndClock }: Words,
  { state, entersElsewhere, wasCalled }: Moment,
  named: Readonly<Record<string, string>> | null,
): string {
  if (state === 'admitted' && entersElsewhere === true) return texts.otherTab
  if (state === 'expired' && wasCalled === true) return texts.missed
  if (state === 'closed' && opensAt) return fill(texts.opens, { time: dayAndClock(Date.parse(opensAt)) })
  if (state === 'joining' && limited === true) return texts.limited
  // Without a place there is none to keep.
  const { lead } = texts.states[state === 'sold-out' && number === null ? 'closed' : state]
  return named === null ? lead : fill(lead, named)
}

/** The time until a closed line opens, or for which the slot of a called visitor is held. */
function countedOf({ opensAt, enterBy }: Status, words: Words, { state, nowMs, serverAheadMs = 0 }: Moment) {
  const end = state === 'called' ? enterBy : state === 'closed' ? opensAt : null
  if (!end) return null
  const leftMs = Date.parse(end) - nowMs - serverAheadMs
  if (state === 'called') return { countdown: countdownText(leftMs, words, ''), startsIn: words.texts.heldFor }
  return { countdown: countdownText(leftMs, words), startsIn: words.texts.opensIn }
}

/** The note says what to do; the state's own texts would promise more. */
const NO_WAY_IN = { lead: '', action: '' }

const NO_FIGURES = { position: '', ahead: '', wait: '', clock: '', inLine: '' }

function figuresOf(status: Status, position: number, words: Words): typeof NO_FIGURES {
  const { texts } = words
  return {
    position: words.number(position),
    ahead: position === 1 ? texts.next : words.plural(texts.ahead, position - 1),
    wait: waitText(status, words),
    clock: clockText(status, words),
    inLine: words.plural(texts.inLine, status.waiting),
  }
}

/** "4 to 7 minutes". */
export function waitText(status: Status, words: Words): string {
  const { wait } = words.texts
  const range = rangeOf(status)
  if (status.state === 'paused') return wait.paused
  if (status.state === 'sold-out') return ''
  if (range === null) return status.state === 'lobby' ? '' : wait.unknown
  const [lowSeconds, highSeconds] = range
  if (highSeconds <= SOON_SECONDS) return wait.soon
  const [unit, seconds] = highSeconds > MINUTES_UNTIL_SECONDS ? (['hour', 3600] as const) : (['minute', 60] as const)
  const low = Math.floor(lowSeconds / seconds)
  const high = Math.ceil(highSeconds / seconds)
  const text = low < 1 ? wait.upTo : low === high ? wait.about : wait.range
  return unbroken(fill(text, { low: words.number(low), high: words.duration(high, unit) }))
}

/**
 * "between 2:31 PM and 2:34 PM"; empty if unknown or within a minute. Counted from the time of the
 * figures, so that it agrees with them however wrong the device's clock is.
 */
function clockText(status: Status, words: Words): string {
  const range = rangeOf(status)
  if (range === null || range[1] <= SOON_SECONDS) return ''
  const atMs = Date.parse(status.updatedAt)
  const [low, high] = [words.clock(atMs + range[0] * 1000), words.clock(atMs + range[1] * 1000)]
  return low === high ? fill(words.texts.around, { time: high }) : fill(words.texts.between, { low, high })
}

function rangeOf({ state, etaSeconds, etaLowSeconds, etaHighSeconds }: Status): [number, number] | null {
  const low = etaLowSeconds ?? etaSeconds
  const high = etaHighSeconds ?? etaSeconds
  return (state !== 'waiting' && state !== 'lobby') || low === null || high === null ? null : [low, high]
}

function noteOf(status: Status, words: Words, { state, note, keptSeconds, needsCookies }: Moment): string {
  if (needsCookies === true) return words.texts.cookies
  if (state === 'lost') return status.number === null ? '' : keptText(words, keptSeconds ?? status.placeKeptSeconds)
  if (note) return note
  if (!status.unreachable) return ''
  const { lead } = words.texts.states.lost
  return status.number === null ? lead : `${lead} ${keptText(words, status.placeKeptSeconds)}`
}

function keptText(words: Words, seconds: number): string {
  if (seconds <= 0) return words.texts.maybeGone
  const time =
    seconds < 60 ? words.duration(Math.floor(seconds), 'second') : words.duration(Math.floor(seconds / 60), 'minute')
  return fill(words.texts.kept, { time })
}

/** 0 to 100: the share of the people ahead at the join who are gone; null: unknown. */
export function progressOf({ position, startPosition }: Status): number | null {
  if (position === null || startPosition === null) return null
  const start = Math.max(startPosition, position)
  return Math.round((100 * (start - position)) / start)
}

/** The tab's icon: the position in three characters, or a sign for the state. */
export function faviconOf(state: PageState, position: number | null): string {
  const [sign, colour] = FAVICONS[state] ?? [position === null ? '…' : shortNumber(position), '#1d6296']
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${colour}"/>` +
    `<text x="16" y="22" font-family="sans-serif" font-size="${sign.length > 2 ? 14 : 18}" font-weight="700" text-anchor="middle" fill="#fff">${sign}</text></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}

const FAVICONS: Partial<Record<PageState, readonly [string, string]>> = {
  paused: ['II', '#8a5a00'],
  full: ['–', '#8a5a00'],
  closed: ['–', '#8a5a00'],
  'sold-out': ['–', '#8a5a00'],
  ended: ['×', '#526070'],
  lost: ['!', '#a32a22'],
  expired: ['×', '#526070'],
  moved: ['×', '#526070'],
  left: ['×', '#526070'],
  called: ['✓', '#1b7742'],
  admitted: ['✓', '#1b7742'],
}

/** 999, 1k, 12k, 999k, 1M. */
function shortNumber(n: number): string {
  if (n < 1000) return String(n)
  return n < 1_000_000 ? `${Math.floor(n / 1000)}k` : `${Math.floor(n / 1_000_000)}M`
}
