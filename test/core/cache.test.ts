import { expect, it } from 'vitest'
import { cacheSet } from '../../src/cache.ts'

it('a full cache drops its oldest value, and a value that is set again keeps the others', () => {
  const cache = new Map<string, number>()
  for (const [value, key] of ['a', 'b', 'c'].entries()) cacheSet(cache, 2, key, value)
  expect([...cache.keys()]).toEqual(['b', 'c'])
  cacheSet(cache, 2, 'b', 9)
  expect([...cache]).toEqual([
    ['b', 9],
    ['c', 2],
  ])
})
