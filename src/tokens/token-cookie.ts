/**
 * Where tokens travel: one cookie per room, or the header `Waiting-Room-Token` for clients without a cookie jar.
 */
import { serialize } from 'hono/utils/cookie'
import { TICKET_LIFE_SECONDS, TOKENS_PER_REQUEST_MAX } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'

export const TOKEN_HEADER = 'Waiting-Room-Token'

/** `__Host-` where the browser may enforce it; `__Secure-` for a room over several hosts; neither on plain http. */
export function cookieName(room: RoomSettings, secure: boolean): string {
  if (!secure) return `waiting-room-${room.name}`
  return `${room.cookie_domain === undefined ? '__Host-' : '__Secure-'}waiting-room-${room.name}`
}

/** The texts that may be tokens of this room: the header's first, then the cookies'. Bounded. */
export function presentedTokens(headers: Headers, room: RoomSettings, secure: boolean): string[] {
  const found: string[] = []
  const header = headers.get(TOKEN_HEADER)
  if (header !== null && header !== '') found.push(header)
  const name = `${cookieName(room, secure)}=`
  for (const pair of cookiePairs(headers)) {
    if (found.length >= TOKENS_PER_REQUEST_MAX) break
    if (pair.startsWith(name)) found.push(pair.slice(name.length))
  }
  return found
}

/**
 * Whether the client keeps our cookie, as far as a request shows it: it does not, when it presents a token that we set as a
 * cookie in the header alone.
 */
export function keepsCookies(headers: Headers, room: RoomSettings, secure: boolean): boolean {
  if (!headers.get(TOKEN_HEADER)) return true
  const name = `${cookieName(room, secure)}=`
  return cookiePairs(headers).some((pair) => pair.startsWith(name))
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

/** The `Cookie` header without the cookies of these rooms: the origin needs none of them. Null: nothing is left. */
export function withoutOurCookies(headers: Headers, rooms: readonly RoomSettings[]): string | null {
  const ours = new Set(
    rooms.flatMap(({ name }) => ['', '__Host-', '__Secure-'].map((prefix) => `${prefix}waiting-room-${name}`)),
  )
  const kept = cookiePairs(headers).filter((pair) => !ours.has(pair.split('=', 1)[0] as string))
  return kept.length === 0 ? null : kept.join('; ')
}

function cookiePairs(headers: Headers): string[] {
  const cookies = headers.get('Cookie')
  return cookies === null ? [] : cookies.split(';').map((pair) => pair.trim())
}
