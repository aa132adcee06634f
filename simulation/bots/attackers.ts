/** The attackers of the table: what each one can spend on a sale. */
import { addressIn } from './networks.ts'

export interface Budget {
  readonly name: string
  /** Of all addresses together. */
  readonly requestsPerSecond: number
  readonly cores: number
  readonly roundTripMs: number
  readonly addresses: readonly string[]
}

/** Of one core of a server with SHA instructions, in native code. */
export const HASHES_PER_SECOND_OF_A_CORE = 10_000_000

/** Solved checks that were bought before the sale opens: a solved check lives for 300 s. */
export const BOUGHT_SOLVES = [0, 1_000] as const

const HOSTING_NETWORKS = 4
const PROXY_NETWORKS = 9_000

export const ATTACKERS: readonly Budget[] = [
  {
    name: 'a server',
    requestsPerSecond: 500,
    cores: 16,
    roundTripMs: 20,
    addresses: ['198.51.100.7'],
  },
  {
    name: 'rented servers in 4 networks (/24)',
    requestsPerSecond: 2_000,
    cores: 64,
    roundTripMs: 20,
    addresses: Array.from({ length: 100 }, (_, i) => `198.51.${i % HOSTING_NETWORKS}.${10 + i}`),
  },
  {
    name: 'residential proxies in 9,000 networks (/24)',
    requestsPerSecond: 1_000,
    cores: 64,
    roundTripMs: 300,
    // In the networks of people, spread over them.
    addresses: Array.from({ length: 10_000 }, (_, i) => addressIn((i % PROXY_NETWORKS) * 11, 200 + (i % 50))),
  },
]
