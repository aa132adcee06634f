import { describe, expect, it } from 'vitest'
import { profileOf, runSeed } from '../../simulation/world.ts'
import * as mutants from './mutants.ts'

const SEEDS_MAX = 200

/** What a client breaks in the first seed, of those that begin with `from`, of a profile in which it breaks that. */
async function firstBroken(profile: string, mutant: (typeof mutants)[keyof typeof mutants], promise: RegExp, from = 1) {
  for (let seed = from; seed < from + SEEDS_MAX; seed++) {
    // Crowds take long, and show no more.
    if (profileOf(seed) !== profile || seed % 10 === 0) continue
    const { violations } = await runSeed(seed, { mutant })
    const broken = violations.find((violation) => promise.test(violation))
    if (broken !== undefined) return broken
  }
  return `none of ${SEEDS_MAX} seeds fails`
}

describe('the judges notice a room client', () => {
  it.each([
    ['that makes no failed call again', 'losses', mutants.withoutRetry, /told "out of reach"/],
    ['that takes what it heard long ago for news', 'outages', mutants.withoutAges, /found silent after/],
    ['that forgets what a failed call carried', 'outages', mutants.withoutPutBack, /expired .* after a word/],
    ['that never flushes presence by itself', 'outages', mutants.withoutFlush, /expired .* after a word|found silent/],
    ['that forgets whose claim could not be made', 'outages', mutants.withoutClaimsHeard, /expired .* after a word/],
    ['that gives a repeated join another key', 'losses', mutants.withoutJoinKeys, /given to nobody/],
  ])(
    '%s',
    async (_, profile, mutant, promise) => expect(await firstBroken(profile, mutant, promise)).toMatch(promise),
    120_000,
  )

  it('that forgets words as old as the waiting time-out', { timeout: 120_000 }, async () => {
    const promise = /expired .* after a word/
    expect(await firstBroken('long outages', mutants.withShortPutBack, promise, 1000)).toMatch(promise)
  })
})
