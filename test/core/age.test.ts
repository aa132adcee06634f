import { describe, expect, it } from 'vitest'
import { ageMs } from '../../src/core/age.ts'
import { CheckChains } from '../../src/core/check-chains.ts'
import { RecentJoins } from '../../src/core/recent-joins.ts'
import { START_MS } from './support/driven-line.ts'

const HOUR_MS = 3_600_000

describe('an age', () => {
  it.each([
    [START_MS, 0],
    [START_MS - 1, 1],
    [START_MS - HOUR_MS, HOUR_MS],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('is the time since %d', (atMs, age) => {
    expect(ageMs(atMs, START_MS)).toBe(age)
  })

  it.each([1, 5, HOUR_MS])('exceeds any limit for a time %d ms in the future', (aheadMs) => {
    expect(ageMs(START_MS + aheadMs, START_MS)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('after a clock was set back', () => {
  it('a chain of checks counts as broken and restarts', () => {
    const chains = new CheckChains()
    chains.start(0, START_MS, 10)
    expect(chains.restartOverdue([0], START_MS + 1000, 10)).toEqual([])
    expect(chains.restartOverdue([0], START_MS - HOUR_MS, 10)).toEqual([{ segment: 0, generation: 2 }])
  })

  it('earlier join keys do not stay for an hour', () => {
    const joins = new RecentJoins()
    joins.remember('before', 1, START_MS)
    joins.remember('after', 2, START_MS - HOUR_MS)
    expect(joins.find('before')).toBeUndefined()
    expect(joins.find('after')).toBe(2)
  })
})
