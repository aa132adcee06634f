/**
 * CORS for the room's own answers: pages of the origins in `allowed_origins` (single-page apps on another host, hybrid apps)
 * may read them. Never with credentials: such a page acts with the token in the header `Waiting-Room-Token` alone, so it can
 * never act with the cookies of a visitor. The site's answers are the site's to share.
 */
import { requestUrl } from '../http/request-url.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { TOKEN_HEADER } from '../tokens/token-cookie.ts'

/** The other origin that sent this request, where one of these rooms allows it; null: none did, or it is not allowed. */
export function allowedOrigin(request: Request, rooms: readonly RoomSettings[]): string | null {
  const origin = request.headers.get('Origin')
  if (origin === null || origin === requestUrl(request.url).origin) return null
  return rooms.some((room) => room.allowed_origins.includes(origin)) ? origin : null
}

const EXPOSED_HEADERS = `${TOKEN_HEADER}, Retry-After, Link`

/** Lets pages of this origin read an answer of ours. */
export function shareWith(origin: string, response: Response): Response {
  const { headers } = response
  headers.set('Access-Control-Allow-Origin', origin)
  headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS)
  headers.append('Vary', 'Origin')
  return response
}
