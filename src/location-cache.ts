/**
 * Small values that all isolates of a location share, in `caches.default`. Never fails: a Worker on
 * workers.dev, and a local runtime without a cache, find nothing and keep nothing.
 */

/** The simulation loads this file where the types of Workers are missing. */
declare const caches: {
  readonly default: {
    match(key: string): Promise<Response | undefined>
    put(key: string, response: Response): Promise<void>
  }
}

/** Undefined: the location does not have it. */
export async function cachedValue(key: string): Promise<unknown> {
  try {
    const response = await caches.default.match(urlOf(key))
    return await response?.json()
  } catch {
    return undefined
  }
}

/** @param value plain data */
export async function cacheValue(key: string, value: unknown, seconds: number): Promise<void> {
  const headers = { 'Cache-Control': `max-age=${seconds}` }
  try {
    await caches.default.put(urlOf(key), Response.json(value, { headers }))
  } catch {
    // There is no cache.
  }
}

/** Not a host of visitors, so none of their requests can reach it. */
function urlOf(key: string): string {
  return `https://waiting-room.invalid/${key}`
}
