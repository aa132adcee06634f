/**
 * CORS. Pages of the origins in `allowed_origins` (single-page apps on another host, hybrid apps)
 * may read the room's own answers, but never with credentials. Such a page acts with the token in
 * the header `Waiting-Room-Token` only, so it cannot act with a visitor's cookies. The site decides
 * who may read the site's answers, so preflights for it are forwarded.
 */
import { canonicalName } from '../origin/request-headers.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { TOKEN_HEADER } from '../tokens/token-cookie.ts'
import type { RoomContext } from './room-context.ts'
import { limitedPollSeconds } from './visitor-status.ts'

/** The other origin that sent this request, if one of these rooms allows it; otherwise null. */
export function allowedOrigin(
  { request, url }: Pick<RoomContext, 'request' | 'url'>,
  rooms: readonly RoomSettings[],
): string | null {
  const origin = request.headers.get('Origin')
  if (origin === null || origin === url.origin) return null
  return rooms.some((room) => room.allowed_origins.includes(origin)) ? origin : null
}

const EXPOSED_HEADERS = `${TOKEN_HEADER}, Retry-After, Link`

/** Lets pages of this origin read our answer. */
export function shareWith(origin: string, response: Response): Response {
  const { headers } = response
  headers.set('Access-Control-Allow-Origin', origin)
  headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS)
  headers.append('Vary', 'Origin')
  return response
}

/** Lets an app of an allowed origin read our answer to a request for the site. */
export async function shareIfAllowed(
  context: Pick<RoomContext, 'request' | 'url' | 'room'>,
  response: Response | Promise<Response>,
): Promise<Response> {
  const origin = allowedOrigin(context, [context.room])
  return origin === null ? response : shareWith(origin, await response)
}

/**
 * Whether a request can be a browser's preflight (Fetch, "CORS-preflight fetch"): it names an
 * origin, and has neither credentials nor a body. Any other `OPTIONS` request is treated like all
 * other requests.
 */
export function isPreflight(request: Request): boolean {
  if (request.method !== 'OPTIONS') return false
  const { headers, body } = request
  if (!headers.has('Access-Control-Request-Method') || !headers.has('Origin')) return false
  if (CREDENTIALS.some((name) => headers.has(name)) || headers.has('Upgrade')) return false
  // The runtime gives a request with a length of 0 an empty body.
  const isEmpty = headers.get('Content-Length') === '0' && !headers.has('Transfer-Encoding')
  return isEmpty || body === null
}

const CREDENTIALS = ['Cookie', 'Authorization', TOKEN_HEADER]

/** Headers that make some origins treat a request as one of another method. */
const METHOD_OVERRIDES: readonly string[] = ['x-http-method-override', 'x-http-method', 'x-method-override']

/**
 * The preflight to forward: without a body, and without headers that make it more than an `OPTIONS`
 * request.
 */
export function barePreflight({ url, method, headers }: Request): Request {
  const kept = [...headers].filter(([name]) => !METHOD_OVERRIDES.includes(canonicalName(name)))
  const bare = new Request(url, { method, headers: kept, redirect: 'manual' })
  bare.headers.delete('Content-Length')
  return bare
}

/** For an address that sends too many. Developers see the text in the browser's network log. */
export function tooManyPreflights(): Response {
  return new Response('Too many preflight requests from this address. Try again later.\n', {
    status: 429,
    headers: { 'Cache-Control': 'no-store', 'Retry-After': String(limitedPollSeconds(Math.random())) },
  })
}
