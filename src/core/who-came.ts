/** The report "who came": where the visitors who joined came from, and who was refused. */
import type { TotalName } from './figures.ts'

/** The totals that the report is made of. */
export const WHO_CAME_TOTALS = [
  'joined',
  'joinedFromQuietNetworks',
  'joinedFromSharedNetworks',
  'joinedFromBusyNetworks',
  'joinedFromCrowdedNetworks',
  'checksPassed',
  'checksFailed',
  'checksOverlooked',
  'checksUnreachable',
  'infiniteAnswers',
  'proofsSolved',
  'proofsRefused',
  'slowJoins',
  'keysRedeemed',
  'keysRefused',
  'keysMissing',
  'keyTakeOvers',
  'keyPasses',
  'limited',
  'limitedByNetwork',
  'limitedByClient',
  'limitedReturns',
] as const satisfies readonly TotalName[]

export type WhoCameTotals = Readonly<Record<(typeof WHO_CAME_TOTALS)[number], number>>

export interface WhoCame extends WhoCameTotals {
  /** Joins without a known network: no address was reported, or an older version counted. */
  readonly joinedFromUnknownNetworks: number
  /**
   * Joins from crowded networks, and joins after a failed check, as a share of all joins: 0 to 1.
   * Null without joins. A join that is both counts twice, so the share is an upper bound.
   */
  readonly suspectedShare: number | null
}

/** Adds up points of the history. */
export function whoCame(points: Iterable<WhoCameTotals>): WhoCame {
  const sums = Object.fromEntries(WHO_CAME_TOTALS.map((total) => [total, 0])) as Record<keyof WhoCameTotals, number>
  for (const point of points) for (const total of WHO_CAME_TOTALS) sums[total] += point[total]
  const { joined, joinedFromCrowdedNetworks: crowded, checksOverlooked } = sums
  const known = sums.joinedFromQuietNetworks + sums.joinedFromSharedNetworks + sums.joinedFromBusyNetworks + crowded
  return {
    ...sums,
    joinedFromUnknownNetworks: Math.max(0, joined - known),
    suspectedShare: joined === 0 ? null : Math.min(1, (crowded + checksOverlooked) / joined),
  }
}
