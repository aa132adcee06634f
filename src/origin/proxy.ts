/**
 * Sends a request to the origin and returns its response, unchanged except for these: our cookies
 * and headers are removed, the pass and the forwarding headers are added, the origin's own host
 * becomes ours, and commands to the room are removed.
 */
import type { RequestUrl } from '../http/request-url.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { RouteTable } from '../settings/route-table.ts'
import { checkHost, type SiteNames, withOurNames } from './host-names.ts'
import { type ReservedNames, setRequestHeaders } from './request-headers.ts'
import { PLAIN, type Site, type SiteOptions, type SiteOutcome, takeCommand, withTimeout } from './site.ts'

export interface Origin {
  /** Null: requests go to the binding, or to wherever the route leads. */
  readonly url: URL | null
  /** The `Host` that the origin sees; null: the host of the requested URL. */
  readonly host: string | null
  readonly site: SiteNames
  readonly binding: Fetcher | null
  readonly secret: string | null
  readonly timeoutSeconds: number
  readonly routes: RouteTable
  readonly reserved: ReservedNames
}

/** The site that an origin serves. */
export function proxiedSite(origin: Origin): Site {
  return { fetch: (request, url, options) => fetchFromOrigin(request, url, origin, options) }
}

async function fetchFromOrigin(
  request: Request,
  url: RequestUrl,
  origin: Origin,
  { pass, readsPage, onWaiting }: SiteOptions = PLAIN,
): Promise<SiteOutcome> {
  const target = targetOf(url, origin)
  try {
    const headers = new Headers(request.headers)
    setRequestHeaders(headers, origin.reserved, { url, pass: pass?.text ?? null, secret: origin.secret })
    // The bytes after the head are passed on as the origin sent them. A compressed page would have
    // to be decoded.
    if (readsPage) headers.set('Accept-Encoding', 'identity')
    const sending = send(request, { target, headers, asked: url, origin })
    const sent = await withTimeout(sending, origin.timeoutSeconds * 1000, onWaiting)
    if (sent !== null) {
      const renamed = withOurNames(sent, url, origin.site)
      const answer = checkHost({ request, ours: url, target, sent, answer: renamed }, origin.routes)
      return { state: 'answered', ...takeCommand(answer, () => hostOf(target)) }
    }
    logWarning('origin_slow', { host: hostOf(target), timeoutSeconds: origin.timeoutSeconds })
    return { state: 'slow' }
  } catch (error) {
    logWarning('origin_down', { host: hostOf(target), error: errorText(error) })
    return { state: 'down' }
  }
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
 * parsed, frozen, cloned and serialized, and takes 3 KB in a deployment. So only the parts of a
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
