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

export interface OriginCall {
  /** The verified pass, null for who needs none. */
  readonly pass: string | null
  /** The answer may be a page whose head is read: it must not come in a content coding that the runtime cannot decode. */
  readonly readsPage: boolean
  /** Called again and again while the origin works. */
  readonly onWaiting: () => void
}

const PLAIN_CALL: OriginCall = { pass: null, readsPage: false, onWaiting: () => {} }

export async function askOrigin(
  request: Request,
  origin: Origin,
  { pass, readsPage, onWaiting }: OriginCall = PLAIN_CALL,
): Promise<OriginOutcome> {
  const url = requestUrl(request.url)
  const target = targetOf(url, origin)
  try {
    // A request that arrives follows no redirects, and neither does its copy.
    const forwarded = new Request(target, request)
    setRequestHeaders(forwarded.headers, url, origin, pass)
    if (readsPage) acceptReadable(forwarded.headers)
    const asked = origin.binding === null ? fetch(forwarded) : origin.binding.fetch(forwarded)
    const response = await inTime(asked, origin.timeoutSeconds * 1000, onWaiting)
    if (response !== null) {
      const { response: answer, revokes } = takeCommand(withOurLocation(response, url, target), target)
      return { state: 'answered', response: answer, revokes }
    }
    logWarning('origin_slow', { host: hostOf(target), timeoutSeconds: origin.timeoutSeconds })
    return { state: 'slow' }
  } catch (error) {
    logWarning('origin_down', { host: hostOf(target), error: errorText(error) })
    return { state: 'down' }
  }
}

/**
 * What the origin answers, null when the time for its headers is over: a download or a socket may take as long as it likes. A
 * sign of life meanwhile. One timer for both, which goes with its request: taking it back would cost as much as setting it. And
 * no `AbortController`, since the platform drops what a request that was answered still asks for. The second copy, the signal
 * and the second timer took 10 us in a loop.
 */
function inTime(asked: Promise<Response>, limitMs: number, onWaiting: () => void): Promise<Response | null> {
  return new Promise((resolve, reject) => {
    let leftMs = limitMs
    let isOver = false
    const wait = () => {
      const stepMs = Math.min(leftMs, PRESENCE_DURING_REQUEST_MS)
      setTimeout(() => {
        if (isOver) return
        leftMs -= stepMs
        if (leftMs <= 0) return resolve(null)
        onWaiting()
        wait()
      }, stepMs)
    }
    wait()
    asked.then(
      (response) => {
        isOver = true
        resolve(response)
      },
      (error) => {
        isOver = true
        reject(error)
      },
    )
  })
}

/** Of what a browser accepts only gzip: the runtime decodes it part by part, as the origin flushes it. */
function acceptReadable(headers: Headers): void {
  const takesGzip = /(^|[\s,])gzip\s*(,|$|;\s*q\s*=\s*(1|0?\.0*[1-9]))/i.test(headers.get('Accept-Encoding') ?? '')
  headers.set('Accept-Encoding', takesGzip ? 'gzip' : 'identity')
}

function targetOf({ href, pathname, search }: RequestUrl, { url, binding }: Origin): string {
  return url === null || binding !== null ? href : `${url.protocol}//${url.host}${pathname}${search}`
}

function hostOf(target: string): string {
  return new URL(target).host
}

function setRequestHeaders(headers: Headers, url: RequestUrl, origin: Origin, pass: string | null): void {
  put(headers, 'Cookie', withoutOurCookies(headers.get('Cookie'), origin.rooms))
  // A client's own copies of what only we may say are removed.
  headers.delete(TOKEN_HEADER)
  for (const name of origin.bypassHeaders) headers.delete(name)
  put(headers, PASS_HEADER, pass)
  put(headers, SECRET_HEADER, origin.secret)
  headers.set('X-Forwarded-Host', url.host)
  headers.set('X-Forwarded-Proto', url.protocol.slice(0, -1))
}

/** Null: without it, whoever set it. */
function put(headers: Headers, name: string, value: string | null): void {
  if (value === null) headers.delete(name)
  else headers.set(name, value)
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
