/**
 * The client address of a request, as set by Cloudflare's edge. Without the edge no reliable
 * address exists.
 */
import ipaddr from 'ipaddr.js'
import { IPV6_CLIENT_BYTES } from '../limits.ts'

const IPV4_BYTES = 4

export type ClientAddress = ipaddr.IPv4 | ipaddr.IPv6

/** IPv4-mapped addresses become IPv4. Null: the header is missing, or is not an address. */
export function clientAddress(request: Pick<Request, 'headers'>): ClientAddress | null {
  const text = request.headers.get('CF-Connecting-IP')?.trim() ?? ''
  // The library throws and catches an exception for each text that is not an address.
  return text !== '' && ipaddr.isValid(text) ? ipaddr.process(text) : null
}

/** A text that all addresses of one network share. Prefixes have whole bytes. */
export function networkOf(address: ClientAddress, ipv4Bytes: number, ipv6Bytes: number): string {
  const bytes = address.toByteArray()
  return `${address.kind()} ${bytes.slice(0, bytes.length === 4 ? ipv4Bytes : ipv6Bytes).join('.')}`
}

/**
 * The network that counts as one client: an IPv4 address, or the IPv6 prefix of a home or a phone.
 * Null: unknown.
 */
export function clientNetwork(request: Request): string | null {
  const address = clientAddress(request)
  return address === null ? null : networkOf(address, IPV4_BYTES, IPV6_CLIENT_BYTES)
}
