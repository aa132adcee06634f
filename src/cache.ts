/** Bounded caches of values that can be made again. A full cache drops its oldest value. */

export function cacheSet<K, V>(cache: Map<K, V>, max: number, key: K, value: V): void {
  if (cache.size >= max && !cache.has(key)) cache.delete(cache.keys().next().value as K)
  cache.set(key, value)
}

/** Caches the last `max` results of a pure function of one number. */
export function memoize(max: number, make: (value: number) => string): (value: number) => string {
  const cache = new Map<number, string>()
  return (value) => {
    let text = cache.get(value)
    if (text === undefined) {
      text = make(value)
      cacheSet(cache, max, value, text)
    }
    return text
  }
}
