/**
 * Sends a request on to the origin and its answer back, untouched but for what is named here: our cookies and headers are
 * taken out, the pass and the forwarding headers put in, a `Location` on the origin's own host becomes ours, commands to the
 * room are taken out.
 */
import { logWarning } from '../log.ts'
import { errorText } from '../reporter/scrub.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { TOKEN_HEADER, withoutOurCookies } from '../tokens/token-cookie.ts'
import { type Commanded, takeCommand } from './commands.ts'

export interface Origin {
  /** Null: the binding, or where the route leads. */
  readonly url: URL | null
  readonly binding: Fetcher | null
  readonly secret: string | null
  readonly timeoutSeconds: number
  /** Their cookies are none of the origin's business. */
  readonly rooms: readonly RoomSettings[]
  /** Headers that carry a secret meant for us. */
  readonly bypassHeaders: readonly string[]
}

export type OriginOutcome =
  | ({ readonly state: 'answered' } & Commanded)
  | { readonly state: 'down' }
  | { readonly state: 'slow' }

export const PASS_HEADER = 'Waiting-Room-Pass'
export const SECRET_HEADER = 'Waiting-Room-Origin-Secret'

/** `pass`: the verified pass, null for who needs none. */
export async function askOrigin(request: Request, origin: Origin, pass: string | null): Promise<OriginOutcome> {
  const url = new URL(request.url)
  const target = targetOf(url, origin)
  const cut = new AbortController()
  const timer = setTimeout(() => cut.abort(), origin.timeoutSeconds * 1000)
  try {
    const forwarded = new Request(target, new Request(request, { redirect: 'manual', signal: cut.signal }))
    setRequestHeaders(forwarded.headers, url, origin, pass)
    const response = await (origin.binding === null ? fetch(forwarded) : origin.binding.fetch(forwarded))
    return { state: 'answered', ...takeCommand(withOurLocation(response, url, target), target.host) }
  } catch (error) {
    if (cut.signal.aborted) {
      logWarning('origin_slow', { host: target.host, timeoutSeconds: origin.timeoutSeconds })
      return { state: 'slow' }
    }
    logWarning('origin_down', { host: target.host, error: errorText(error) })
    return { state: 'down' }
  } finally {
    // Only the time until the headers is limited: a download or a socket may take as long as it likes.
    clearTimeout(timer)
  }
}

function targetOf(url: URL, origin: Origin): URL {
  const target = new URL(url)
  if (origin.url === null || origin.binding !== null) return target
  target.protocol = origin.url.protocol
  target.host = origin.url.host
  target.port = origin.url.port
  return target
}

function setRequestHeaders(headers: Headers, url: URL, origin: Origin, pass: string | null): void {
  const cookies = withoutOurCookies(headers.get('Cookie'), origin.rooms)
  if (cookies === null) headers.delete('Cookie')
  else headers.set('Cookie', cookies)
  // A client's own copies of what only we may say are removed.
  for (const name of [TOKEN_HEADER, PASS_HEADER, SECRET_HEADER, ...origin.bypassHeaders]) headers.delete(name)
  if (pass !== null) headers.set(PASS_HEADER, pass)
  if (origin.secret !== null) headers.set(SECRET_HEADER, origin.secret)
  headers.set('X-Forwarded-Host', url.host)
  headers.set('X-Forwarded-Proto', url.protocol.slice(0, -1))
}

/** A redirect to the origin's own host would lead visitors past the room. */
function withOurLocation(response: Response, url: URL, target: URL): Response {
  const location = response.headers.get('Location')
  // Only one that names a host; "/path" and "path" stay on ours by themselves.
  const namesHost = location !== null && /^([a-z][a-z0-9+.-]*:)?\/\//i.test(location)
  if (!namesHost || target.host === url.host || !URL.canParse(location, target.href)) return response
  const aim = new URL(location, target)
  if (aim.host !== target.host) return response
  aim.protocol = url.protocol
  aim.host = url.host
  aim.port = url.port
  const headers = new Headers(response.headers)
  headers.set('Location', aim.href)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
