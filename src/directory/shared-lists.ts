/**
 * The list of rooms in the cache of a data centre (`caches.default`). A Worker on workers.dev, and
 * a local runtime without cache, have none: then each isolate asks the directory.
 */
import { DIRECTORY_LIST_CACHE_SECONDS, DIRECTORY_REFRESH_MS } from '../limits.ts'
import type { DirectoryList } from './directory-object.ts'
import type { SharedLists } from './rooms-list.ts'

/** @param id of the directory's object: deployments of one zone share its cache */
export function sharedLists(id: string): SharedLists {
  const url = (what: string) => `https://directory.waiting-room.invalid/${id}/${what}`
  const put = (what: string, value: unknown, seconds: number) =>
    caches.default.put(url(what), Response.json(value, { headers: { 'Cache-Control': `max-age=${seconds}` } }))
  return {
    version: async () => ((await cached(url('version'))) as number | null) ?? null,
    list: async () => (await cached(url('list'))) as DirectoryList | null,
    async keep(list, isNew) {
      try {
        if (isNew) await put('list', list, DIRECTORY_LIST_CACHE_SECONDS)
        await put('version', list.version, DIRECTORY_REFRESH_MS / 1000)
      } catch {
        // There is no cache.
      }
    },
  }
}

async function cached(url: string): Promise<unknown> {
  try {
    const response = await caches.default.match(url)
    return response === undefined ? null : await response.json()
  } catch {
    return null
  }
}
