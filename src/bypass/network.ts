/**
 * Networks as operators write them: an address, or an address and the length of its prefix (CIDR).
 */
import ipaddr from 'ipaddr.js'
import type { ClientAddress } from '../http/client-address.ts'

export type Network = readonly [first: ClientAddress, prefixBits: number]

/** Shorter prefixes cover whole countries: who means everyone should say `suspended`. */
const PREFIX_MIN_BITS = { ipv4: 8, ipv6: 16 } as const

/** The network, or what is wrong with the text. */
export function parseNetwork(text: string): Network | string {
  const [written = '', bitsText, ...rest] = text.split('/')
  const isIpv4 = ipaddr.IPv4.isValidFourPartDecimal(written)
  if (rest.length > 0 || !(isIpv4 || isPlainIpv6(written)) || !/^\d{1,3}$/.test(bitsText ?? '0')) {
    return 'must be an IP address, or one and its prefix length, such as "203.0.113.0/24" or "2001:db8::/32"'
  }
  const address = ipaddr.parse(written)
  const kind = address.kind()
  const maxBits = kind === 'ipv4' ? 32 : 128
  const bits = bitsText === undefined ? maxBits : Number(bitsText)
  if (bits < PREFIX_MIN_BITS[kind] || bits > maxBits)
    return `must have a prefix of ${PREFIX_MIN_BITS[kind]} to ${maxBits} bits`
  const first = (kind === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(`${written}/${bits}`)
  if (first.toString() !== address.toString()) return `has bits beyond its prefix: write "${first.toString()}/${bits}"`
  return [address, bits]
}

export function isInNetwork(address: ClientAddress, [first, bits]: Network): boolean {
  return address.kind() === first.kind() && address.match(first, bits)
}

/** Not IPv4 in disguise, which requests never come from: see `clientAddress`. */
function isPlainIpv6(text: string): boolean {
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return false
  return !ipaddr.IPv6.parse(text).isIPv4MappedAddress()
}
