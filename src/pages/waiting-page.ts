/**
 * The waiting page: the first view, which works without JavaScript, and the headers that confine
 * it. wording.ts turns a status into words, messages/ holds the texts, looks.ts a room's look.
 *
 * The default page is prerendered for each look and language, and its policy allows style and
 * script by hash. An operator's template is rendered by Mustache for each request, with a nonce. It
 * may use every name of `templateView`, and the names of Cloudflare Waiting Room.
 */

import Mustache from 'mustache'
import defaultTemplate from '../../public/waiting-room.html'
import { cacheSet, memoize } from '../cache.ts'
import { pathOfThisHost } from '../http/paths.ts'
import { LANGUAGES, type Language } from '../languages.ts'
import { CLOCK_TEXTS_MAX, TIME_ZONES_MAX } from '../limits.ts'
import type { PageState, Status } from '../status.ts'
import { templateVariables } from './cf-waiting-room.ts'
import type { Look } from './looks.ts'
import { messages } from './messages/index.ts'
import type { LiveTexts } from './messages/messages.ts'
import { fillPage, type PrerenderedPage, prerender } from './prerender.ts'
import { faviconOf, pageState, progressOf, standsInLine, viewOf } from './wording.ts'
import { type Words, wordsOf } from './words.ts'

export interface WaitingView {
  readonly status: Status
  /** The ticket, sent with each poll, so that two tabs opened at once can be told apart. */
  readonly token: string | null
  /** Path and query to go to when admitted. Anything but a path of this host becomes `/`. */
  readonly returnUrl: string
  /** The requested host: the page names the site that it belongs to. */
  readonly host: string
  readonly language: Language
  /** The visitor's, if the platform knows it. The page's script uses the browser's own. */
  readonly timeZone?: string | undefined
  /** A form was sent and did not reach the site. */
  readonly notSent?: boolean
  /** The operators' preview: shows this state, and never polls. */
  readonly preview?: PageState
}

interface WaitingPage {
  /** Bytes are valid until the next page is rendered. */
  readonly body: Uint8Array | string
  /**
   * Without the ones that depend on the answer: status code, `Retry-After` and cookies are the
   * caller's.
   */
  readonly headers: Headers
}

/**
 * Without JavaScript, a shorter reload interval leaves no time to read the page or to confirm
 * leaving.
 */
const REFRESH_MIN_SECONDS = 10

const MINUTE_MS = 60_000

/**
 * The page with all values escaped. Throws what Mustache throws for a broken template of an
 * operator.
 */
export function renderWaitingPage(view: WaitingView, look: Look): WaitingPage {
  const localized = localizedLook(look, view.language)
  const values = templateView(view, look, localized)
  if (look.template !== null) return customPage(look, look.template, view, { ...localized.shared, ...values })
  localized.page ??= prerender(defaultTemplate, localized.shared)
  return { body: fillPage(localized.page, values), headers: localized.headers }
}

/** The parts that all pages of a look in one language share. */
interface LocalizedLook {
  readonly live: LiveTexts
  readonly shared: ReturnType<typeof sharedValues>
  readonly headers: Headers
  /** By time zone. */
  readonly words: Map<string, Words>
  /** The default page; undefined until it is needed. */
  page?: PrerenderedPage
}

const localizedLooks = new WeakMap<Look, Map<Language, LocalizedLook>>()

function localizedLook(look: Look, language: Language): LocalizedLook {
  let byLanguage = localizedLooks.get(look)
  if (byLanguage === undefined) {
    byLanguage = new Map()
    localizedLooks.set(look, byLanguage)
  }
  let localized = byLanguage.get(language)
  if (localized === undefined) {
    const live = liveTexts(look, language)
    const headers = pageHeaders(defaultPolicy(look), look, language)
    localized = { live, shared: sharedValues(look, language, live), headers, words: new Map() }
    byLanguage.set(language, localized)
  }
  return localized
}

/** With the operator's own texts. */
function liveTexts({ texts }: Look, language: Language): LiveTexts {
  const { live } = messages[language]
  const states = { ...live.states }
  for (const [key, text] of Object.entries(texts?.[language] ?? {})) {
    const [state, part] = key.split('.') as [PageState, string]
    states[state] = { ...states[state], [part]: text }
  }
  return { ...live, states }
}

function sharedValues({ prefix, logo, style, colours, script, watchdog }: Look, lang: Language, live: LiveTexts) {
  const { name, dir, frame } = messages[lang]
  const languages = LANGUAGES.map((tag) => ({ tag, name: messages[tag].name }))
  const [inOrder, ...rules] = frame.how
  const texts = { ...frame, inOrder, rules, name, live: jsonForScript(live) }
  return { prefix, logo, style, colours, script, watchdog, lang, dir, languages, texts }
}

function templateView(view: WaitingView, look: Look, localized: LocalizedLook) {
  const { status, token, host, language, preview } = view
  const state = preview ?? pageState(status)
  const note = view.notSent === true ? messages[language].frame.notSent : ''
  const returnUrl = pathOfThisHost(view.returnUrl)
  const progress = progressOf(status)
  const inLine = standsInLine(state)
  const words = viewOf(status, wordsIn(localized, view.timeZone), { state, note, nowMs: Date.now() })
  const query = `?room=${encodeURIComponent(status.room)}`
  const back = `&return=${encodeURIComponent(returnUrl)}`
  const visit = {
    prefix: look.prefix,
    status,
    token,
    returnUrl,
    note,
    ...(preview === undefined ? {} : { preview }),
  }
  // Joining again after losing the place is the visitor's choice: a forgotten tab must not do it.
  const reloads = state !== 'expired' && state !== 'moved' && state !== 'left' && preview === undefined
  return {
    ...words,
    figures: words.position !== '' || words.countdown !== '',
    state,
    host,
    site: look.name ?? host,
    // As text: the number 0 would hide the progress bar.
    progress: progress === null || !inLine ? '' : String(progress),
    icon: faviconOf(state, status.position),
    canLeave: inLine && status.number !== null,
    returnUrl,
    leaveUrl: `${look.prefix}/leave${query}${back}`,
    drawUrl: `${look.prefix}/draw${query}`,
    // Without a ticket, the visitor joins at the requested address.
    refreshUrl: status.number === null ? returnUrl : `${look.prefix}/line${query}${back}`,
    refreshSeconds: reloads ? refreshSeconds(status) : null,
    visit: jsonForScript(visit),
  }
}

function refreshSeconds({ pollAfterSeconds }: Status): number {
  return Math.max(pollAfterSeconds, REFRESH_MIN_SECONDS)
}

/** A formatter takes longer to make than the rest of the view. */
function wordsIn({ live, words }: LocalizedLook, timeZone = 'UTC'): Words {
  let known = words.get(timeZone)
  if (known === undefined) {
    known = withCachedTimes(wordsOf(live, timeZone))
    cacheSet(words, TIME_ZONES_MAX, timeZone, known)
  }
  return known
}

/**
 * Formatting a time takes 5 to 10 us. A page has four, which it shares with most others of the same
 * minute.
 */
function withCachedTimes(words: Words): Words {
  const clock = memoize(CLOCK_TEXTS_MAX, (minute) => words.clock(minute * MINUTE_MS))
  const dayAndClock = memoize(CLOCK_TEXTS_MAX, (minute) => words.dayAndClock(minute * MINUTE_MS))
  const clockWithSeconds = memoize(CLOCK_TEXTS_MAX, (second) => words.clockWithSeconds(second * 1000))
  return {
    ...words,
    clock: (ms) => clock(Math.floor(ms / MINUTE_MS)),
    dayAndClock: (ms) => dayAndClock(Math.floor(ms / MINUTE_MS)),
    clockWithSeconds: (ms) => clockWithSeconds(Math.floor(ms / 1000)),
  }
}

/**
 * The reload for browsers that run no scripts, and for a script that fails
 * (client/page/watchdog.js). The default page has it in its head.
 */
const WATCHED_RELOAD = `<script nonce="{{nonce}}" data-url="{{refreshUrl}}" data-seconds="{{refreshSeconds}}">{{{watchdog}}}</script><meta http-equiv="refresh" content="{{refreshSeconds}};url={{refreshUrl}}"></template>`

/** `shared`: all values but the nonce and the names of Cloudflare Waiting Room. */
function customPage(
  look: Look,
  template: string,
  { status, language, preview }: WaitingView,
  values: ReturnType<typeof sharedValues> & ReturnType<typeof templateView>,
): WaitingPage {
  const nonce = crypto.randomUUID()
  const json = (id: string, text: string) =>
    `<script type="application/json" id="${id}" nonce="${nonce}">${text}</script>`
  const script = `<script nonce="${nonce}">${values.script}</script>`
  const reload = values.refreshSeconds === null ? '' : Mustache.render(WATCHED_RELOAD, { ...values, nonce })
  const waitingRoomScript = reload + json('texts', values.texts.live) + json('visit', values.visit) + script
  const body = Mustache.render(template, { ...templateVariables(status), ...values, nonce, waitingRoomScript })
  const headers = pageHeaders(customPolicy(nonce), look, language)
  // A template without our script reloads, as Cloudflare's do.
  const reloads = !template.includes('waitingRoomScript') && preview === undefined
  if (reloads) headers.set('Refresh', String(refreshSeconds(status)))
  return { body, headers }
}

function pageHeaders(policy: string, look: Look, language: Language): Headers {
  return new Headers({
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Language': language,
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `${policy}; ${commonPolicy(look)}`,
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  })
}

/** The poll timer that hidden tabs do not throttle is a worker made from a blob. */
function commonPolicy({ formTargets }: Look): string {
  const forms = ["'self'", ...formTargets].join(' ')
  return `worker-src blob:; form-action ${forms}; base-uri 'none'; frame-ancestors 'none'`
}

/** Runs only the page's style and script, and connects to its own host only. */
function defaultPolicy({ styleSource, scriptSource }: Look): string {
  const sources = `style-src ${styleSource}; script-src ${scriptSource}; connect-src 'self'; img-src data:`
  return `default-src 'none'; ${sources}`
}

/**
 * A template is trusted like its operator: images, fonts and styles from anywhere, and the scripts
 * in the template, which carry the nonce. Values are escaped, so they cannot become scripts.
 */
function customPolicy(nonce: string): string {
  const anywhere = ['img-src', 'font-src', 'media-src', 'connect-src'].map((what) => `${what} 'self' https: data:`)
  const scripts = `script-src 'nonce-${nonce}'; script-src-attr 'unsafe-inline'`
  return `default-src 'self' https:; ${anywhere.join('; ')}; style-src 'self' https: 'unsafe-inline'; ${scripts}`
}

/** Escapes `<`, which could end the script element or open a comment in it. */
function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
