/** The promises of lanes under any sequence of events, restarts included. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LaneNumbers } from '../../src/core/lane-numbers.ts'
import { LaneOrder } from '../../src/core/lane-order.ts'
import { type LaneRule, laneOf, totalWeight } from '../../src/core/lanes.ts'
import { LANES_MAX } from '../../src/core/limits.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { DrivenLine } from './support/driven-line.ts'

const NAMES = ['regular', 'slow', 'one', 'two', 'three', 'four']
/** One large lane among small ones is the hard case. */
const weight = fc.oneof(fc.constantFrom(1, 1, 1, 2, 5, 10, 1000), fc.integer({ min: 1, max: 40 }))
const rules: fc.Arbitrary<LaneRule[]> = fc
  .array(weight, { minLength: NAMES.length, maxLength: NAMES.length })
  .map((weights) => NAMES.map((name, i) => ({ name, weight: weights[i] as number, first: false })))

/** Which lanes wait, for a number of admissions. */
const phase = fc.record({
  waits: fc.array(fc.boolean(), { minLength: NAMES.length, maxLength: NAMES.length }),
  admissions: fc.integer({ min: 1, max: 40 }),
})

/** The lane of each admission, with these lanes waiting. */
function chosen(lanes: LaneRule[], steps: readonly boolean[][], restartAt: number): string[] {
  let numbers = new LaneNumbers()
  for (const name of NAMES) numbers.indexFor(name, lanes)
  let order = new LaneOrder(numbers, lanes)
  return steps.map((waiting, step) => {
    if (step === restartAt) {
      const stored = JSON.parse(JSON.stringify({ lanes: numbers.toStored(), order: order.toStored() }))
      numbers = new LaneNumbers({ next: numbers.end, frontier: 1, lastJoinSeconds: 0, lanes: stored.lanes })
      order = new LaneOrder(numbers, lanes, stored.order)
    }
    const byIndex = new Array<number>(LANES_MAX + 1).fill(0)
    for (const [i, name] of NAMES.entries()) byIndex[numbers.indexFor(name, lanes)] = waiting[i] ? 1 : 0
    return numbers.of(order.take(byIndex)).name
  })
}

describe('lanes with weights', () => {
  it('get at least floor(n w / W) - 1 of any n admissions in a row during which they wait', () => {
    const phases = fc.array(phase, { minLength: 1, maxLength: 10 })
    const someLane = fc.nat({ max: NAMES.length - 1 })
    fc.assert(
      fc.property(rules, phases, fc.nat({ max: 200 }), someLane, (lanes, random, restartAt, always) => {
        // One lane waits through several phases, and somebody always does.
        const possible = random
          .map(({ waits, ...each }, i) => ({ ...each, waits: waits.map((w, lane) => w || (lane === always && i > 0)) }))
          .filter(({ waits }) => waits.some(Boolean))
          .flatMap(({ waits, admissions }) => new Array<boolean[]>(admissions).fill(waits))
        const got = chosen(lanes, possible, restartAt)
        const total = totalWeight(NAMES, lanes)
        for (const [i, name] of NAMES.entries()) {
          const share = (lanes.find((lane) => lane.name === name)?.weight ?? 0) / total
          for (let from = 0; from < got.length; from++) {
            let count = 0
            for (let to = from; to < got.length && possible[to]?.[i] === true; to++) {
              count += Number(got[to] === name)
              const least = Math.floor((to - from + 1) * share) - 1
              // An assertion for each of these sums would take most of the test's time.
              if (count < least) throw new Error(`${name}: ${count} of at least ${least} from ${from} to ${to}`)
            }
          }
        }
        // Only a lane that waits is chosen.
        for (const [step, name] of got.entries()) expect(possible[step]?.[NAMES.indexOf(name)]).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('leave the share of an empty lane to the others, so that no admission is lost', () => {
    const lanes = NAMES.map((name) => ({ name, weight: 1, first: false }))
    const alone = NAMES.map((name) => name === 'one')
    expect(new Set(chosen(lanes, new Array(50).fill(alone), 20))).toEqual(new Set(['one']))
  })
})

type Step =
  | { do: 'join'; lane: number; count: number }
  | { do: 'leave'; who: number }
  | { do: 'claim'; who: number }
  | { do: 'hear'; who: number[] }
  | { do: 'tick' }
  | { do: 'restart' }
  | { do: 'admit' }

const LANES: LaneRule[] = [
  { name: 'sponsors', weight: 0, first: true },
  { name: 'members', weight: 30, first: false },
]
const JOINED = ['regular', 'sponsors', 'members', 'skip', 'slow', 'unknown']

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      lane: fc.nat({ max: JOINED.length - 1 }),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), who: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('claim' as const), who: fc.nat() }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('hear' as const), who: fc.array(fc.nat(), { maxLength: 12 }) }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Step>({ do: 'tick' }, { do: 'restart' }, { do: 'admit' }),
  },
)
const settings = fc.record({
  capacity: fc.integer({ min: 1, max: 4 }),
  ratePerMinute: fc.constantFrom(6, 30, 600),
  reclaimGraceSeconds: fc.constantFrom(0, 30, 300),
  returnsMax: fc.constantFrom(0, 1),
})

function apply(line: DrivenLine, issued: number[], action: Step): void {
  const pick = (index: number) => issued[index % issued.length] as number
  if (action.do === 'join') {
    issued.push(...line.joinLane(JOINED[action.lane] as string, action.count))
  } else if (action.do === 'tick') {
    line.exchange()
    line.tick()
  } else if (action.do === 'restart') {
    line.tick()
    line.crash()
  } else if (action.do === 'admit') {
    line.operate((each) => each.admitByHand(1))
  } else if (issued.length === 0) {
    line.exchange()
  } else if (action.do === 'hear') {
    line.hear(action.who.map(pick))
  } else if (action.do === 'claim') {
    line.claim(pick(action.who), { beacon: true })
  } else {
    line.leave(pick(action.who))
  }
}

describe('a room with lanes, after any sequence of events', () => {
  const timedSteps = fc.array(fc.tuple(fc.nat({ max: 9_000 }), step), { minLength: 1, maxLength: 100 })

  it('admits by number within each lane, once each and within the capacity, and loses nobody', () => {
    fc.assert(
      fc.property(settings, timedSteps, (changes, steps) => {
        const line = new DrivenLine({ ...changes, lanes: LANES })
        const issued: number[] = []
        const states = new Map<number, string>()
        const highest = new Map<number, number>()
        const everAbsent = new Set<number>()
        for (const [elapsedMs, action] of steps) {
          line.nowMs += elapsedMs
          const { journal } = line.line
          const { last } = journal.after(0)
          apply(line, issued, action)
          expect(new Set(issued).size).toBe(issued.length)
          expect(line.line.tickets.occupied).toBeLessThanOrEqual(changes.capacity)
          // A restart happens after a tick and loses no event.
          for (const { event, number } of journal.after(last).entries) {
            if (event === 'expired') everAbsent.add(number)
            if (event === 'left' || event === 'forgotten' || event === 'expired') states.set(number, 'may be gone')
            if (event === 'returned') states.set(number, 'lives')
            if (event !== 'admitted' || everAbsent.has(number)) continue
            expect(number).toBeGreaterThan(highest.get(laneOf(number)) ?? 0)
            highest.set(laneOf(number), number)
          }
          for (const number of issued) {
            if (states.get(number) !== 'may be gone') expect(line.state(number)).not.toBe('gone')
          }
          const view = new SnapshotView(takeSnapshot(line.line, line.nowMs))
          for (const number of issued) {
            if (line.state(number) !== 'waiting') continue
            expect(view.position(number)).toBe(line.line.tickets.waitingBefore(number) + 1)
            expect(view.isBelowFrontier(number)).toBe(number < (line.line.numbers.at(number)?.frontier ?? 0))
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it('leaves regular numbers and positions as they are when visitors join other lanes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: JOINED.length - 2 }), { maxLength: 40 }), (joins) => {
        const line = new DrivenLine({ capacity: 1, lanes: LANES })
        line.join()
        const regular: number[] = []
        for (const lane of joins) {
          const [number = 0] = line.joinLane(JOINED[lane] as string)
          if (lane === 0) regular.push(number)
          expect(regular).toEqual(regular.map((_, i) => i + 2))
          const view = new SnapshotView(takeSnapshot(line.line, line.nowMs))
          expect(regular.map((each) => view.position(each))).toEqual(regular.map((_, i) => i + 1))
        }
      }),
    )
  })
})
