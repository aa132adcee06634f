/** Host names as settings, URLs and cookies write them, and where they lead. */
import ipaddr from 'ipaddr.js'

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const HOST_NAME = new RegExp(`^(?:${LABEL}\\.)*${LABEL}$`)
const HOST_NAME_MAX_CHARS = 253

/** Whether a text is a lower-case host name, without a port or a final dot. */
export function isHostName(text: string): boolean {
  return text.length <= HOST_NAME_MAX_CHARS && HOST_NAME.test(text)
}

/** "example.com." is the fully qualified spelling of "example.com". */
export function withoutFinalDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
}

/** Whether a host is the domain itself or a host below it. */
export function isWithin(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`)
}

/** Whether two hosts can belong to one Cloudflare zone: a zone's name has two labels or more. */
export function canShareZone(one: string, other: string): boolean {
  const lastTwo = (hostname: string) => hostname.split('.').slice(-2).join('.')
  return lastTwo(one) === lastTwo(other)
}

/** On the internet, on this machine, or in a network that is not public. */
export type NetworkPlace = 'public' | 'loopback' | 'private'

/** Last labels that no public name has. */
const PRIVATE_DOMAINS = ['internal', 'local', 'localdomain', 'lan', 'home', 'corp', 'intranet', 'private', 'home.arpa']

/** The only IPv6 space that is allocated to the public. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Where a URL's host is. The URL parser has already normalized other spellings of an address
 * (`0x7f.1`, `2130706433`, full-width digits). Names are not resolved: a public name may still
 * point at a private address, which the platform's network refuses.
 * @param hostname of a parsed http or https URL; IPv6 addresses in brackets
 */
export function placeOf(hostname: string): NetworkPlace {
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  if (!ipaddr.isValid(address)) return placeOfName(hostname.replace(/\.+$/, ''))
  return placeOfAddress(ipaddr.parse(address))
}

function placeOfName(name: string): NetworkPlace {
  if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback'
  const isPrivate = !name.includes('.') || PRIVATE_DOMAINS.some((domain) => `.${name}`.endsWith(`.${domain}`))
  return isPrivate ? 'private' : 'public'
}

function placeOfAddress(address: ipaddr.IPv4 | ipaddr.IPv6): NetworkPlace {
  const range = address.range()
  if (range === 'loopback') return 'loopback'
  if (range !== 'unicast') return 'private'
  return address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST) ? 'public' : 'private'
}
