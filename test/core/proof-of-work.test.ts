/** The proof of work before joining: what counts as a solution, and how much work is asked for. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { POW_CLIENT_FREE, POW_NEIGHBOURHOOD_FREE, POW_NETWORKS_MAX } from '../../src/core/limits.ts'
import { adaptiveBits, NewcomerCounts, solves } from '../../src/core/proof-of-work.ts'
import { JOIN_PROOF_LIFE_SECONDS, WORK_CHALLENGE_LIFE_SECONDS } from '../../src/limits.ts'
import { DrivenLine } from './support/driven-line.ts'

const NOW = 1_700_000_000_000

describe('adaptive bits', () => {
  test('asks nothing of the first newcomers of a network, however small its maximum', () => {
    for (let before = 0; before < POW_CLIENT_FREE; before++) {
      expect(adaptiveBits({ client: before, neighbourhood: before }, 24)).toBe(0)
    }
    expect(adaptiveBits({ client: 0, neighbourhood: POW_NEIGHBOURHOOD_FREE - 1 }, 24)).toBe(0)
  })

  test('rises by two bits with each doubling, up to the maximum', () => {
    const bits = [3, 4, 5, 11, 23, 47, 95, 1_000_000].map((client) => adaptiveBits({ client, neighbourhood: 0 }, 18))
    expect(bits).toEqual([12, 12, 14, 16, 18, 18, 18, 18])
    expect(adaptiveBits({ client: 1_000_000, neighbourhood: 0 }, 8)).toBe(8)
    expect(adaptiveBits({ client: 1_000_000, neighbourhood: 1_000_000 }, 0)).toBe(0)
  })

  test('follows the network under more pressure', () => {
    expect(adaptiveBits({ client: 0, neighbourhood: 20 }, 24)).toBe(12)
    expect(adaptiveBits({ client: 0, neighbourhood: 159 }, 24)).toBe(18)
    expect(adaptiveBits({ client: 23, neighbourhood: 159 }, 24)).toBe(18)
  })

  test('never falls while more newcomers come', () => {
    for (let client = 1; client < 3000; client++) {
      const [before, after] = [client - 1, client].map((count) => adaptiveBits({ client: count, neighbourhood: 0 }, 24))
      expect(after).toBeGreaterThanOrEqual(before as number)
    }
  })
})

describe('counts of newcomers', () => {
  test('counts each network, and not the newcomer itself', () => {
    const counts = new NewcomerCounts()
    expect(counts.add('a', 'n', NOW)).toEqual({ client: 0, neighbourhood: 0 })
    expect(counts.add('b', 'n', NOW)).toEqual({ client: 0, neighbourhood: 1 })
    expect(counts.add('a', 'n', NOW + 1)).toEqual({ client: 1, neighbourhood: 2 })
    expect(counts.add('n', 'a', NOW + 2)).toEqual({ client: 0, neighbourhood: 0 })
  })

  test('forgets newcomers gradually, and all of them after two windows', () => {
    const counts = new NewcomerCounts()
    for (let i = 0; i < 100; i++) counts.add('a', 'n', NOW)
    expect(counts.add('a', 'n', NOW + 59_999).client).toBe(100)
    expect(counts.add('a', 'n', NOW + 60_000).client).toBe(101)
    expect(counts.add('a', 'n', NOW + 90_000).client).toBe(51)
    expect(counts.add('a', 'n', NOW + 119_999).client).toBeLessThan(5)
    expect(counts.add('b', 'n', NOW + 400_000)).toEqual({ client: 0, neighbourhood: 0 })
  })

  test('asks nothing of people who come one at a time', () => {
    const counts = new NewcomerCounts()
    for (let i = 0; i < 1000; i++) expect(adaptiveBits(counts.add('a', 'n', NOW + i * 30_000), 24)).toBe(0)
  })

  test('starts anew when the clock goes back', () => {
    const counts = new NewcomerCounts()
    for (let i = 0; i < 100; i++) counts.add('a', 'n', NOW)
    expect(counts.add('a', 'n', NOW - 3_600_000)).toEqual({ client: 0, neighbourhood: 0 })
  })

  test('keeps a bounded number of networks, and asks nothing of new ones when there are more', () => {
    const counts = new NewcomerCounts()
    for (let i = 0; i < 3 * POW_NETWORKS_MAX; i++) expect(counts.add(`${i}`, `${i}`, NOW).client).toBe(0)
    for (let i = 0; i < 10; i++) counts.add('busy', 'busy', NOW + 1)
    expect(counts.add('busy', 'busy', NOW + 1).client).toBe(10)
    const { counts: newer, older } = counts as unknown as Record<'counts' | 'older', Map<string, number>>
    expect(newer.size + older.size).toBeLessThanOrEqual(2 * POW_NETWORKS_MAX + 4)
  })
})

describe('a solution', () => {
  const bitsOf = (id: string, nonce: string) => {
    const digest = createHash('sha256').update(`${id}:${nonce}`).digest()
    return Math.clz32(digest.readUInt32BE())
  }

  test('begins with as many zero bits as asked for, by an independent SHA-256', () => {
    for (let nonce = 0; nonce < 5000; nonce++) {
      const bits = bitsOf('id', `${nonce}`)
      expect(solves('id', `${nonce}`, bits)).toBe(true)
      expect(solves('id', `${nonce}`, bits + 1)).toBe(false)
    }
  })

  test('solves its own challenge only', () => {
    let nonce = 0
    while (bitsOf('id', `${nonce}`) < 12) nonce++
    expect(solves('id', `${nonce}`, 12)).toBe(true)
    expect(solves('other', `${nonce}`, 12)).toBe(false)
  })

  test('gets no second place for as long as it may be presented', () => {
    const line = new DrivenLine({ capacity: 0 })
    const first = line.operate((core) => core.places.join('solved'))
    for (let i = 0; i < WORK_CHALLENGE_LIFE_SECONDS + JOIN_PROOF_LIFE_SECONDS; i++) {
      line.pass(1)
      // Each join forgets the keys that are too old.
      line.operate((core) => core.places.join(`other ${i}`))
      if (i % 20 === 0) expect(line.operate((core) => core.places.join('solved'))).toEqual(first)
    }
    expect(line.operate((core) => core.places.join('solved'))).toEqual(first)
  })
})
