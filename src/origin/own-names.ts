/**
 * Replaces the origin's own host by ours in the headers of a response. A URL of the origin's host would lead visitors past the
 * room, and browsers refuse a cookie for it. Every other header, and every part of these that does not name the origin, stays
 * byte for byte as the origin sent it.
 */
import { isWithin, withoutFinalDot } from '../http/host-name.ts'
import type { RequestUrl } from '../http/request-url.ts'

/** How a site may call itself. */
export interface SiteNames {
  /** Lower case, without a final dot; empty: the site has no name but the visitors'. */
  readonly hostnames: readonly string[]
  /** Where the Worker reaches the site; null: where the visitor asked. */
  readonly url: URL | null
}

export function siteNames(url: URL | null, host: string | null): SiteNames {
  const hostnames = [url?.hostname, host].filter((name) => typeof name === 'string').map(withoutFinalDot)
  return { hostnames, url }
}

/** The parts of a value with the origin's host replaced; null: there is nothing to replace. */
type Rename = (value: string, ours: RequestUrl, site: SiteNames) => string | null

const RENAMES: readonly (readonly [name: string, rename: Rename])[] = [
  ['Location', ourLocation],
  ['Content-Location', ourLocation],
  ['Refresh', ourRefresh],
  ['Link', ourLinks],
]

/** The response itself where nothing names the origin, otherwise a copy. `ours`: the URL that the visitor asked for. */
export function withOurNames(response: Response, ours: RequestUrl, site: SiteNames): Response {
  if (site.hostnames.length === 0) return response
  let renamed: Response | null = null
  const copy = () => {
    renamed ??= new Response(response.body, response)
    return renamed.headers
  }
  for (const [name, rename] of RENAMES) {
    const value = response.headers.get(name)
    if (value === null || isLossy(value)) continue
    const changed = rename(value, ours, site)
    if (changed !== null) copy().set(name, changed)
  }
  const cookies = response.headers.getSetCookie()
  const kept = cookies.map((cookie) => usableCookie(cookie, ours, site))
  // Cookies can only be replaced all at once.
  if (kept.some((cookie, i) => cookie !== cookies[i]) && !cookies.some(isLossy)) {
    const headers = copy()
    headers.delete('Set-Cookie')
    for (const cookie of kept) headers.append('Set-Cookie', cookie)
  }
  return renamed ?? response
}

/** The runtime reads header bytes as UTF-8. Bytes that are not UTF-8 are lost when such a value is set again. */
function isLossy(value: string): boolean {
  return value.includes('\ufffd')
}

/** With a host. Browsers read a backslash as a slash, and any number of them; behind another scheme than the page's there need be none. */
const WITH_HOST = /^(?:(https?|wss?):)?([\\/]*)([^/\\?#]*)(.*)$/is

/** Two headers of one name arrive as one value, joined by a comma. */
const SECOND_VALUE = /, (?:[a-z][a-z0-9+.-]*:\/\/|\/)/i

function ourLocation(value: string, ours: RequestUrl, site: SiteNames): string | null {
  return SECOND_VALUE.test(value) ? null : ourUrl(value, ours, site)
}

/** `5; url=https://...`, with or without quotes, as the HTML standard reads it. */
function ourRefresh(value: string, ours: RequestUrl, site: SiteNames): string | null {
  const [, before = '', quote = '', text] =
    /^(\s*[\d.]+(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?)(["']?)(.*)$/is.exec(value) ?? []
  if (text === undefined) return null
  const end = quote === '' ? -1 : text.indexOf(quote)
  const url = ourUrl(end < 0 ? text : text.slice(0, end), ours, site)
  return url === null ? null : `${before}${quote}${url}${end < 0 ? '' : text.slice(end)}`
}

/** `<https://...>; rel=..., <...>`: a quoted text may contain "<" as well. */
function ourLinks(value: string, ours: RequestUrl, site: SiteNames): string | null {
  const changed = value.replace(/<([^<>]*)>|"(?:[^"\\]|\\.)*(?:"|$)/gs, (part, url: string | undefined) => {
    const own = url === undefined ? null : ourUrl(url, ours, site)
    return own === null ? part : `<${own}>`
  })
  return changed === value ? null : changed
}

/** The same path, query and fragment on our host; null: the URL does not name the origin. */
function ourUrl(text: string, ours: RequestUrl, site: SiteNames): string | null {
  const [, scheme, slashes = '', authority, rest] = WITH_HOST.exec(text) ?? []
  if (authority === undefined) return null
  const protocol = scheme === undefined ? ours.protocol : `${scheme.toLowerCase()}:`
  if (slashes.length < 2 && protocol === ours.protocol) return null
  const hostStart = authority.lastIndexOf('@') + 1
  const place = `${protocol}//${authority.slice(hostStart)}`
  if (!URL.canParse(place) || !isOrigin(new URL(place), ours, site)) return null
  const ourProtocol = protocol.startsWith('ws') ? ours.protocol.replace('http', 'ws') : ours.protocol
  return `${ourProtocol}//${authority.slice(0, hostStart)}${ours.host}${rest}`
}

/** Whether a URL leads to the origin itself, on any port and scheme. */
function isOrigin(place: URL, ours: RequestUrl, site: SiteNames): boolean {
  const hostname = withoutFinalDot(place.hostname)
  if (!site.hostnames.includes(hostname)) return false
  if (hostname !== withoutFinalDot(ours.hostname)) return true
  // The origin has the visitor's own host name. Only its own port leads past the room; other ports are other servers.
  if (site.url === null || portOf(place) !== portOf(site.url)) return false
  const isUpgrade = isTls(place) && portOf(place) === 443 && ours.protocol === 'http:' && ours.host === ours.hostname
  return !isUpgrade
}

function portOf(url: URL): number {
  return url.port === '' ? (isTls(url) ? 443 : 80) : Number(url.port)
}

function isTls({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'wss:'
}

/**
 * A cookie without its `Domain`, where that names the origin's host or a domain of it, and the browser would refuse it from our
 * host. Without the attribute it is a cookie of our host.
 */
function usableCookie(cookie: string, ours: RequestUrl, site: SiteNames): string {
  // Of attributes that are there twice browsers take the last.
  const value = [...cookie.matchAll(/;\s*domain\s*=([^;]*)/gi)].at(-1)?.[1]
  if (value === undefined) return cookie
  const domain = withoutFinalDot(value.trim().toLowerCase().replace(/^\./, ''))
  const isRefused = !isWithin(withoutFinalDot(ours.hostname), domain)
  const isSites = site.hostnames.some((hostname) => isWithin(hostname, domain))
  if (domain === '' || !isRefused || !isSites) return cookie
  const parts = cookie.split(';')
  return parts.filter((part, i) => i === 0 || !/^\s*domain\s*=/i.test(part)).join(';')
}
