/**
 * The URL of a request, taken apart once.
 *
 * Nearly all are plain: nothing in them that any parser would write in another way. Those are cut into their parts with a
 * look at each character; `URL` and the canonical path took 60 us of each request. All others go the long way.
 */

import { cacheSet } from '../cache.ts'
import { ORIGINS_KEPT_MAX } from '../limits.ts'
import { canonicalPath, PLAIN_PATH } from './paths.ts'

/** Parts as `URL` names them. */
export interface RequestUrl {
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

type OriginParts = Pick<RequestUrl, 'origin' | 'protocol' | 'host' | 'hostname'>

const PLAIN_SEARCH = /^\?[\w~.=&%+-]+$/

/** Of the hosts that asked lately. */
const origins = new Map<string, OriginParts>()

/**
 * @param href the URL of a request
 * @throws TypeError if the host is not a host name
 */
export function requestUrl(href: string): RequestUrl {
  return plainUrl(href) ?? parsedUrl(href)
}

/** Whether a request came over TLS. */
export function isSecure(request: Request): boolean {
  return request.url.startsWith('https:')
}

/** Whether a request comes from a page of the same origin, or from a program that is not a browser. */
export function isSameOrigin({ headers, url }: Request): boolean {
  const site = headers.get('Sec-Fetch-Site')
  if (site !== null) return site === 'same-origin' || site === 'none'
  const origin = headers.get('Origin')
  return origin === null || origin === new URL(url).origin
}

function plainUrl(href: string): RequestUrl | null {
  const pathStart = href.indexOf('/', href.indexOf('://') + 3)
  if (pathStart < 0) return null
  const searchStart = href.indexOf('?', pathStart)
  const pathname = href.slice(pathStart, searchStart < 0 ? undefined : searchStart)
  const search = searchStart < 0 ? '' : href.slice(searchStart)
  if (!PLAIN_PATH.test(pathname) || (search !== '' && !PLAIN_SEARCH.test(search))) return null
  const parts = plainOrigin(href.slice(0, pathStart))
  return parts === null ? null : { href, ...parts, pathname, search, canonical: pathname }
}

/** Null where a parser would write it in another way. */
function plainOrigin(text: string): OriginParts | null {
  const known = origins.get(text)
  if (known !== undefined) return known
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.origin !== text || url.href !== `${text}/` || !HOST_NAME.test(url.hostname)) return null
  const { origin, protocol, host, hostname } = url
  const parts = { origin, protocol, host, hostname }
  cacheSet(origins, ORIGINS_KEPT_MAX, text, parts)
  return parts
}

/** A host name, or an address. `GET *` makes the host "shop.example*", which no room has. */
const HOST_NAME = /^([\w.-]+|\[[0-9a-f:.]+\])$/i

function parsedUrl(href: string): RequestUrl {
  const { origin, protocol, host, hostname, pathname, search } = new URL(href)
  if (!HOST_NAME.test(hostname)) throw new TypeError('The host is none')
  return { href, origin, protocol, host, hostname, pathname, search, canonical: canonicalPath(pathname) }
}
