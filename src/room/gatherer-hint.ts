/**
 * The number of a room's gatherers in the cache of this location, for isolates that start here and
 * serve nobody with a token yet: while a crowd arrives, hundreds start each second.
 *
 * Only a hint: an isolate that does not find it, or finds an old one, calls as without it.
 * Cloudflare has no such cache for workers.dev.
 */

import { cachedValue, cacheValue } from '../location-cache.ts'
import { GATHERER_HINT_SECONDS } from './limits.ts'

export interface GathererHint {
  /** 0: none is known here. Never rejects. */
  read(): Promise<number>
  /** Never rejects. */
  write(gatherers: number): Promise<void>
}

/** @param id of the room's object: deployments of one zone share its cache */
export function cachedHint(id: string): GathererHint {
  const key = `gatherers/${id}`
  return {
    read: async () => Number((await cachedValue(key)) ?? 0) || 0,
    write: (gatherers) => cacheValue(key, gatherers, GATHERER_HINT_SECONDS),
  }
}
