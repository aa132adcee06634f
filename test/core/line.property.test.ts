import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { DrivenLine, START_MS } from './support/driven-line.ts'
import { NaiveLine } from './support/naive-line.ts'
import { rules } from './support/rules.ts'

/** `who` picks one of the numbers issued so far. */
type Step =
  | { do: 'join'; count: number }
  | { do: 'hear'; who: number[]; ageMs: number }
  | { do: 'claim'; who: number; beacon: boolean }
  | { do: 'depart'; who: number }
  | { do: 'leave'; who: number }
  | { do: 'tick' }
  | { do: 'restart' }

const who = fc.nat({ max: 10_000 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('hear' as const),
      who: fc.array(who, { maxLength: 12 }),
      ageMs: fc.nat({ max: 2000 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim' as const), who, beacon: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('depart' as const, 'leave' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('tick' as const, 'tick' as const, 'restart' as const) }) },
)
const timedSteps = fc.array(fc.tuple(fc.nat({ max: 9_000 }), step), { minLength: 1, maxLength: 120 })
const settings = fc.record({
  capacity: fc.integer({ min: 1, max: 5 }),
  ratePerMinute: fc.constantFrom(1, 6, 30, 600),
  reclaimGraceSeconds: fc.constantFrom(0, 30, 300),
  maxWaiting: fc.constantFrom(4, 1000),
  returnsMax: fc.constantFrom(0, 1, 3),
})

function applyBoth(line: DrivenLine, naive: NaiveLine, action: Step): void {
  const issued = naive.tickets.length
  const pick = (index: number) => (index % issued) + 1
  naive.begin(line.nowMs - START_MS, true)
  if (action.do === 'tick' || action.do === 'restart') {
    // An isolate calls before each tick, so that the tick counts time. Holds are tested by example.
    naive.admit()
    line.exchange()
  }
  if (action.do === 'join') {
    naive.admit()
    const expected = Array.from({ length: action.count }, () => naive.join().number ?? 0)
    expect(line.join(action.count)).toEqual(expected)
  } else if (action.do === 'tick') {
    naive.tick()
    line.tick()
  } else if (action.do === 'restart') {
    line.tick()
    naive.tick()
    naive.restart()
    line.crash()
  } else if (issued === 0) {
    line.exchange()
  } else if (action.do === 'hear') {
    for (const index of action.who) naive.hear(pick(index), action.ageMs)
    naive.admit()
    line.hear(action.who.map(pick), action.ageMs)
  } else if (action.do === 'claim') {
    naive.hear(pick(action.who), 0)
    naive.admit()
    expect(line.claim(pick(action.who), { beacon: action.beacon })).toBe(naive.claim(pick(action.who), action.beacon))
  } else if (action.do === 'depart') {
    naive.depart(pick(action.who))
    naive.admit()
    line.depart(pick(action.who))
  } else {
    naive.leave(pick(action.who))
    naive.admit()
    line.leave(pick(action.who))
  }
}

function expectSame(line: DrivenLine, naive: NaiveLine): void {
  expect(line.states(...naive.tickets.map(({ number }) => number))).toEqual(naive.tickets.map(({ state }) => state))
  const view = new SnapshotView(takeSnapshot(line.line, line.nowMs))
  for (const { number, state } of naive.tickets) {
    if (state !== 'waiting') continue
    expect(line.line.tickets.waitingBefore(number) + 1).toBe(naive.position(number))
    expect(view.position(number)).toBe(naive.position(number))
  }
}

describe('any sequence of events', () => {
  it('leaves every ticket in the state and position of the naive model', () => {
    fc.assert(
      fc.property(settings, timedSteps, (changes, steps) => {
        const line = new DrivenLine(changes)
        const naive = new NaiveLine(rules(changes))
        for (const [elapsedMs, action] of steps) {
          line.nowMs += elapsedMs
          applyBoth(line, naive, action)
          expectSame(line, naive)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('admits never-absent tickets by number, once each, within capacity and rate', () => {
    fc.assert(
      fc.property(settings, timedSteps, (changes, steps) => {
        const line = new DrivenLine(changes)
        const naive = new NaiveLine(rules(changes))
        for (const [elapsedMs, action] of steps) {
          line.nowMs += elapsedMs
          applyBoth(line, naive, action)
          expect(line.line.tickets.occupied).toBeLessThanOrEqual(changes.capacity)
        }
        const { entries } = line.line.journal.after(0)
        const absent = new Set(entries.filter(({ event }) => event === 'expired').map(({ number }) => number))
        const admitted = entries.filter(({ event }) => event === 'admitted')
        const inOrder = admitted.map(({ number }) => number).filter((number) => !absent.has(number))
        expect(inOrder).toEqual([...new Set(inOrder)].sort((a, b) => a - b))
        for (const [i, first] of admitted.entries()) {
          for (const [j, last] of admitted.entries()) {
            if (j < i) continue
            const bound = (changes.ratePerMinute * (last.atMs - first.atMs + 10_000)) / 60_000 + 1
            expect(j - i + 1).toBeLessThanOrEqual(bound)
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})
