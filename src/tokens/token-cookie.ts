/**
 * How tokens travel: in one cookie per room, or in the header `Waiting-Room-Token` for clients
 * without a cookie jar.
 */
import { serialize } from 'hono/utils/cookie'
import { CHECK_COOKIE, KEY_COOKIE, LANG_COOKIE, OPERATOR_COOKIE, SKIP_COOKIE } from '../http/paths.ts'
import { isSecure } from '../http/request-url.ts'
import { TICKET_LIFE_SECONDS } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'

export const TOKEN_HEADER = 'Waiting-Room-Token'

/**
 * The prefix is `__Host-`, or `__Secure-` for a room with a cookie domain. Browsers accept neither
 * on plain http.
 */
export function cookieName(room: RoomSettings, secure: boolean): string {
  if (!secure) return `waiting-room-${room.name}`
  return `${room.cookie_domain === undefined ? '__Host-' : '__Secure-'}waiting-room-${room.name}`
}

/** The texts that a request presents as tokens of one room, not verified yet. */
export interface PresentedTexts {
  readonly inHeader: string | null
  readonly inCookies: readonly string[]
  /**
   * On https: the plain-http cookie of a visitor who came over http first. It counts only if no
   * other token holds a place. Otherwise a sibling host or someone on the network, who can set this
   * cookie, could give the visitor another place. Empty on http, where this cookie is the room's
   * own.
   */
  readonly inPlainCookies: readonly string[]
}

const NONE: readonly string[] = []

export function presentedTexts(headers: Headers, room: RoomSettings, secure: boolean): PresentedTexts {
  return {
    inHeader: headers.get(TOKEN_HEADER) || null,
    inCookies: cookieTokens(headers, cookieName(room, secure)),
    inPlainCookies: secure ? cookieTokens(headers, cookieName(room, false)) : NONE,
  }
}

/** Whether the client presents this token and no other, so that no cookie needs to be set. */
export function holdsCookie({ inHeader, inCookies }: PresentedTexts, token: string): boolean {
  return inCookies.length === 1 && inCookies[0] === token && (inHeader === null || inHeader === token)
}

/**
 * False if the client presents its token in the header only, although it received it as a cookie,
 * too.
 */
export function keepsCookies({ inHeader, inCookies, inPlainCookies }: PresentedTexts): boolean {
  return inHeader === null || inCookies.length > 0 || inPlainCookies.length > 0
}

/**
 * All values of a cookie. Searching for the name saves the 20 us per request that splitting the
 * header takes.
 */
export function cookieTokens(headers: Headers, cookie: string): string[] {
  const cookies = headers.get('Cookie')
  const found: string[] = []
  if (cookies === null) return found
  const name = `${cookie}=`
  for (let at = cookies.indexOf(name); at >= 0; at = cookies.indexOf(name, at + 1)) {
    if (!beginsPair(cookies, at)) continue
    const end = cookies.indexOf(';', at)
    found.push(cookies.slice(at + name.length, end < 0 ? undefined : end).trimEnd())
  }
  return found
}

function beginsPair(cookies: string, at: number): boolean {
  let before = at - 1
  while (cookies[before] === ' ' || cookies[before] === '\t') before--
  return before < 0 || cookies[before] === ';'
}

/** `Set-Cookie` for a token; null deletes the cookie. */
export function tokenCookie(room: RoomSettings, secure: boolean, token: string | null): string {
  const domain = room.cookie_domain
  return serialize(cookieName(room, secure), token ?? '', {
    path: '/',
    httpOnly: true,
    secure,
    // A cross-site POST from a payment page must carry the pass. Browsers reject "None" without
    // Secure.
    sameSite: secure ? 'None' : 'Lax',
    maxAge: token === null ? 0 : TICKET_LIFE_SECONDS,
    ...(domain === undefined ? {} : { domain }),
  })
}

/** The name of a cookie of this host only. */
export function hostCookieName(request: Request, name: string): string {
  return isSecure(request) ? `__Host-${name}` : name
}

/** `Set-Cookie` for a cookie of this host only; null deletes it. */
export function hostCookie(request: Request, name: string, value: string | null, lifeSeconds: number): string {
  return serialize(hostCookieName(request, name), value ?? '', {
    path: '/',
    httpOnly: true,
    secure: isSecure(request),
    sameSite: 'Lax',
    maxAge: value === null ? 0 : lifeSeconds,
  })
}

/** On https: `Set-Cookie` that deletes the plain-http cookie; null: the request has none. */
export function plainCookieRemoval(headers: Headers, room: RoomSettings, secure: boolean): string | null {
  if (!secure || cookieTokens(headers, cookieName(room, false)).length === 0) return null
  return tokenCookie(room, false, null)
}

/** The client's new token; `null`: the client forgets its token; `undefined`: no change. */
export type TokenChange = string | null | undefined

/** Sets the cookie, and the header for clients that present their token in it. */
export function tokenHeaders(
  request: Request,
  room: RoomSettings,
  change: TokenChange,
): Readonly<Record<string, string>> {
  if (change === undefined) return {}
  const cookie = { 'Set-Cookie': tokenCookie(room, isSecure(request), change) }
  return change !== null && request.headers.has(TOKEN_HEADER) ? { ...cookie, [TOKEN_HEADER]: change } : cookie
}

/** Adds a token change to the headers of a response. */
export function changeToken(headers: Headers, request: Request, room: RoomSettings, change: TokenChange): void {
  for (const [name, value] of Object.entries(tokenHeaders(request, room, change))) {
    // Keeps the origin's cookies.
    if (name === 'Set-Cookie') headers.append(name, value)
    else headers.set(name, value)
  }
  const removal = change === undefined ? null : plainCookieRemoval(request.headers, room, isSecure(request))
  if (removal !== null) headers.append('Set-Cookie', removal)
}

/** Sends the browser to a page of the site, with a token change. */
export function redirectWithToken(
  { request, room }: { readonly request: Request; readonly room: RoomSettings },
  href: string,
  change?: TokenChange,
): Response {
  const headers = new Headers({ Location: href, 'Cache-Control': 'no-store' })
  changeToken(headers, request, room, change)
  return new Response(null, { status: 303, headers })
}

/** The names of all cookies that the deployment sets, with and without prefix. */
export function ourCookieNames(rooms: readonly RoomSettings[]): ReadonlySet<string> {
  const own = [OPERATOR_COOKIE, LANG_COOKIE, CHECK_COOKIE, KEY_COOKIE, SKIP_COOKIE]
  const names = [...own, ...rooms.map(({ name }) => `waiting-room-${name}`)]
  return new Set(names.flatMap((name) => ['', '__Host-', '__Secure-'].map((prefix) => `${prefix}${name}`)))
}

/** A `Cookie` header without our cookies, which the origin does not need; null: nothing is left. */
export function withoutOurCookies(cookies: string | null, ours: ReadonlySet<string>): string | null {
  if (cookies === null || !cookies.includes('waiting-room-')) return cookies
  const isForeign = (pair: string) => !ours.has(pair.slice(0, Math.max(0, pair.indexOf('='))))
  // Often our cookie is the only one.
  if (!cookies.includes(';')) return isForeign(cookies.trim()) ? cookies : null
  const pairs = cookies.split(';').map((pair) => pair.trim())
  const kept = pairs.filter(isForeign)
  return kept.length === 0 ? null : kept.join('; ')
}
