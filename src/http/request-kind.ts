/**
 * Classifies a request to a covered URL: whether it may take a ticket, and in which form it reads
 * its place.
 */
import { parseAccept } from 'hono/utils/accept'
import { cacheSet } from '../cache.ts'
import { ACCEPT_KEPT_MAX_CHARS, ACCEPTS_KEPT_MAX } from '../limits.ts'

/**
 * These may join the line:
 * - `page`: a document in a window or tab.
 * - `json`: a client that reads JSON.
 * - `program`: a client that accepts neither HTML nor JSON, such as a feed reader or a calendar.
 *
 * These take no ticket:
 * - `frame`: a document in another page, where the browser may not keep our cookie.
 * - `form`: a document that answers a form, which the waiting page could not send again.
 * - `subresource`: an image, style sheet or font, whose text nobody reads.
 * - `fetch`: a script's fetch, or a program's call with a method other than GET. Its answer is
 *   JSON.
 * - `other`: a probe, a prefetch, a socket.
 */
export type RequestKind = 'page' | 'json' | 'program' | 'frame' | 'form' | 'subresource' | 'fetch' | 'other'

export function requestKind(request: Request): RequestKind {
  const { headers, method } = request
  if (isSubresource(headers)) return 'subresource'
  if (method === 'HEAD' || headers.has('Upgrade')) return 'other'
  if (method !== 'GET') return formKind(headers)
  return isSpeculative(headers) ? 'other' : getKind(headers)
}

/**
 * Whether a browser shows the answer as a document. Speculative loads count, since they may be
 * shown later.
 */
export function isPage({ headers, method }: Request, kind: RequestKind): boolean {
  if (method !== 'GET') return false
  const shown = kind === 'other' && isSpeculative(headers) ? getKind(headers) : kind
  return shown === 'page' || shown === 'frame'
}

/** The form in which a client with a ticket reads its place. */
export function readableForm({ headers }: Request, kind: RequestKind = 'other'): 'page' | 'json' {
  const accepted = acceptedKind(headers)
  // Scripts that fetch parts of pages name HTML.
  if (kind === 'fetch' && !NAMES_HTML.test(headers.get('Accept') ?? '')) return 'json'
  return accepted === 'json' || accepted === 'program' ? 'json' : 'page'
}

export function mayJoin(kind: RequestKind): boolean {
  return kind === 'page' || kind === 'json' || kind === 'program'
}

const FRAMES = ['iframe', 'frame']

/** `empty` is a script's fetch, or a navigation that a service worker passes on. */
const DOCUMENTS = ['document', 'empty', ...FRAMES]

function isSubresource(headers: Headers): boolean {
  const destination = headers.get('Sec-Fetch-Dest')
  return destination !== null && !DOCUMENTS.includes(destination)
}

function getKind(headers: Headers): RequestKind {
  const destination = headers.get('Sec-Fetch-Dest')
  // Browsers send all of Sec-Fetch-* or none. Node's fetch always sends the mode alone.
  if (destination === null) return kindByAccept(headers)
  if (!isNavigation(headers)) return 'fetch'
  if (FRAMES.includes(destination)) return 'frame'
  return acceptedKind(headers) === 'json' ? 'json' : 'page'
}

/**
 * For requests without Sec-Fetch-*: from programs, older browsers, and any browser on plain http.
 */
function kindByAccept(headers: Headers): RequestKind {
  const accepted = acceptedKind(headers)
  // Only this value means a script. Android WebViews send their app's name in this header with
  // every navigation.
  const isScript = headers.get('X-Requested-With')?.toLowerCase() === 'xmlhttprequest'
  return isScript && accepted !== 'json' ? 'fetch' : accepted
}

/** For methods other than GET and HEAD. */
function formKind(headers: Headers): RequestKind {
  const destination = headers.get('Sec-Fetch-Dest')
  if (destination === null) {
    const isForm = FORM_TYPE.test(headers.get('Content-Type') ?? '')
    const namesHtml = NAMES_HTML.test(headers.get('Accept') ?? '')
    return isForm && namesHtml && kindByAccept(headers) === 'page' ? 'form' : 'fetch'
  }
  if (!isNavigation(headers)) return 'fetch'
  return FRAMES.includes(destination) ? 'frame' : 'form'
}

const NAMES_HTML = /text\/html|application\/xhtml\+xml/i

/** The values of `enctype` in an HTML form. */
const FORM_TYPE = /^\s*(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;|$)/i

/** Scripts of pages cannot send this mode. */
function isNavigation(headers: Headers): boolean {
  return headers.get('Sec-Fetch-Mode') === 'navigate'
}

/** Whether a browser loads a page ahead that may never be shown. */
function isSpeculative(headers: Headers): boolean {
  const purpose = headers.get('Sec-Purpose') ?? headers.get('Purpose') ?? ''
  return /prefetch|prerender/i.test(purpose)
}

type AcceptedKind = 'page' | 'json' | 'program' | 'subresource'

/** Cached by `Accept`: browsers send a handful of values, and parsing one takes 15 us. */
const acceptedKinds = new Map<string, AcceptedKind>()

function acceptedKind(headers: Headers): AcceptedKind {
  const accept = headers.get('Accept')
  if (accept === null) return 'page'
  const known = acceptedKinds.get(accept)
  if (known !== undefined) return known
  const kind = readAccept(accept)
  if (accept.length <= ACCEPT_KEPT_MAX_CHARS) cacheSet(acceptedKinds, ACCEPTS_KEPT_MAX, accept, kind)
  return kind
}

interface MediaRange {
  /** In lower case, without parameters. */
  readonly type: string
  readonly q: number
}

/**
 * HTML or JSON, whichever has the higher q, or HTML if both have the same. Browsers name the type
 * of a subresource, so `*\/*` beside it does not make it a page. Text that is not a media range
 * counts as an unknown type.
 */
function readAccept(accept: string): AcceptedKind {
  const ranges = parseAccept(accept).map(({ type, q }) => ({ type: type.toLowerCase(), q }))
  const html = qualityOf(ranges, isHtml, 'text/*')
  const json = qualityOf(ranges, isJson, 'application/*')
  const other = Math.max(0, ...ranges.filter(({ type }) => isOther(type)).map(({ q }) => q))
  // Feed readers name HTML last.
  if (other > Math.max(html, json))
    return ranges.some(({ type, q }) => q > 0 && DESKTOP_VIEW.test(type)) ? 'page' : 'program'
  if (html > 0 && html >= json) return 'page'
  if (json > 0) return 'json'
  const accepted = ranges.filter(({ q }) => q > 0)
  if (accepted.some(({ type }) => SUBRESOURCE.test(type))) return 'subresource'
  // An empty header asks for as little as none at all.
  return ranges.length === 0 || (accepted.length > 0 && ranges.every(({ type }) => isAnything(type)))
    ? 'page'
    : 'program'
}

/**
 * The best q of the matching types, or of the wildcard if none matches. 0: not accepted, or only by
 * `*\/*`.
 */
function qualityOf(ranges: readonly MediaRange[], isOne: (type: string) => boolean, wildcard: string): number {
  const named = ranges.filter(({ type }) => isOne(type))
  const counted = named.length > 0 ? named : ranges.filter(({ type }) => type === wildcard)
  return counted.reduce((best, { q }) => Math.max(best, q), 0)
}

function isHtml(type: string): boolean {
  return type === 'text/html' || type === 'application/xhtml+xml'
}

function isJson(type: string): boolean {
  return type === 'application/json' || /^[^/]+\/.*\+json$/.test(type)
}

/** Whether a type is neither HTML, JSON, a subresource nor a wildcard. */
function isOther(type: string): boolean {
  return !isHtml(type) && !isJson(type) && !type.endsWith('*') && !SUBRESOURCE.test(type)
}

/**
 * A browser control in a Windows program accepts one of these for a page, beside images and without
 * HTML.
 */
const DESKTOP_VIEW = /^application\/(x-ms-application|xaml\+xml|x-ms-xbap)$/

/** Older Java clients send `*` alone. */
function isAnything(type: string): boolean {
  return type === '*/*' || type === '*'
}

/**
 * Images, audio, video, fonts, style sheets and scripts, by their present and their older names.
 */
const SUBRESOURCE =
  /^(image|audio|video|font)\/|^text\/css$|^(text|application)\/(x-)?(java|ecma)script$|^application\/((x-)?font-|vnd\.ms-fontobject|ogg)/
