/**
 * Where a URL's host is: out on the internet, on this machine, or somewhere that is nobody else's business.
 *
 * Reads host names as the URL parser writes them, so other spellings of an address (`0x7f.1`, `2130706433`, full-width
 * digits) are already plain. Names are not resolved: a public name may still point at a private address, which the platform's
 * network has to refuse.
 */

export type NetworkPlace = 'public' | 'loopback' | 'private'

/** What IANA's registry of special IPv4 addresses lists as not globally reachable, as [first address, prefix length]. */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]

/** Last labels that no public name has. */
const PRIVATE_DOMAINS = ['internal', 'local', 'localdomain', 'lan', 'home', 'corp', 'intranet', 'private', 'home.arpa']

/** @param hostname of a parsed http or https URL; IPv6 addresses in brackets */
export function placeOf(hostname: string): NetworkPlace {
  if (hostname.startsWith('[')) return placeOfIpv6(groupsOf(hostname.slice(1, -1)))
  if (/^\d+\.\d+\.\d+\.\d+$/.test(hostname)) return placeOfIpv4(numberOf(hostname))
  return placeOfName(hostname.replace(/\.+$/, ''))
}

function placeOfName(name: string): NetworkPlace {
  if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback'
  const isPrivate = !name.includes('.') || PRIVATE_DOMAINS.some((domain) => `.${name}`.endsWith(`.${domain}`))
  return isPrivate ? 'private' : 'public'
}

function placeOfIpv4(address: number): NetworkPlace {
  if (address >>> 24 === 127) return 'loopback'
  return SPECIAL_IPV4.some(([first, bits]) => (address ^ numberOf(first)) >>> (32 - bits) === 0) ? 'private' : 'public'
}

/**
 * Only 2000::/3 is handed out to the public, and of it not what tunnels to IPv4 or is for documentation. So mapped, NAT64,
 * unique local, link-local and multicast addresses are private without being named.
 */
function placeOfIpv6(groups: readonly number[]): NetworkPlace {
  if (groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1) return 'loopback'
  const [first = 0, second = 0] = groups
  if (first >>> 13 !== 1) return 'private'
  const protocolAssignments = first === 0x2001 && second < 0x200
  const documentation = (first === 0x2001 && second === 0xdb8) || (first === 0x3fff && second < 0x1000)
  const sixToFour = first === 0x2002
  return protocolAssignments || documentation || sixToFour ? 'private' : 'public'
}

/** The eight groups of an IPv6 address as the URL parser writes it: hexadecimal, at most one `::`. */
function groupsOf(address: string): number[] {
  const [left = [], right] = address.split('::').map((side) => (side === '' ? [] : side.split(':')))
  const zeros = right === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...(right ?? [])].map((group) => Number.parseInt(group, 16))
}

function numberOf(ipv4: string): number {
  return ipv4.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0)
}
