/**
 * How access keys travel: in a link's parameter, then in a cookie, or in a header of programs. In
 * the cookie and the header a nonce may follow the key, `KEY~NONCE`: joins with the same nonce are
 * one join, so a repeated request after a lost answer gets the same place.
 */
import { KEY_COOKIE } from '../http/paths.ts'
import { KEY_COOKIE_LIFE_SECONDS, TOKEN_MAX_CHARS } from '../limits.ts'
import { cookieTokens, hostCookie, hostCookieName } from './token-cookie.ts'

export const KEY_HEADER = 'Waiting-Room-Key'

export interface KeyText {
  readonly key: string
  /** Null: the request has chosen none. */
  readonly nonce: string | null
}

const KEY_TEXT = /^([\w.-]+)(?:~([\w-]{8,64}))?$/

/** The texts that a request presents as keys, not verified; the header before the cookie. */
export function presentedKeyTexts(request: Request): readonly KeyText[] {
  const inHeader = request.headers.get(KEY_HEADER)
  const inCookies = cookieTokens(request.headers, hostCookieName(request, KEY_COOKIE))
  if (inHeader === null && inCookies.length === 0) return NONE
  return [...(inHeader ? [inHeader] : []), ...inCookies].map(keyText)
}

const NONE: readonly KeyText[] = []

/** A text without the form of a key stays what it is, so that it is refused. */
function keyText(text: string): KeyText {
  const [, key = text, nonce = null] = KEY_TEXT.exec(text) ?? []
  return { key, nonce }
}

/** `Set-Cookie` with a key, from a link; null: the key of this browser has done its work. */
export function keyCookie(request: Request, key: string | null): string {
  return hostCookie(request, KEY_COOKIE, key === null ? null : `${key}~${crypto.randomUUID()}`, KEY_COOKIE_LIFE_SECONDS)
}

/** Marks the nonce of a browser that was sent to the same page again. */
const RETRIED = '_2'

/** `Set-Cookie` with the request's key, marked; null: it is marked already, or there is none. */
export function retriedKeyCookie(request: Request): string | null {
  const [text] = cookieTokens(request.headers, hostCookieName(request, KEY_COOKIE))
  if (text === undefined || keyText(text).nonce === null || text.endsWith(RETRIED)) return null
  return hostCookie(request, KEY_COOKIE, text + RETRIED, KEY_COOKIE_LIFE_SECONDS)
}

/** Whether a text from a link may go into a cookie. */
export function fitsCookie(text: string): boolean {
  return text.length <= TOKEN_MAX_CHARS && /^[\w.-]+$/.test(text)
}

export function hasKeyCookie(request: Request): boolean {
  return cookieTokens(request.headers, hostCookieName(request, KEY_COOKIE)).length > 0
}
