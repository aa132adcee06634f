/**
 * Host names in the origin's responses.
 *
 * Replaces the origin's own host with ours: a URL with the origin's host would lead visitors past
 * the room, and browsers reject a cookie for it. Everything else stays byte for byte as the origin
 * sent it.
 *
 * Also recognizes a site that does not know the host and scheme by which visitors reach it. Such a
 * site redirects in a loop, rejects requests, or sends visitors past the room. Operators get one
 * log event with the remedy.
 */
import { isWithin, withoutFinalDot } from '../http/hosts.ts'
import type { RequestUrl } from '../http/request-url.ts'
import { logRepeatedWarning } from '../log/log.ts'
import type { RouteTable } from '../settings/route-table.ts'
import { routesOf } from '../settings/routes.ts'

/** The names that a site may use for itself. */
export interface SiteNames {
  /** In lower case, without a final dot; empty: the site has only the name that visitors use. */
  readonly hostnames: readonly string[]
  /** The URL at which the Worker reaches the site; null: the URL that the visitor requested. */
  readonly url: URL | null
}

export function siteNames(url: URL | null, host: string | null): SiteNames {
  const hostnames = [url?.hostname, host].filter((name) => typeof name === 'string').map(withoutFinalDot)
  return { hostnames, url }
}

/** Returns the value with the origin's host replaced; null: there is nothing to replace. */
type Rename = (value: string, ours: RequestUrl, site: SiteNames) => string | null

const RENAMES: readonly (readonly [name: string, rename: Rename])[] = [
  ['Location', ourLocation],
  ['Content-Location', ourLocation],
  ['Refresh', ourRefresh],
  ['Link', ourLinks],
]

/**
 * Returns the response itself if nothing names the origin, otherwise a copy.
 * @param ours the URL that the visitor requested
 */
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

/**
 * The runtime reads header bytes as UTF-8. Setting a value that is not UTF-8 again would lose
 * bytes.
 */
function isLossy(value: string): boolean {
  return value.includes('\ufffd')
}

/**
 * A URL with a host. Browsers accept backslashes and any number of slashes, none after a scheme
 * other than the page's.
 */
const WITH_HOST = /^(?:(https?|wss?):)?([\\/]*)([^/\\?#]*)(.*)$/is

/** Repeated headers arrive as one value, joined by commas. */
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

/** `<https://...>; rel=..., <...>`. A quoted text may contain "<", too. */
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
  // The origin has the host name that visitors use. Only its own port leads past the room; other
  // ports are other servers.
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
 * Removes a `Domain` that names the origin's host or a domain above it, if the browser would reject
 * the cookie from our host. Without the attribute it is a cookie of our host.
 */
function usableCookie(cookie: string, ours: RequestUrl, site: SiteNames): string {
  // If an attribute is repeated, browsers use the last one.
  const value = [...cookie.matchAll(/;\s*domain\s*=([^;]*)/gi)].at(-1)?.[1]
  if (value === undefined) return cookie
  const domain = withoutFinalDot(value.trim().toLowerCase().replace(/^\./, ''))
  const isRejected = !isWithin(withoutFinalDot(ours.hostname), domain)
  const isSites = site.hostnames.some((hostname) => isWithin(hostname, domain))
  if (domain === '' || !isRejected || !isSites) return cookie
  const parts = cookie.split(';')
  return parts.filter((part, i) => i === 0 || !/^\s*domain\s*=/i.test(part)).join(';')
}

const HELP = 'docs/origin.md, "What the site sees"'
const TRUST_FORWARDED = 'Have the site take its host and scheme from X-Forwarded-Host and X-Forwarded-Proto'

const REMEDIES = {
  origin_redirects_to_itself: `The site redirects to the URL that was requested. ${TRUST_FORWARDED}, or set ORIGIN_HOST: ${HELP}`,
  origin_redirects_to_other_host: `The site sends visitors to another host, past the room. ${TRUST_FORWARDED}, set ORIGIN_HOST, or put a room in front of that host: ${HELP}`,
  origin_refuses_host: `The site answers 421: it serves another host. Set ORIGIN_HOST, or have the site accept this one: ${HELP}`,
}

const REDIRECT_STATUSES = [301, 302, 303, 307, 308]

interface OriginExchange {
  readonly request: Request
  /** The URL that the visitor requested. */
  readonly ours: RequestUrl
  /** The URL that was requested from the origin. */
  readonly target: string
  /** The response as the origin sent it. */
  readonly sent: Response
  /** The response with our names. */
  readonly answer: Response
}

/**
 * Logs what is wrong with a response and returns it, with an https `Location` if the site insists
 * on https.
 */
export function checkHost(exchange: OriginExchange, routes: RouteTable): Response {
  const { answer } = exchange
  if (answer.status === 421) warn('origin_refuses_host', exchange)
  if (!REDIRECT_STATUSES.includes(answer.status)) return answer
  const target = redirectTarget(exchange)
  if (target === null) return answer
  if (target.href === exchange.ours.href) {
    if (wantsTls(exchange)) return overTls(answer)
    warn('origin_redirects_to_itself', exchange)
  } else if (leadsAway(target, exchange, routes)) {
    warn('origin_redirects_to_other_host', exchange)
  }
  return answer
}

/**
 * The URL that a redirect leads to, without fragment; null: the redirect is not checked. A form may
 * lead back to its own page, and after a redirect that sets a cookie the next response differs.
 */
function redirectTarget({ request, ours, answer }: OriginExchange): URL | null {
  const location = answer.headers.get('Location') ?? ''
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (location === '' || !isRead || answer.headers.has('Set-Cookie')) return null
  if (!URL.canParse(location, ours.href)) return null
  const target = new URL(location, ours.href)
  target.hash = ''
  return target
}

/**
 * The origin sent a visitor on plain http to its own https. On our host https is another URL, so
 * this is no loop.
 */
function wantsTls({ ours, sent }: OriginExchange): boolean {
  const namesTls = /^https:/i.test(sent.headers.get('Location') ?? '')
  return namesTls && ours.protocol === 'http:' && ours.host === ours.hostname
}

/** @param answer the copy with our names: renaming changed the origin's https to http */
function overTls(answer: Response): Response {
  const location = answer.headers.get('Location') ?? ''
  answer.headers.set('Location', location.replace(/^http:/, 'https:'))
  return answer
}

/** The site redirects to the same path and query on its canonical host, which no room names. */
function leadsAway(target: URL, { ours }: OriginExchange, routes: RouteTable): boolean {
  const isSamePage = target.pathname === ours.pathname && target.search === ours.search
  const isOurHost = withoutFinalDot(target.hostname) === withoutFinalDot(ours.hostname)
  if (!isSamePage || isOurHost || !target.protocol.startsWith('http')) return false
  // A route without a host does not say which hosts are routed to it.
  return !routes.ofHost(target.hostname).some((room) => routesOf(room).some(({ host }) => host !== undefined))
}

function warn(event: keyof typeof REMEDIES, { ours, target }: OriginExchange): void {
  const { host } = new URL(target)
  logRepeatedWarning(event, host, { host, visitorHost: ours.host, remedy: REMEDIES[event] })
}
