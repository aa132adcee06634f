import { describe, expect, it } from 'vitest'
import { profileOf, runSeed } from '../../simulation/world.ts'
import * as mutants from './mutants.ts'

const SEEDS_MAX = 200

/** The violation in the first seed of a profile, from `from` on, that matches. */
async function firstBroken(profile: string, mutant: (typeof mutants)[keyof typeof mutants], promise: RegExp, from = 1) {
  for (let seed = from; seed < from + SEEDS_MAX; seed++) {
    // Crowds take long and show nothing more.
    if (profileOf(seed) !== profile || seed % 10 === 0) continue
    const { violations } = await runSeed(seed, { mutant })
    const broken = violations.find((violation) => promise.test(violation))
    if (broken !== undefined) return broken
  }
  return `none of ${SEEDS_MAX} seeds fails`
}

describe('the judges notice a room client', () => {
  it.each([
    ['that never retries a failed call', 'losses', mutants.withoutRetry, /told "unreachable"/],
    ['that reports old messages as new', 'outages', mutants.withoutAges, /found silent after/],
    ['that drops the content of a failed call', 'outages', mutants.withoutPutBack, /expired .* after a message/],
    [
      'that never flushes presence on its own',
      'outages',
      mutants.withoutFlush,
      /expired .* after a message|found silent/,
    ],
    ['that drops the presence of a failed claim', 'outages', mutants.withoutClaimsHeard, /expired .* after a message/],
    ['that uses a new key for a repeated join', 'losses', mutants.withoutJoinKeys, /have no holder/],
  ])(
    '%s',
    async (_, profile, mutant, promise) => expect(await firstBroken(profile, mutant, promise)).toMatch(promise),
    120_000,
  )

  it('that drops messages older than the heartbeat timeout', { timeout: 120_000 }, async () => {
    const promise = /expired .* after a message/
    expect(await firstBroken('long outages', mutants.withShortPutBack, promise, 560)).toMatch(promise)
  })
})
