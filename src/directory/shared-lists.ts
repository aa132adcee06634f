/**
 * The list of rooms in the cache of a data centre. Where there is none, each isolate asks the
 * directory.
 */
import { ageMs } from '../core/age.ts'
import { cachedValue, cacheValue } from '../location-cache.ts'
import type { DirectoryList } from './directory-object.ts'
import { DIRECTORY_LIST_CACHE_SECONDS, DIRECTORY_REFRESH_MS } from './limits.ts'
import type { SharedLists } from './rooms-list.ts'

/** The cache's copy of the list is written anew at half its life, so that it does not run out. */
const RENEW_MS = (DIRECTORY_LIST_CACHE_SECONDS * 1000) / 2

/** @param id of the directory's object: deployments of one zone share its cache */
export function sharedLists(id: string): SharedLists {
  const [list, version] = [`directory/${id}/list`, `directory/${id}/version`]
  /** The list that this isolate last read from the cache or wrote to it. */
  let cached = { version: -1, atMs: 0 }
  return {
    version: async () => ((await cachedValue(version)) as number | undefined) ?? null,
    async list() {
      const found = (await cachedValue(list)) as DirectoryList | undefined
      if (found === undefined) return null
      // The age of the copy is unknown, so the next answer of the directory replaces it.
      cached = { version: found.version, atMs: 0 }
      return found
    },
    async keep(newest) {
      if (cached.version !== newest.version || ageMs(cached.atMs, Date.now()) >= RENEW_MS) {
        await cacheValue(list, newest, DIRECTORY_LIST_CACHE_SECONDS)
        cached = { version: newest.version, atMs: Date.now() }
      }
      await cacheValue(version, newest.version, DIRECTORY_REFRESH_MS / 1000)
    },
  }
}
