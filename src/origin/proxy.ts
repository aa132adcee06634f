/**
 * Sends a request on to the origin and its answer back, untouched but for what is named here: our cookies and headers are
 * taken out, the pass and the forwarding headers put in, the origin's own host becomes ours, commands to the room are taken out.
 */

import { type RequestUrl, requestUrl } from '../http/request-url.ts'
import { PRESENCE_DURING_REQUEST_MS } from '../limits.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { type Commanded, takeCommand } from './commands.ts'
import { checkHost } from './host-advice.ts'
import { type SiteNames, withOurNames } from './own-names.ts'
import { type OwnHeaders, setRequestHeaders } from './request-headers.ts'

export interface Origin {
  /** Null: the binding, or where the route leads. */
  readonly url: URL | null
  /** The `Host` to ask with; null: that of the URL asked for. */
  readonly host: string | null
  readonly site: SiteNames
  readonly binding: Fetcher | null
  readonly secret: string | null
  readonly timeoutSeconds: number
  /** Their cookies are none of the origin's business. */
  readonly rooms: readonly RoomSettings[]
  readonly ownHeaders: OwnHeaders
}

export type OriginOutcome =
  | ({ readonly state: 'answered' } & Commanded)
  | { readonly state: 'down' }
  | { readonly state: 'slow' }

export interface OriginCall {
  /** The verified pass, null for who needs none. */
  readonly pass: string | null
  /** The answer may be a page whose head is read: it is asked for without a content coding. */
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
    setRequestHeaders(forwarded.headers, origin.ownHeaders, origin.rooms, { url, pass, secret: origin.secret })
    // Every byte behind the head is passed on as the origin sent it. A compressed page would have to be decoded.
    if (readsPage) forwarded.headers.set('Accept-Encoding', 'identity')
    const sent = await inTime(ask(forwarded, url, origin), origin.timeoutSeconds * 1000, onWaiting)
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

function ask(forwarded: Request, asked: RequestUrl, { url, host, binding }: Origin): Promise<Response> {
  if (binding !== null) return binding.fetch(forwarded)
  const server = url?.hostname ?? asked.hostname
  if (host === null || host === server) return fetch(forwarded)
  // The platform takes `Host` from the URL, whatever the header says. This is its way to reach another server than the URL's.
  return fetch(forwarded, { cf: { ...forwarded.cf, resolveOverride: server } } as RequestInit)
}

/** Names the host that the origin is to see. */
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
