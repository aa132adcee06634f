/**
 * Sends a request to the origin and returns its response, unchanged except for these: our cookies
 * and headers are removed, the pass and the forwarding headers are added, the origin's own host
 * becomes ours, and commands to the room are removed.
 */
import type { RequestUrl } from '../http/request-url.ts'
import { PRESENCE_DURING_REQUEST_MS } from '../limits.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { checkHost, type SiteNames, withOurNames } from './host-names.ts'
import { type ReservedNames, setRequestHeaders } from './request-headers.ts'

export interface Origin {
  /** Null: requests go to the binding, or to wherever the route leads. */
  readonly url: URL | null
  /** The `Host` that the origin sees; null: the host of the requested URL. */
  readonly host: string | null
  readonly site: SiteNames
  readonly binding: Fetcher | null
  readonly secret: string | null
  readonly timeoutSeconds: number
  readonly rooms: readonly RoomSettings[]
  readonly reserved: ReservedNames
}

export type OriginOutcome =
  | { readonly state: 'answered'; readonly response: Response; readonly revokes: boolean }
  | { readonly state: 'down' }
  | { readonly state: 'slow' }

export interface OriginOptions {
  /** The verified pass; null: the request needs none. */
  readonly pass: string | null
  /** The response may be a page whose head is read, so it is requested without a content coding. */
  readonly readsPage: boolean
  /** Called every few seconds while the origin works. */
  readonly onWaiting: () => void
}

const PLAIN: OriginOptions = { pass: null, readsPage: false, onWaiting: () => {} }

export async function fetchFromOrigin(
  request: Request,
  url: RequestUrl,
  origin: Origin,
  { pass, readsPage, onWaiting }: OriginOptions = PLAIN,
): Promise<OriginOutcome> {
  const target = targetOf(url, origin)
  try {
    const headers = new Headers(request.headers)
    setRequestHeaders(headers, origin.reserved, { url, pass, secret: origin.secret })
    // The bytes after the head are passed on as the origin sent them. A compressed page would have
    // to be decoded.
    if (readsPage) headers.set('Accept-Encoding', 'identity')
    const sending = send(request, { target, headers, asked: url, origin })
    const sent = await withTimeout(sending, origin.timeoutSeconds * 1000, onWaiting)
    if (sent !== null) {
      const renamed = withOurNames(sent, url, origin.site)
      const answer = checkHost({ request, ours: url, target, sent, answer: renamed }, origin.rooms)
      return { state: 'answered', ...takeCommand(answer, target) }
    }
    logWarning('origin_slow', { host: hostOf(target), timeoutSeconds: origin.timeoutSeconds })
    return { state: 'slow' }
  } catch (error) {
    logWarning('origin_down', { host: hostOf(target), error: errorText(error) })
    return { state: 'down' }
  }
}

/**
 * The response, or null if its headers take longer than the limit. Bodies and sockets may take as
 * long as they like.
 *
 * One timer serves the time-out and `onWaiting`. It is not cleared: that costs as much as setting
 * it, and it ends with its request. There is no `AbortController`: the platform drops the
 * subrequests of a request that was answered. A second copy, a signal and a second timer took 10
 * us.
 */
function withTimeout(pending: Promise<Response>, limitMs: number, onWaiting: () => void): Promise<Response | null> {
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
    pending.then(
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

interface Forwarding {
  readonly target: string
  readonly headers: Headers
  /** The URL that the visitor requested. */
  readonly asked: RequestUrl
  readonly origin: Origin
}

/**
 * A site that is reached by URL cannot see the `cf` of a request. Copying it is expensive: it is
 * parsed, frozen, cloned and serialized, and has 3 KB in a deployment. So only the parts of a
 * request are passed on, or the whole one where that is needed: a binding gives `cf` to the other
 * Worker, and the runtime refuses a new GET with a body.
 */
function send(request: Request, { target, headers, asked, origin }: Forwarding): Promise<Response> {
  const { url, host, binding } = origin
  const copy = () => (target === request.url ? request : new Request(target, request))
  if (binding !== null) return binding.fetch(copy(), { headers })
  const server = url?.hostname ?? asked.hostname
  // The platform takes `Host` from the URL. `resolveOverride` is its way to reach another server
  // than the URL's.
  const cf = host === null || host === server ? null : { cf: { resolveOverride: server } }
  if (request.body !== null) return fetch(copy(), { headers, ...cf })
  // A request that arrives follows no redirects, and neither does the one to the site.
  return fetch(target, { method: request.method, headers, redirect: 'manual', ...cf })
}

/** The URL to request, which names the host that the origin sees. */
function targetOf({ href, protocol, host, hostname, pathname, search }: RequestUrl, origin: Origin): string {
  const { url } = origin
  if (url === null && origin.host === null) return href
  const place = url ?? { protocol, host, hostname }
  const port = place.host.slice(place.hostname.length)
  return `${place.protocol}//${origin.host ?? place.hostname}${port}${pathname}${search}`
}

function hostOf(target: string): string {
  return new URL(target).host
}

/**
 * Commands of the origin: `revoke` ends the session of the request's pass. Our own name, and
 * Cloudflare Waiting Room's.
 */
const COMMAND_HEADERS = ['Waiting-Room-Command', 'Cf-Waiting-Room-Command']

const LOGGED_COMMAND_MAX_CHARS = 40

/**
 * Removes the command headers, whatever they say: visitors never see them. `target` is for the log.
 */
function takeCommand(response: Response, target: string): { readonly response: Response; readonly revokes: boolean } {
  // Nearly all responses have no command; they are not copied.
  if (!COMMAND_HEADERS.some((name) => response.headers.has(name))) return { response, revokes: false }
  const given = COMMAND_HEADERS.map((name) => response.headers.get(name)).filter((value) => value !== null)
  const stripped = new Response(response.body, response)
  for (const name of COMMAND_HEADERS) stripped.headers.delete(name)
  const commands = given.flatMap((value) => value.split(',')).map((value) => value.trim().toLowerCase())
  const unknown = commands.find((command) => command !== 'revoke')
  if (unknown !== undefined) {
    const command = unknown.slice(0, LOGGED_COMMAND_MAX_CHARS)
    logWarning('origin_command_unknown', { host: hostOf(target), command })
  }
  return { response: stripped, revokes: commands.includes('revoke') }
}
