/** The addresses of homes, phones and carriers. */
import type { Random } from '../random.ts'

/** Home networks (IPv4 /24) that people and residential proxies are spread over. */
export const HOME_NETWORKS = 100_000

/** @param network 0 to HOME_NETWORKS - 1 */
export function addressIn(network: number, host: number): string {
  return `${20 + (network >> 16)}.${(network >> 8) & 255}.${network & 255}.${host}`
}

export function homeAddress(random: Random): string {
  return addressIn(random.whole(0, HOME_NETWORKS - 1), random.whole(1, 199))
}

/** An own /64, in a /48 of its provider. */
export function ipv6Address(random: Random): string {
  const part = () => random.whole(1, 0xffff).toString(16)
  return `2a02:${part()}:${part()}:${part()}::1`
}

/** One of the carrier's gateways, which lie in the same /24. */
export function carrierAddress(gateway: number): string {
  return `100.64.${gateway >> 8}.${gateway & 255}`
}
