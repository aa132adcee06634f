/** Why pages of a site get no beacon script, and how many did not, by reason. */

export const BEACON_OBSTACLES = ['amp', 'charset', 'coding', 'head', 'markup', 'no-transform', 'policy'] as const

/**
 * `amp`: an AMP page allows no scripts but its own. `charset`: markup is not ASCII in its encoding. `coding`: its content coding
 * cannot be decoded. `head`: its head has no end within the bound. `markup`: it does not begin like HTML. `no-transform`: its
 * `Cache-Control` forbids changes. `policy`: its Content-Security-Policy would block the script or its calls.
 */
export type BeaconObstacle = (typeof BEACON_OBSTACLES)[number]

export type ObstacleCounts = Record<BeaconObstacle, number>

export function noObstacles(): ObstacleCounts {
  return { amp: 0, charset: 0, coding: 0, head: 0, markup: 0, 'no-transform': 0, policy: 0 }
}

/** Adds `more` to `counts`. `more` may come from another version, with other reasons or without any. */
export function countObstacles(counts: ObstacleCounts, more: Partial<ObstacleCounts> = {}): ObstacleCounts {
  for (const reason of BEACON_OBSTACLES) counts[reason] += more[reason] ?? 0
  return counts
}
