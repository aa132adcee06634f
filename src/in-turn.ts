/** Calls for many rooms, a bounded number at once. */
import { ROOM_CALLS_AT_ONCE } from './directory/limits.ts'

/** The results in the order of the items. */
export async function inTurn<T, R>(
  items: readonly T[],
  call: (item: T) => Promise<R> | R,
): Promise<PromiseSettledResult<Awaited<R>>[]> {
  const results: PromiseSettledResult<Awaited<R>>[] = []
  for (let i = 0; i < items.length; i += ROOM_CALLS_AT_ONCE) {
    const some = items.slice(i, i + ROOM_CALLS_AT_ONCE)
    results.push(...(await Promise.allSettled(some.map(async (item) => call(item)))))
  }
  return results
}
