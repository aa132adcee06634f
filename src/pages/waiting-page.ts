/**
 * The waiting page's first view, and the headers that fence it in. How a status reads is in wording.ts, what it says in
 * messages/, what it looks like in look.ts. The template is `public/waiting-room.html`; a room's own may use every name of
 * `templateView`, and Cloudflare Waiting Room's.
 */

import defaultTemplate from '../../public/waiting-room.html'
import { cacheSet, memoize } from '../cache.ts'
import { PREFIX, pathOfThisHost } from '../http/paths.ts'
import { LANGUAGES, type Language } from '../languages.ts'
import { CLOCK_TEXTS_MAX, FORMATS_MAX } from '../limits.ts'
import type { PageState, Status } from '../status.ts'
import { templateVariables } from './cf-waiting-room.ts'
import { renderTemplate } from './compiled-template.ts'
import { DEFAULT_LOOK, jsonForScript, type Look } from './look.ts'
import { messages } from './messages/index.ts'
import { faviconOf, pageState, progressOf, standsInLine, viewOf, type Words, wordsOf } from './wording.ts'

export interface WaitingView {
  readonly status: Status
  /** Of this answer alone; the same goes to `waitingPageHeaders`. */
  readonly nonce: string
  /** The ticket, sent with each poll, so that two tabs opened at once can be told apart. */
  readonly token: string | null
  /** Path and query to go to when admitted. Anything else than a path of this host becomes one. */
  readonly returnUrl: string
  /** The host the visitor asked for: the page says which site it belongs to. */
  readonly host: string
  readonly language: Language
  /** The visitor's, where the platform knows it: the page's script uses the browser's own. */
  readonly timeZone?: string | undefined
  /** A form was sent, and did not reach the site. */
  readonly notSent?: boolean
  /** What the room looks like; the default for all. */
  readonly look?: Look
  /** Shown instead of what the status says, and nobody is asked: the operators' preview. */
  readonly preview?: PageState
}

/** Reloading more often than this leaves no time to read, or to confirm leaving, to who has no JavaScript. */
export const REFRESH_MIN_SECONDS = 10

const MINUTE_MS = 60_000

/** The whole page, in UTF-8. Everything that comes from outside is escaped. Throws what Mustache throws for a broken template. */
export function renderWaitingPage(view: WaitingView): Uint8Array {
  const { look = DEFAULT_LOOK, language } = view
  const fixed = fixedOf(look, language)
  const own = templateView(view, look)
  if (look.template === null) return renderTemplate(defaultTemplate, fixed, own)
  const waitingRoomScript = scriptOf(fixed, own)
  return renderTemplate(look.template, fixed, { ...templateVariables(view.status), ...own, waitingRoomScript })
}

/** For templates: the page's script with what it is told, in one. */
function scriptOf(
  { texts, script }: ReturnType<typeof makeFixed>,
  { nonce, visit }: ReturnType<typeof templateView>,
): string {
  const json = (id: string, text: string) =>
    `<script type="application/json" id="${id}" nonce="${nonce}">${text}</script>`
  return `${json('texts', texts.live)}${json('visit', visit)}<script nonce="${nonce}">${script}</script>`
}

/**
 * Headers of the page: nothing but its own style and script runs, and it talks to its own host only. `worker-src blob:` is
 * for the poll timer that goes on in hidden tabs. Status code, `Retry-After` and cookies are the caller's.
 */
export function waitingPageHeaders(nonce: string, { template } = DEFAULT_LOOK): Record<string, string> {
  const sources = template === null ? ownSources(nonce) : templateSources(nonce)
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `${sources}; worker-src blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  }
}

function ownSources(nonce: string): string {
  const own = `style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`
  return `default-src 'none'; ${own}; connect-src 'self'; img-src data:`
}

/**
 * A template is its operator's: pictures, fonts and styles from anywhere, and scripts where the template names them, which
 * carry the nonce. Values cannot become scripts: they are escaped.
 */
function templateSources(nonce: string): string {
  const anywhere = ['img-src', 'font-src', 'media-src', 'connect-src'].map((what) => `${what} 'self' https: data:`)
  const scripts = `script-src 'nonce-${nonce}'; script-src-attr 'unsafe-inline'`
  return `default-src 'self' https:; ${anywhere.join('; ')}; style-src 'self' https: 'unsafe-inline'; ${scripts}`
}

/** For the picker. One list for all, so that the template takes it as constant. */
const languages = LANGUAGES.map((tag) => ({ tag, name: messages[tag].name }))

/** What all pages of a look in a language share: most of their bytes. */
function makeFixed({ logo, colours, style, script, texts }: Look, lang: Language) {
  return { logo, colours, style, script, lang, dir: messages[lang].dir, languages, texts: texts(lang) }
}

const fixed = new WeakMap<Look, Map<Language, ReturnType<typeof makeFixed>>>()

function fixedOf(look: Look, language: Language): ReturnType<typeof makeFixed> {
  const ofLook = fixed.get(look) ?? new Map()
  fixed.set(look, ofLook)
  const made = ofLook.get(language) ?? makeFixed(look, language)
  ofLook.set(language, made)
  return made
}

function templateView(view: WaitingView, look: Look) {
  const { status, nonce, token, host, language, preview } = view
  const words = wordsIn(language, view.timeZone ?? 'UTC', look)
  const state = preview ?? pageState(status)
  const note = view.notSent === true ? look.texts(language).notSent : ''
  const returnUrl = pathOfThisHost(view.returnUrl)
  const progress = progressOf(status)
  const inLine = standsInLine(state)
  const query = `?room=${encodeURIComponent(status.room)}`
  const visit = { status, token, returnUrl, lang: language, note, ...(preview === undefined ? {} : { preview }) }
  // Who lost their place joins again because they want to, not because a forgotten tab reloads.
  const reloads = state !== 'expired' && state !== 'left' && preview === undefined
  return {
    ...viewOf(status, words, { state, note, nowMs: Date.now() }),
    state,
    nonce,
    host,
    site: look.name ?? host,
    // A number would be a falsy one at the start.
    progress: progress === null || !inLine ? '' : String(progress),
    icon: faviconOf(state, status.position),
    canLeave: inLine && status.number !== null,
    returnUrl,
    leaveUrl: `${PREFIX}/leave${query}&return=${encodeURIComponent(returnUrl)}`,
    // Who has no ticket yet gets one where it was asked for.
    refreshUrl: status.number === null ? returnUrl : `${PREFIX}/line${query}&return=${encodeURIComponent(returnUrl)}`,
    refreshSeconds: reloads ? Math.max(status.pollAfterSeconds, REFRESH_MIN_SECONDS) : null,
    visit: jsonForScript(visit),
  }
}

/** Making formatters takes longer than the rest of the view. By texts, then by language and time zone. */
const formats = new WeakMap<Look, Map<string, Words>>()

function wordsIn(language: Language, timeZone: string, look: Look): Words {
  let ofLook = formats.get(look)
  if (ofLook === undefined) {
    ofLook = new Map()
    formats.set(look, ofLook)
  }
  const key = `${language} ${timeZone}`
  const known = ofLook.get(key)
  if (known !== undefined) return known
  const made = withTimesKept(wordsOf(language, look.live(language), timeZone))
  cacheSet(ofLook, FORMATS_MAX, key, made)
  return made
}

/** Writing a time takes 5 to 10 us, and a page has four, which it shares with most others of the same minute. */
function withTimesKept(words: Words): Words {
  const clock = memoize(CLOCK_TEXTS_MAX, (minute) => words.clock(minute * MINUTE_MS))
  const clockWithSeconds = memoize(CLOCK_TEXTS_MAX, (second) => words.clockWithSeconds(second * 1000))
  return {
    ...words,
    clock: (ms) => clock(Math.floor(ms / MINUTE_MS)),
    clockWithSeconds: (ms) => clockWithSeconds(Math.floor(ms / 1000)),
  }
}
