/**
 * The number of a room's gatherers in the cache of this location, for isolates that start here and
 * serve nobody with a token yet: while a crowd arrives, hundreds start each second.
 *
 * Only a hint: an isolate that does not find it, or finds an old one, calls as without it.
 * Cloudflare has no such cache for workers.dev.
 */
import { GATHERER_HINT_SECONDS } from '../limits.ts'

export interface GathererHint {
  /** 0: none is known here. Never rejects. */
  read(): Promise<number>
  /** Never rejects. */
  write(gatherers: number): Promise<void>
}

/** The simulation loads this file where the types of Workers are missing. */
declare const caches: {
  readonly default: {
    match(key: string): Promise<Response | undefined>
    put(key: string, response: Response): Promise<void>
  }
}

/**
 * The cache of this location.
 * @param id of the room's object: deployments of one zone share its cache
 */
export function cachedHint(id: string): GathererHint {
  // No host of visitors, so no request of theirs can reach it.
  const key = `https://waiting-room.invalid/gatherers/${id}`
  return {
    async read() {
      try {
        const found = await caches.default.match(key)
        return found === undefined ? 0 : Number(await found.text()) || 0
      } catch {
        return 0
      }
    },
    async write(gatherers) {
      const headers = { 'Cache-Control': `max-age=${GATHERER_HINT_SECONDS}` }
      try {
        await caches.default.put(key, new Response(String(gatherers), { headers }))
      } catch {
        // This runtime has no cache.
      }
    },
  }
}
