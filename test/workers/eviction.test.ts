/**
 * Memory is lost between any two calls: an idle object is evicted, a deploy restarts all objects.
 * Each sequence of calls runs twice from the same moment, undisturbed and with a loss after each
 * call. All answers must be equal.
 */
import { abortAllDurableObjects } from 'cloudflare:test'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

const SEED = 20261122
const SEQUENCES = 25
/**
 * Too short for any expiry: after a restart, expiry is measured from the last stored call
 * (waiting-room.test.ts).
 */
const STEP_SECONDS = 0.5

type Step =
  | { readonly call: 'join'; readonly count: number }
  | { readonly call: 'claim' | 'leave' | 'hear'; readonly number: number }
  | { readonly call: 'redeem'; readonly key: number; readonly device: number; readonly takeOver: boolean }
  | { readonly call: 'claim-as'; readonly number: number; readonly holder: number }
  | { readonly call: 'tick' | 'check' | 'stats' }

const number = fc.integer({ min: 1, max: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ call: fc.constant('join' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ call: fc.constantFrom('claim' as const, 'leave' as const, 'hear' as const), number }),
  fc.record({
    call: fc.constant('redeem' as const),
    key: fc.nat({ max: 2 }),
    device: fc.nat({ max: 2 }),
    takeOver: fc.boolean(),
  }),
  fc.record({ call: fc.constant('claim-as' as const), number, holder: fc.nat({ max: 1 }) }),
  fc.record({ call: fc.constantFrom('tick' as const, 'check' as const, 'stats' as const) }),
)

/** After each call: only the object is evicted, or the code restarts with all objects. */
const loss = fc.constantFrom('evict' as const, 'restart' as const)

it('answers the same as an object that never lost its memory', async () => {
  let sequence = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(step, loss), { minLength: 5, maxLength: 18 }), async (calls) => {
      // Nothing is stored before the first join.
      const steps: typeof calls = [[{ call: 'join', count: 1 }, 'evict'], ...calls]
      sequence++
      const startMs = Date.now()
      const undisturbed = new TestRoom('shop', `undisturbed ${sequence}`)
      const expected: unknown[] = []
      for (const [call] of steps) expected.push(await answerTo(undisturbed, call))
      vi.setSystemTime(startMs)
      const forgetful = new TestRoom('shop', `forgetful ${sequence}`)
      const answers: unknown[] = []
      for (const [call, how] of steps) {
        answers.push(await answerTo(forgetful, call))
        if (how === 'evict') await forgetful.evict()
        else await abortAllDurableObjects()
      }
      expect(answers).toEqual(expected)
    }),
    { seed: SEED, numRuns: SEQUENCES },
  )
})

/** The answer to one call, and the storage after it. */
async function answerTo(room: TestRoom, step: Step): Promise<unknown> {
  passSeconds(STEP_SECONDS)
  const answer = await call(room, step)
  const { totals, active, waiting, absent, nextNumber, frontier } = (await room.stub.stats()) ?? {}
  const alarm = await room.inside(({ storage }) => storage.getAlarm())
  // A refused key changes nothing that must be stored at once.
  if (totals !== undefined) Object.assign(totals, { keysRefused: 0 })
  return { step, answer, totals, active, waiting, absent, nextNumber, frontier, alarm }
}

async function call(room: TestRoom, step: Step): Promise<unknown> {
  switch (step.call) {
    case 'join':
      return room.join(step.count)
    case 'redeem': {
      const { key: id, device, takeOver } = step
      // Two keys with one use, and one with two.
      const access = { id: `key ${id}`, uses: id === 2 ? 2 : 1, expSeconds: Date.now() / 1000 + 3600, takeOver }
      return (await room.exchange({ joins: [`device ${device} ${id}`], joinDetails: [{ access }] })).joins
    }
    case 'claim-as': {
      const claim = { number: step.number, holder: step.holder, beacon: false, touched: false }
      return (await room.exchange({ claims: [claim] })).claims
    }
    case 'claim':
      return room.claim(step.number)
    case 'leave':
      return (await room.exchange({ leaves: [step.number] })).snapshot.frontier
    case 'hear':
      return (await room.hear(step.number)).snapshot.waiting
    case 'tick':
      return room.tick()
    case 'check':
      return room.check(0, 1)
    case 'stats':
      return null
  }
}
