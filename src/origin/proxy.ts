/**
 * Sends a request on to the origin and its answer back, untouched but for what is named here: our cookies and headers are
 * taken out, the pass and the forwarding headers put in, a `Location` on the origin's own host becomes ours, commands to the
 * room are taken out.
 */
import { PRESENCE_DURING_REQUEST_MS } from '../limits.ts'
import { logWarning } from '../log.ts'
import { errorText } from '../reporter/scrub.ts'
import { type RequestUrl, requestUrl } from '../request-url.ts'
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

/** `pass`: the verified pass, null for who needs none. `onWaiting` is called again and again while the origin works. */
export async function askOrigin(
  request: Request,
  origin: Origin,
  pass: string | null,
  onWaiting: () => void = () => {},
): Promise<OriginOutcome> {
  const url = requestUrl(request.url)
  const target = targetOf(url, origin)
  const patience = new Patience(origin.timeoutSeconds * 1000, onWaiting)
  try {
    // A request that arrives follows no redirects, and neither does its copy.
    const forwarded = new Request(target, request)
    setRequestHeaders(forwarded.headers, url, origin, pass)
    const asked = origin.binding === null ? fetch(forwarded) : origin.binding.fetch(forwarded)
    const response = await Promise.race([asked, patience.over])
    if (response !== null) {
      return { state: 'answered', ...takeCommand(withOurLocation(response, url, target), target) }
    }
    logWarning('origin_slow', { host: hostOf(target), timeoutSeconds: origin.timeoutSeconds })
    return { state: 'slow' }
  } catch (error) {
    logWarning('origin_down', { host: hostOf(target), error: errorText(error) })
    return { state: 'down' }
  } finally {
    // Only the time until the headers is limited: a download or a socket may take as long as it likes.
    patience.end()
  }
}

/**
 * How long the origin may take, and a sign of life meanwhile: one timer for both, and no `AbortController`, since the
 * platform drops what a request that was answered still asks for. The second copy, the signal and the second timer took 10 us in a loop.
 */
class Patience {
  /** Null when the time is over. */
  readonly over: Promise<null>
  private ended = false

  constructor(limitMs: number, onWaiting: () => void) {
    this.over = new Promise((resolve) => {
      const wait = (leftMs: number) => {
        const stepMs = Math.min(leftMs, PRESENCE_DURING_REQUEST_MS)
        setTimeout(() => {
          if (this.ended) return
          if (leftMs <= stepMs) return resolve(null)
          onWaiting()
          wait(leftMs - stepMs)
        }, stepMs)
      }
      wait(limitMs)
    })
  }

  /** Taking the timer back would cost as much as setting it; it goes with its request. */
  end(): void {
    this.ended = true
  }
}

function targetOf({ href, pathname, search }: RequestUrl, { url, binding }: Origin): string {
  return url === null || binding !== null ? href : `${url.protocol}//${url.host}${pathname}${search}`
}

function hostOf(target: string): string {
  return new URL(target).host
}

function setRequestHeaders(headers: Headers, url: RequestUrl, origin: Origin, pass: string | null): void {
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
function withOurLocation(response: Response, url: RequestUrl, target: string): Response {
  const location = response.headers.get('Location')
  // Only one that names a host; "/path" and "path" stay on ours by themselves.
  const namesHost = location !== null && /^([a-z][a-z0-9+.-]*:)?\/\//i.test(location)
  if (!namesHost || !URL.canParse(location, target)) return response
  const originHost = hostOf(target)
  const aim = new URL(location, target)
  if (originHost === url.host || aim.host !== originHost) return response
  const ours = new URL(url.href)
  aim.protocol = ours.protocol
  aim.host = ours.host
  aim.port = ours.port
  const headers = new Headers(response.headers)
  headers.set('Location', aim.href)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
