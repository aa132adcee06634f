/**
 * The waiting page: wording and first view. Owns the texts, which its script gets as JSON, and the headers that fence the
 * page in. Does not own the line, tokens or cookies. The template is `public/waiting-room.html`; whoever replaces it may
 * use every name of `templateView`, and Cloudflare Waiting Room's names, which the caller passes as `variables`.
 */

import defaultTemplate from '../../public/waiting-room.html'
import { renderTemplate } from './compiled-template.ts'
import type { Status, VisitorState } from './status.ts'

export interface WaitingView {
  readonly status: Status
  /** Of this answer alone; the same goes to `waitingPageHeaders`. */
  readonly nonce: string
  /** The ticket, sent with each poll, so that two tabs opened at once can be told apart. */
  readonly token: string | null
  /** Path and query first asked for. Anything else than a path of this host becomes one. */
  readonly returnUrl: string
  /** The host the visitor asked for: the page says which site it belongs to. */
  readonly host: string
  /** ISO 8601. */
  readonly joinedAt: string | null
  /** The position when the visitor joined, where known: the bar's zero. */
  readonly startPosition: number | null
  /** Wished language; English where there are no texts for it. */
  readonly lang: string
  /** More names for the template, the fields of `cfWaitingRoom`. The page's own names win. */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** What the page can say: the visitor's states, and two that only the page knows. */
type PageState = VisitorState | 'joining' | 'left'

interface StateTexts {
  readonly title: string
  readonly heading: string
  readonly lead: string
  /** Label of the link to the site; empty: no link. */
  readonly link: string
  /** Whether position and wait mean anything in this state. */
  readonly figures: boolean
}

/** `page` is used by the template, `live` by the template and by the page's script. `{name}` is filled in. */
const TEXTS = {
  en: {
    dir: 'ltr',
    page: {
      figures: 'Your place in line',
      position: 'Your position',
      progress: 'Progress since you joined',
      ahead: 'People ahead of you',
      wait: 'Estimated wait',
      waiting: 'People in line',
      ticket: 'Your ticket number',
      message: 'A message for everyone in line',
      updated: 'Last updated',
      joined: 'you joined at',
      noScript: 'This page reloads by itself to keep your place. There is no need to do anything.',
      howTitle: 'How this works',
      how: [
        'Everyone gets a ticket number in order of arrival, and people are let in in that order.',
        'This page updates by itself. Reloading it does not cost you your place.',
        'If your connection drops or your phone locks, your place is kept for a few minutes.',
        'Keep cookies on: your place is kept in one.',
        'The wait is an estimate from how fast people have been let in lately. It can go up as well as down.',
      ],
      leave: 'Leave the line',
      leaveAsk: 'If you leave, your place goes to the next person. Coming back means joining at the end.',
      leaveConfirm: 'Yes, give up my place',
    },
    live: {
      states: {
        joining: {
          title: 'Waiting for a place',
          heading: 'One moment, please',
          lead: 'We are getting you a place in line. This page keeps trying by itself.',
          link: '',
          figures: false,
        },
        waiting: {
          title: '#{position} in line',
          heading: 'You are in line',
          lead: 'Many people want to visit right now. Keep this page open: it takes you there when it is your turn.',
          link: '',
          figures: true,
        },
        paused: {
          title: 'Paused, #{position} in line',
          heading: 'The line is paused',
          lead: 'Nobody is being let in at the moment. Your place is kept: stay here, and it goes on from where you are.',
          link: '',
          figures: true,
        },
        full: {
          title: 'The line is full',
          heading: 'The line is full',
          lead: 'There is no room for more people in line at the moment. This page keeps trying and joins as soon as it can.',
          link: '',
          figures: false,
        },
        closed: {
          title: 'The line is closed',
          heading: 'The line is closed',
          lead: 'Nobody can join or be let in at the moment. This page tells you when that changes.',
          link: '',
          figures: false,
        },
        expired: {
          title: 'Your place is gone',
          heading: 'Your place in line is gone',
          lead: 'We did not hear from this page for too long, so your place went to the next person. You can join again at the end of the line.',
          link: 'Join the line again',
          figures: false,
        },
        left: {
          title: 'You left the line',
          heading: 'You left the line',
          lead: 'Your place went to the next person. You can close this page.',
          link: 'Join the line again',
          figures: false,
        },
        admitted: {
          title: 'It is your turn',
          heading: 'It is your turn',
          lead: 'We are taking you there now.',
          link: 'Continue',
          figures: false,
        },
      },
      wait: {
        unknown: 'not known yet',
        paused: 'not known while paused',
        soon: 'less than a minute',
        upToMinutes: 'up to {high} minutes',
        aboutMinutes: 'about {high} minutes',
        rangeMinutes: '{low} to {high} minutes',
        upToHours: 'up to {high} hours',
        aboutHours: 'about {high} hours',
        rangeHours: '{low} to {high} hours',
      },
      announce: 'You are number {position} in line. Estimated wait: {wait}.',
      lostTitle: 'Connection lost, trying again',
      lost: 'We cannot reach the waiting room. This page keeps trying, and your place is kept for a few minutes meanwhile.',
      cameBack: 'Some people ahead of you came back to their places, so your position number is higher than before.',
      betterTicket: 'You have more than one ticket. We kept the better one, number {number}.',
      newTicket:
        'Your earlier ticket was lost, you now have number {number}. Keep cookies on: your place is kept in one.',
      cookies: 'Please allow cookies for this site: your place is kept in one.',
      leaveFailed: 'We could not reach the waiting room, so you are still in line. Please try again.',
    },
  },
} as const satisfies Record<string, Texts>

type WaitText = 'unknown' | 'paused' | 'soon' | `${'upTo' | 'about' | 'range'}${'Minutes' | 'Hours'}`

interface Texts {
  readonly dir: 'ltr' | 'rtl'
  readonly page: Readonly<Record<string, string | readonly string[]>>
  readonly live: {
    readonly states: Readonly<Record<PageState, StateTexts>>
    readonly wait: Readonly<Record<WaitText, string>>
    readonly [sentence: string]: unknown
  }
}

/** Reloading more often than this leaves no time to read, or to confirm leaving, to who has no JavaScript. */
const REFRESH_MIN_SECONDS = 10

/** The whole page, in UTF-8. Everything that comes from outside is escaped. */
export function renderWaitingPage(view: WaitingView, template = defaultTemplate): Uint8Array {
  return renderTemplate(template, templateView(view))
}

/**
 * Headers of the page: nothing but its own style and script runs, and it talks to its own host only. `worker-src blob:` is
 * for the poll timer that goes on in hidden tabs. Status code, `Retry-After` and cookies are the caller's.
 */
export function waitingPageHeaders(nonce: string): Record<string, string> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': [
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      `script-src 'nonce-${nonce}'`,
      'worker-src blob:',
      "connect-src 'self'",
      'img-src data:',
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  }
}

/**
 * A URL as a path of this very host, for a link or a redirect. A path that starts with two slashes would name another
 * host, so it gets a dot segment, which the browser drops again; anything that is no path becomes `/`.
 */
export function pathOfThisHost(url: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop these from a URL, so `/<tab>/x` names a host
  const path = url.replace(/[\x00-\x20]/g, '')
  if (!path.startsWith('/')) return '/'
  return /^\/[/\\]/.test(path) ? `/.${path}` : path
}

function templateView({ status, nonce, token, host, joinedAt, startPosition, lang, variables, ...view }: WaitingView) {
  const [language, texts] = chooseTexts(lang)
  const format = numberFormat(language)
  const { position } = status
  const going = status.state !== 'expired' && status.state !== 'admitted'
  const state = texts.live.states[pageState(status)]
  const wait = waitText(status, texts.live.wait, format)
  const roomQuery = `?room=${encodeURIComponent(status.room)}`
  const returnUrl = pathOfThisHost(view.returnUrl)
  const leaveUrl = `/__waiting-room/leave${roomQuery}`
  const statusUrl = `/__waiting-room/status${roomQuery}`
  const visit = { status, token, returnUrl, statusUrl, leaveUrl, joinedAt, startPosition, room: status.room }
  const waitMinutes = Number(variables?.waitTime)
  return {
    ...(variables && {
      ...variables,
      waitTimeHours: Math.floor(waitMinutes / 60),
      waitTimeHourMinutes: waitMinutes % 60,
    }),
    nonce,
    host,
    lang: language,
    dir: texts.dir,
    texts: pageTexts(language, texts),
    title: fill(state.title, { position: position === null ? '–' : format(position) }),
    heading: state.heading,
    lead: state.lead,
    link: state.link,
    figures: state.figures,
    going,
    canLeave: going && status.number !== null,
    message: status.message,
    note: status.unreachable ? texts.live.lost : '',
    position: position === null ? '–' : format(position),
    ahead: position === null ? '–' : format(position - 1),
    wait,
    waiting: format(status.waiting),
    ticket: status.number === null ? '' : format(status.number),
    progressKnown: position !== null && startPosition !== null,
    progress: progressPercent(position, startPosition),
    returnUrl,
    leaveUrl,
    updatedAt: status.updatedAt,
    updated: `${status.updatedAt.slice(11, 19)} UTC`,
    joinedAt,
    joined: joinedAt === null ? null : `${joinedAt.slice(11, 16)} UTC`,
    // Who lost their place joins again because they want to, not because a forgotten tab reloads.
    refreshSeconds: status.state === 'expired' ? null : Math.max(status.pollAfterSeconds, REFRESH_MIN_SECONDS),
    visit: jsonForScript({ ...visit, lang: language }),
  }
}

/** One object per language, made once: the compiled template takes it as constant. `live`: the script's texts as JSON. */
function pageTexts(language: string, texts: Texts): object {
  const known = textsOfPage.get(language)
  if (known !== undefined) return known
  const made = { ...texts.page, live: jsonForScript(texts.live) }
  textsOfPage.set(language, made)
  return made
}
const textsOfPage = new Map<string, object>()

/** Making a formatter takes longer than the rest of the view. */
function numberFormat(language: string): (value: number) => string {
  const known = formats.get(language)
  if (known !== undefined) return known
  const { format } = new Intl.NumberFormat(language)
  formats.set(language, format)
  return format
}
const formats = new Map<string, (value: number) => string>()

function chooseTexts(lang: string): [string, Texts] {
  const language = lang.split('-')[0] ?? ''
  return Object.hasOwn(TEXTS, language) ? [language, TEXTS[language as keyof typeof TEXTS]] : ['en', TEXTS.en]
}

/** In a script element `<` could end it or open a comment; in JSON it may be written as an escape. */
function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

// The rules below are written once more in the page's script, which renders every later view.

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

function pageState({ state, number }: Status): PageState {
  return state === 'waiting' && number === null ? 'joining' : state
}

function waitText(status: Status, texts: Texts['live']['wait'], format: (value: number) => string): string {
  const low = status.etaLowSeconds ?? status.etaSeconds
  const high = status.etaHighSeconds ?? status.etaSeconds
  if (status.state === 'paused') return texts.paused
  if (low === null || high === null) return texts.unknown
  if (high <= 60) return texts.soon
  const [unit, unitSeconds] = high > 7200 ? (['Hours', 3600] as const) : (['Minutes', 60] as const)
  const values = { low: format(Math.floor(low / unitSeconds)), high: format(Math.ceil(high / unitSeconds)) }
  const kind = low < unitSeconds ? 'upTo' : values.low === values.high ? 'about' : 'range'
  return fill(texts[`${kind}${unit}`], values)
}

function progressPercent(position: number | null, startPosition: number | null): number {
  if (position === null || startPosition === null) return 0
  const start = Math.max(startPosition, position)
  return Math.round((100 * (start - position)) / start)
}
