/**
 * The address that a request comes from, as Cloudflare's edge tells it. Elsewhere nobody tells it reliably: then there is none.
 */
import ipaddr from 'ipaddr.js'
import { IPV6_CLIENT_BYTES } from '../limits.ts'

const IPV4_BYTES = 4

export type ClientAddress = ipaddr.IPv4 | ipaddr.IPv6

/** An IPv4 address written as IPv6 counts as IPv4. Null: not told, or not an address. */
export function clientAddress(request: Request): ClientAddress | null {
  const text = request.headers.get('CF-Connecting-IP')?.trim() ?? ''
  return ipaddr.isValid(text) ? ipaddr.process(text) : null
}

/** A text that all addresses of one network share. Lengths of the prefix in whole bytes. */
export function networkOf(address: ClientAddress, ipv4Bytes: number, ipv6Bytes: number): string {
  const bytes = address.toByteArray()
  return `${address.kind()} ${bytes.slice(0, bytes.length === 4 ? ipv4Bytes : ipv6Bytes).join('.')}`
}

/** What counts as one client: an IPv4 address, or the part of an IPv6 address that a home or a phone has. Null: not told. */
export function clientNetwork(request: Request): string | null {
  const address = clientAddress(request)
  return address === null ? null : networkOf(address, IPV4_BYTES, IPV6_CLIENT_BYTES)
}
