/**
 * Where tokens travel: one cookie per room, or the header `Waiting-Room-Token` for clients without a cookie jar.
 */
import { serialize } from 'hono/utils/cookie'
import { LANG_COOKIE, OPERATOR_COOKIE } from '../http/cookie-names.ts'
import { TICKET_LIFE_SECONDS } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'

export const TOKEN_HEADER = 'Waiting-Room-Token'

/** `__Host-` where the browser may enforce it; `__Secure-` for a room over several hosts; neither on plain http. */
export function cookieName(room: RoomSettings, secure: boolean): string {
  if (!secure) return `waiting-room-${room.name}`
  return `${room.cookie_domain === undefined ? '__Host-' : '__Secure-'}waiting-room-${room.name}`
}

/** What a request presents as tokens of one room, unread. */
export interface PresentedTexts {
  readonly inHeader: string | null
  readonly inCookies: readonly string[]
  /**
   * In the cookie of plain http, on a request over https: of a visitor who came over http first. They count only where none of
   * the others holds a place: a sibling host or someone on the network can set this cookie, and would else give the visitor
   * another place. Empty over http, where this cookie is the room's own.
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

/** Whether all that the client presents is this very token: then there is nothing to tell it. */
export function holdsCookie({ inHeader, inCookies }: PresentedTexts, token: string): boolean {
  return inCookies.length === 1 && inCookies[0] === token && (inHeader === null || inHeader === token)
}

/**
 * Whether the client keeps our cookie, as far as a request shows it: it does not, when it presents a token that we set as a
 * cookie in the header alone.
 */
export function keepsCookies({ inHeader, inCookies, inPlainCookies }: PresentedTexts): boolean {
  return inHeader === null || inCookies.length > 0 || inPlainCookies.length > 0
}

/** All values of a cookie. Found by its name: splitting the whole header took 20 us of each request. */
function cookieTokens(headers: Headers, cookie: string): string[] {
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

/** `Set-Cookie` for a token; null takes the cookie away. */
export function tokenCookie(room: RoomSettings, secure: boolean, token: string | null): string {
  const domain = room.cookie_domain
  return serialize(cookieName(room, secure), token ?? '', {
    path: '/',
    httpOnly: true,
    secure,
    // A cross-site POST back from a payment page must keep its pass; without Secure browsers refuse "None".
    sameSite: secure ? 'None' : 'Lax',
    maxAge: token === null ? 0 : TICKET_LIFE_SECONDS,
    ...(domain === undefined ? {} : { domain }),
  })
}

/** `Set-Cookie` that takes away the cookie of plain http, once https has its own; null where the request shows none. */
export function plainCookieRemoval(headers: Headers, room: RoomSettings, secure: boolean): string | null {
  if (!secure || cookieTokens(headers, cookieName(room, false)).length === 0) return null
  return tokenCookie(room, false, null)
}

/** A `Cookie` header without the cookies of these rooms: the origin needs none of them. Null: nothing is left. */
export function withoutOurCookies(cookies: string | null, rooms: readonly RoomSettings[]): string | null {
  if (cookies === null || !cookies.includes('waiting-room-')) return cookies
  const ours = namesOfOurs(rooms)
  const isForeign = (pair: string) => !ours.has(pair.slice(0, Math.max(0, pair.indexOf('='))))
  // Often ours is the only one.
  if (!cookies.includes(';')) return isForeign(cookies.trim()) ? cookies : null
  const pairs = cookies.split(';').map((pair) => pair.trim())
  const kept = pairs.filter(isForeign)
  return kept.length === 0 ? null : kept.join('; ')
}

/** Made once for the rooms of a deployment: 10 us of each request with a pass. */
const cookieNames = new WeakMap<readonly RoomSettings[], ReadonlySet<string>>()

function namesOfOurs(rooms: readonly RoomSettings[]): ReadonlySet<string> {
  const known = cookieNames.get(rooms)
  if (known !== undefined) return known
  const names = [OPERATOR_COOKIE, LANG_COOKIE, ...rooms.map(({ name }) => `waiting-room-${name}`)]
  const ours = new Set(names.flatMap((name) => ['', '__Host-', '__Secure-'].map((prefix) => `${prefix}${name}`)))
  cookieNames.set(rooms, ours)
  return ours
}
