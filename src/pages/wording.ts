/**
 * Turns a status into words, for the server's first view of the waiting page and for every later
 * one of the page's script. The texts are in messages/. This module runs on both sides, so it uses
 * no platform types but `Intl`.
 */

import { cacheSet } from '../cache.ts'
import { SPLIT_TEXTS_MAX } from '../limits.ts'
import type { PageState, Status } from '../status.ts'
import type { LiveTexts, Plural } from './messages/messages.ts'

/** A language's texts with its numbers, times and plurals. */
export interface Words {
  readonly texts: LiveTexts
  number(value: number): string
  /** `{n}` is the number itself. */
  plural(texts: Plural, n: number): string
  /** "7 minutes", "2 hours", "45 seconds". */
  duration(value: number, unit: 'second' | 'minute' | 'hour'): string
  clock(ms: number): string
  clockWithSeconds(ms: number): string
  dayAndClock(ms: number): string
}

/** The waiting page as texts, named by the ids of its elements. An empty text hides the element. */
export interface PageView {
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
  readonly ticket: string
  readonly joined: string
  readonly updated: string
}

export interface Moment {
  readonly state: PageState
  readonly nowMs: number
  /** Something that has just happened. */
  readonly note?: string
  /** How much longer the place is kept while the connection is lost. */
  readonly keptSeconds?: number
}

/** A wait below this is "almost there". */
const ALMOST_SECONDS = 60

/** Longer waits are shown in hours. */
const MINUTES_UNTIL_SECONDS = 7200

/**
 * `timeZone`: default the reader's own. UTC is named in the texts, since it is not the reader's
 * own.
 */
export function wordsOf(lang: string, texts: LiveTexts, timeZone?: string): Words {
  const number = new Intl.NumberFormat(lang)
  const rules = new Intl.PluralRules(lang)
  const zone = timeZone === undefined ? {} : { timeZone }
  const named = timeZone === 'UTC' ? { timeZoneName: 'short' as const } : {}
  const clock = new Intl.DateTimeFormat(lang, { ...zone, ...named, hour: 'numeric', minute: '2-digit' })
  const exact = new Intl.DateTimeFormat(lang, {
    ...zone,
    ...named,
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  })
  const day = new Intl.DateTimeFormat(lang, {
    ...zone,
    ...named,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: 'numeric',
    minute: '2-digit',
  })
  const units = new Map<string, Intl.NumberFormat>()
  return {
    texts,
    number: (value) => number.format(value),
    plural: (forms, n) => fill(forms[rules.select(n)] ?? forms.other, { n: number.format(n) }),
    duration(value, unit) {
      let format = units.get(unit)
      if (format === undefined) {
        format = new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' })
        units.set(unit, format)
      }
      return format.format(value)
    },
    clock: (ms) => unbroken(clock.format(ms)),
    clockWithSeconds: (ms) => exact.format(ms),
    dayAndClock: (ms) => day.format(ms),
  }
}

/** "3:29 PM" stays on one line. */
function unbroken(text: string): string {
  return text.replace(/\s/g, '\u00a0')
}

/** The page's state for a status. */
export function pageState({ state, number, etaHighSeconds }: Status): PageState {
  if (state !== 'waiting') return state
  if (number === null) return 'joining'
  return etaHighSeconds !== null && etaHighSeconds <= ALMOST_SECONDS ? 'almost' : 'waiting'
}

/** Whether the visitor is in line: there are figures to show and a place to give up. */
export function standsInLine(state: PageState): boolean {
  return state === 'waiting' || state === 'almost' || state === 'paused' || state === 'lost'
}

export function viewOf(status: Status, words: Words, moment: Moment): PageView {
  const { texts } = words
  const state = texts.states[moment.state]
  const position = standsInLine(moment.state) ? status.position : null
  const number = status.number === null ? '' : words.number(status.number)
  const figures = position === null ? NO_FIGURES : figuresOf(status, position, words, moment)
  return {
    title: fill(state.title, { position: position === null ? '' : `#${figures.position}` }),
    heading: state.heading,
    lead: leadOf(status, words, moment.state),
    action: state.action ?? '',
    note: noteOf(status, words, moment),
    message: status.message ?? '',
    ticket: standsInLine(moment.state) || moment.state === 'expired' ? number : '',
    joined:
      position === null || status.joinedAt === null
        ? ''
        : fill(texts.joined, { time: words.clock(Date.parse(status.joinedAt)) }),
    updated: fill(texts.updated, { time: words.clockWithSeconds(Date.parse(status.updatedAt)) }),
    ...figures,
  }
}

function leadOf({ opensAt, limited }: Status, { texts, dayAndClock }: Words, state: PageState): string {
  if (state === 'closed' && opensAt) return fill(texts.opens, { time: dayAndClock(Date.parse(opensAt)) })
  return state === 'joining' && limited === true ? texts.limited : texts.states[state].lead
}

const NO_FIGURES = { position: '', ahead: '', wait: '', clock: '', inLine: '' }

function figuresOf(status: Status, position: number, words: Words, { nowMs }: Moment): typeof NO_FIGURES {
  const { texts } = words
  return {
    position: words.number(position),
    ahead: position === 1 ? texts.next : words.plural(texts.ahead, position - 1),
    wait: waitText(status, words),
    clock: clockText(status, words, nowMs),
    inLine: words.plural(texts.inLine, status.waiting),
  }
}

/** "4 to 7 minutes". */
export function waitText(status: Status, words: Words): string {
  const { wait } = words.texts
  const range = rangeOf(status)
  if (status.state === 'paused') return wait.paused
  if (range === null) return wait.unknown
  const [lowSeconds, highSeconds] = range
  if (highSeconds <= ALMOST_SECONDS) return wait.soon
  const [unit, seconds] = highSeconds > MINUTES_UNTIL_SECONDS ? (['hour', 3600] as const) : (['minute', 60] as const)
  const low = Math.floor(lowSeconds / seconds)
  const high = Math.ceil(highSeconds / seconds)
  const text = low < 1 ? wait.upTo : low === high ? wait.about : wait.range
  return fill(text, { low: words.number(low), high: words.duration(high, unit) })
}

/** "between 2:31 PM and 2:34 PM"; empty if unknown or within a minute. */
function clockText(status: Status, words: Words, nowMs: number): string {
  const range = rangeOf(status)
  if (range === null || range[1] <= ALMOST_SECONDS) return ''
  const [low, high] = [words.clock(nowMs + range[0] * 1000), words.clock(nowMs + range[1] * 1000)]
  return low === high ? fill(words.texts.around, { time: high }) : fill(words.texts.between, { low, high })
}

function rangeOf({ state, etaSeconds, etaLowSeconds, etaHighSeconds }: Status): [number, number] | null {
  const low = etaLowSeconds ?? etaSeconds
  const high = etaHighSeconds ?? etaSeconds
  return state !== 'waiting' || low === null || high === null ? null : [low, high]
}

function noteOf(status: Status, words: Words, { state, note, keptSeconds }: Moment): string {
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
  lost: ['!', '#a32a22'],
  expired: ['×', '#526070'],
  left: ['×', '#526070'],
  admitted: ['✓', '#1b7742'],
}

/** 999, 1k, 12k, 999k, 1M. */
function shortNumber(n: number): string {
  if (n < 1000) return String(n)
  return n < 1_000_000 ? `${Math.floor(n / 1000)}k` : `${Math.floor(n / 1_000_000)}M`
}

/**
 * The parts of a text, in which placeholders have odd indices. A page's seven texts take 1.5 us
 * with this cache, 7 us without.
 */
const splitTexts = new Map<string, readonly string[]>()

/** Replaces each `{name}` by its value. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  let parts = splitTexts.get(text)
  if (parts === undefined) {
    parts = text.split(/\{(\w+)\}/)
    cacheSet(splitTexts, SPLIT_TEXTS_MAX, text, parts)
  }
  return parts.map((part, i) => (i % 2 === 0 ? part : (values[part] ?? ''))).join('')
}
