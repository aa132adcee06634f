import { afterEach, describe, expect, it, vi } from 'vitest'
import { profileOf, runSeed } from '../../simulation/world.ts'
import { breakLanes } from './lane-mutants.ts'
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

describe('the judges notice a line', () => {
  afterEach(() => void vi.restoreAllMocks())

  /** The violation in the first seed with lanes that matches. */
  async function firstBrokenLane(promise: RegExp, profile?: string): Promise<string> {
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      if (seed % 10 === 0 || (profile !== undefined && profileOf(seed) !== profile)) continue
      const { violations } = await runSeed(seed, { lanes: true })
      const broken = violations.find((violation) => promise.test(violation))
      if (broken !== undefined) return broken
    }
    return `none of ${SEEDS_MAX} seeds fails`
  }

  it.each([
    ['that admits regular visitors before all others', 'regularFirst', /before a lane that goes first/],
    ['that drains the lane with the largest weight', 'largestFirst', /lane \d starves/],
    ['that serves lanes in turn, whatever their weight', 'inTurn', /lane \d starves/],
    ['that forgets in a restart which lane is due', 'forgetsCredits', /a restart finds lanes/, 'crashes'],
    ['that forgets its lanes in a restart', 'forgetsLanes', /in memory: |fell from|lives, but/, 'crashes'],
    [
      'that starts a lane again at its first number',
      'reissues',
      /in memory: |issued twice|told to two visitors/,
      'calm',
    ],
    ['that lets newcomers pass those who wait in a lane', 'passesLanes', /admitted at once while/],
  ] as const)(
    '%s',
    async (_, mutant, promise, profile?: string) => {
      breakLanes[mutant]()
      expect(await firstBrokenLane(promise, profile)).toMatch(promise)
    },
    240_000,
  )
})
