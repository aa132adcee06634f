import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Mutant } from '../../simulation/mutant.ts'
import { profileOf, runSeed } from '../../simulation/world.ts'
import { Lending } from '../../src/core/lending.ts'
import { RateBucket } from '../../src/core/rate-bucket.ts'
import type { LineRules } from '../../src/core/rules.ts'
import { breakLanes } from './lane-mutants.ts'
import * as mutants from './mutants.ts'

const SEEDS_MAX = 200

/** The violation in the first seed of a profile, from `from` on, that matches. */
async function firstBroken(profile: string, mutant: Mutant, promise: RegExp, from = 1, gatherers = false) {
  for (let seed = from; seed < from + SEEDS_MAX; seed++) {
    // Crowds take long and show nothing more.
    if (!isOf(profile, seed) || seed % 10 === 0) continue
    const { violations } = await runSeed(seed, { mutant, gatherers })
    const broken = violations.find((violation) => promise.test(violation))
    if (broken !== undefined) return broken
  }
  return `none of ${SEEDS_MAX} seeds fails`
}

function isOf(profile: string, seed: number): boolean {
  if (profile === 'any') return true
  return profile === 'room for everyone' ? seed % 10 === 5 : profileOf(seed) === profile
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
    ['that uses lent numbers too late', 'room for everyone', mutants.withoutEndOfLeases, /used .* after it was lent/],
    [
      'that uses lent numbers while others wait',
      'room for everyone',
      mutants.withLeasesBesideTheLine,
      /used while others had waited/,
    ],
    [
      'that uses the lent numbers of another',
      'room for everyone',
      mutants.withLeasesOfOthers(),
      /told to two visitors|used after it came back/,
    ],
    ['that returns no lent numbers', 'calm', mutants.withoutLeaseReports, /was lent for .* while someone waits/],
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

describe('the judges notice a gatherer', () => {
  it('that overlooks reports', { timeout: 120_000 }, async () => {
    const promise = /expired .* after a message/
    expect(await firstBroken('calm', mutants.withReportsOverlooked, promise, 1, true)).toMatch(promise)
  })

  it('that mixes answers up', { timeout: 120_000 }, async () => {
    // Only a crowd makes several isolates share a call.
    const { violations } = await runSeed(10, { gatherers: true, mutant: mutants.withMixedAnswers })
    expect(violations.join()).toMatch(/told "unreachable"/)
  })
})

describe('the judges notice an object', () => {
  const { lend } = Lending.prototype
  afterEach(() => {
    Lending.prototype.lend = lend
  })

  /** Lends with other rules than those in force. */
  const lendingBy = (changes: Partial<LineRules>) => {
    Lending.prototype.lend = function (isolate, wanted) {
      const { line } = this as unknown as { line: { rules: LineRules } }
      const { rules } = line
      line.rules = { ...rules, ...changes }
      try {
        return lend.call(this, isolate, wanted)
      } finally {
        line.rules = rules
      }
    }
  }

  it('that lends beyond the capacity', { timeout: 120_000 }, async () => {
    lendingBy({ leaseBelow: 5 })
    expect(await firstBroken('room for everyone', {}, /slots taken/)).toMatch(/slots taken/)
  })

  it('that lends while the room is paused', { timeout: 120_000 }, async () => {
    lendingBy({ mode: 'open' })
    expect(await firstBroken('operators', {}, /admitted while (paused|queue-all)/)).toMatch(/admitted while/)
  })

  it('that takes lent slots back before a session would end', { timeout: 120_000 }, async () => {
    const { takeBackSilent } = Lending.prototype
    Lending.prototype.takeBackSilent = function () {
      const { line } = this as unknown as { line: { lent: { all(): Iterable<number> } } }
      this.giveBack([...line.lent.all()])
    }
    try {
      expect(await firstBroken('any', {}, /was taken back/)).toMatch(/was taken back/)
    } finally {
      Lending.prototype.takeBackSilent = takeBackSilent
    }
  })

  it('that lends faster than the rate', { timeout: 120_000 }, async () => {
    const { admissionsAbove } = RateBucket.prototype
    RateBucket.prototype.admissionsAbove = () => 1_000
    try {
      expect(await firstBroken('any', {}, /faster than the rate/)).toMatch(/faster than the rate/)
    } finally {
      RateBucket.prototype.admissionsAbove = admissionsAbove
    }
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
