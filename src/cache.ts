/** Values that are kept, and bounded caches of them. A full cache drops its oldest value. */

export function cacheSet<K, V>(cache: Map<K, V>, max: number, key: K, value: V): void {
  if (cache.size >= max && !cache.has(key)) cache.delete(cache.keys().next().value as K)
  cache.set(key, value)
}

/** Computes a value when it is first needed, and returns the same one from then on. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
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
