/** The URL of a request, and what it says about the request. */
import { cacheSet } from '../cache.ts'
import { HOSTS_KNOWN_MAX } from '../limits.ts'
import { canonicalPath } from './paths.ts'

/** The parts of a request's URL, as `URL` names them. */
export interface RequestUrl {
  /** As the request has it: not normalized. */
  readonly href: string
  readonly origin: string
  readonly protocol: string
  readonly host: string
  readonly hostname: string
  readonly pathname: string
  readonly search: string
  /** The path as an origin may read it: see `canonicalPath`. */
  readonly canonical: string
}

/** A host name, or an address. `GET *` makes the host "shop.example*", which no room has. */
const HOST = /^([\w.-]+|\[[0-9a-f:.]+\])$/i

/**
 * @param href the URL of a request
 * @throws TypeError if the host is not a host name
 */
export function requestUrl(href: string): RequestUrl {
  const [, start = '', pathname = '', search = ''] = PLAIN_URL.exec(href) ?? []
  const known = knownHosts.get(start)
  if (known !== undefined) return { ...known, href, pathname, search, canonical: pathname }
  const url = parsedUrl(href)
  if (url.origin === start) cacheSet(knownHosts, HOSTS_KNOWN_MAX, start, url)
  return url
}

/**
 * Scheme and host, and a path and a query that every parser reads the same way. They make up most
 * requests. A `URL` object takes 10 us.
 */
const PLAIN_URL = /^(https?:\/\/[^/?#]+)((?:\/[\w~-][\w~.-]*)+\/?|\/)(\?[\w~.=&%+-]+)?$/

/** The URLs of these begin as `URL` writes them. By scheme and host. */
const knownHosts = new Map<string, RequestUrl>()

function parsedUrl(href: string): RequestUrl {
  const { origin, protocol, host, hostname, pathname, search } = new URL(href)
  if (!HOST.test(hostname)) throw new TypeError('not a host name')
  return { href, origin, protocol, host, hostname, pathname, search, canonical: canonicalPath(pathname) }
}

/**
 * Path and query byte for byte, or as the URL parser writes them if the `Host` header or the path
 * is unusual.
 */
export function pathAsSent({ href, host, pathname, search }: RequestUrl): string {
  const afterScheme = href.slice(href.indexOf('://') + 3)
  const [, sentHost = '', path = ''] = /^([^/?#\\]*)(\/[!-~]*)$/.exec(afterScheme) ?? []
  const defaultPort = href.startsWith('https:') ? /:443$|:$/ : /:80$|:$/
  return sentHost.replace(defaultPort, '').toLowerCase() === host ? path : pathname + search
}

/** Whether a request came over TLS. */
export function isSecure(request: Request): boolean {
  return request.url.startsWith('https:')
}

/**
 * Whether a request comes from a page of the same origin, or from a program that is not a browser.
 */
export function isSameOrigin({ headers, url }: Request): boolean {
  const site = headers.get('Sec-Fetch-Site')
  if (site !== null) return site === 'same-origin' || site === 'none'
  const origin = headers.get('Origin')
  return origin === null || origin === new URL(url).origin
}
