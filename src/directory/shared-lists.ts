/**
 * The list of rooms in the cache of a data centre. Where there is none, each isolate asks the
 * directory.
 */
import { DIRECTORY_LIST_CACHE_SECONDS, DIRECTORY_REFRESH_MS } from '../limits.ts'
import { cachedValue, cacheValue } from '../location-cache.ts'
import type { DirectoryList } from './directory-object.ts'
import type { SharedLists } from './rooms-list.ts'

/** @param id of the directory's object: deployments of one zone share its cache */
export function sharedLists(id: string): SharedLists {
  const [list, version] = [`directory/${id}/list`, `directory/${id}/version`]
  return {
    version: async () => ((await cachedValue(version)) as number | undefined) ?? null,
    list: async () => ((await cachedValue(list)) as DirectoryList | undefined) ?? null,
    async keep(newest, isNew) {
      if (isNew) await cacheValue(list, newest, DIRECTORY_LIST_CACHE_SECONDS)
      await cacheValue(version, newest.version, DIRECTORY_REFRESH_MS / 1000)
    },
  }
}
