/** The rounds of a source of public randomness, and which of them a draw waits for. */

/** A chain of public randomness (drand) and its clock. */
export interface BeaconChain {
  readonly url: string
  readonly hash: string
  readonly genesisSeconds: number
  readonly periodSeconds: number
}

/** A round of public randomness. */
export interface BeaconRound {
  readonly url: string
  readonly hash: string
  readonly round: number
}

/**
 * The first round strictly after a time. Round 1 is at the genesis (drand, "Chain info"), so nobody
 * can know the randomness while entries are still accepted.
 */
export function roundAfter({ url, hash, genesisSeconds, periodSeconds }: BeaconChain, atMs: number): BeaconRound {
  const elapsed = Math.floor((atMs / 1000 - genesisSeconds) / periodSeconds)
  return { url, hash, round: Math.max(1, elapsed + 2) }
}
