/**
 * From http to https, before anything of the visitor is read or made. A ticket in the cookie of the http page can be copied and
 * changed on its way, and cookies that only https sets would be another place in line.
 */
import { placeOf } from '../http/hosts.ts'
import { isSecure, type RequestUrl, requestUrl } from '../http/request-url.ts'

/**
 * The redirect of a navigation over http; null where it must not be redirected: over https, on this machine, to a port of its
 * own (nobody knows where https is then), and where TLS ends in front of the Worker (the redirect would lead back here).
 */
export function httpsRedirect(request: Request): Response | null {
  if (isSecure(request)) return null
  const url = requestUrl(request.url)
  if (url.host !== url.hostname || placeOf(url.hostname) === 'loopback' || isSecureInFront(request)) return null
  const headers = { Location: `https://${url.hostname}${pathAsSent(url)}`, 'Cache-Control': 'no-store' }
  // Status 307, which is not kept: https may be turned off again.
  return new Response(null, { status: 307, headers })
}

/** The first proxy of several comes first. A client may say so, too: it then stays on http, as it asked. */
function isSecureInFront({ headers }: Request): boolean {
  const [first = ''] = (headers.get('X-Forwarded-Proto') ?? '').split(',')
  return first.trim().toLowerCase() === 'https'
}

/** Path and query byte for byte; as the parser writes them where the `Host` header or the path are no plain ones. */
function pathAsSent({ href, hostname, pathname, search }: RequestUrl): string {
  const afterScheme = href.slice('http://'.length)
  const [, host = '', path = ''] = /^([^/?#\\]*)(\/[!-~]*)$/.exec(afterScheme) ?? []
  return host.replace(/:80$|:$/, '').toLowerCase() === hostname ? path : pathname + search
}
