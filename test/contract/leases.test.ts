/**
 * While nobody waits, newcomers are admitted with numbers that the object has lent: they get their
 * answer without a call of the object. The test holds all calls meanwhile.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildWith } from './support/build-with.ts'
import { stats } from './support/operator.ts'
import { until } from './support/operator-figures.ts'
import { Origin } from './support/origin.ts'
import { PATIENCE_MS } from './support/patience.ts'
import { room } from './support/stage.ts'
import { Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const CAPACITY = 50

let origin: Origin
let workerd: Workerd

beforeAll(async () => {
  origin = await Origin.start(0)
  const rooms = [room('lending', CAPACITY, { lease_below: 0.7 }), room('asking', CAPACITY)]
  workerd = await Workerd.start({ rooms, originUrl: origin.url }, buildWith('held-object.js'))
})
afterAll(async () => {
  await workerd?.stop()
  await origin?.stop()
})

/** Holds or releases all calls. Returns how many were made so far. */
async function calls(what: 'hold' | 'release'): Promise<number> {
  const reply = await new Visitor(workerd, 'lending.test').get(`/test-calls/${what}`)
  return reply.json<{ calls: number }>().calls
}

async function newcomer(name: string): Promise<Visitor> {
  const visitor = new Visitor(workerd, `${name}.test`)
  await visitor.get('/echo')
  return visitor
}

/** Two newcomers, whom the object answers, and then one while it answers nobody. */
async function thirdWithoutObject(name: string) {
  const others = [await newcomer(name), await newcomer(name)]
  const before = await calls('hold')
  const third = new Visitor(workerd, `${name}.test`)
  const reply = await third.get('/echo')
  const during = (await calls('release')) - before
  return { third, reply, others, during }
}

test('admits a newcomer while the object answers no call, and the object learns of it', async () => {
  const everyone: Visitor[] = []
  const giveUpMs = Date.now() + PATIENCE_MS
  for (;;) {
    const { third, reply, others } = await thirdWithoutObject('lending')
    everyone.push(...others)
    if (reply.status === 200) {
      everyone.push(third)
      expect(third.holds).toBe('pass')
      break
    }
    // The machine was so slow that the lease had ended.
    expect(Date.now()).toBeLessThan(giveUpMs)
  }
  expect(new Set(everyone.map(({ number }) => number)).size).toBe(everyone.length)
  const joined = ({ totals }: Awaited<ReturnType<typeof stats>>) => totals?.joined ?? 0
  const last = await until(
    () => stats(workerd, 'lending'),
    (each) => joined(each) >= everyone.length,
  )
  expect(last.totals).toMatchObject({ joined: joined(last), admitted: joined(last) })
  // The lent number is a session like any other.
  const third = everyone.at(-1) as Visitor
  expect((await third.get('/echo')).status).toBe(200)
  expect((await third.leave()).status).toBe(204)
  await until(
    () => stats(workerd, 'lending'),
    ({ totals }) => totals?.left === 1,
  )
})

test('makes no newcomer wait for numbers that come back unused', async () => {
  await until(
    () => stats(workerd, 'lending'),
    ({ active, totals }) => active === (totals?.joined ?? 0) - 1,
  )
})

test('asks the object for every newcomer in a room that lends nothing', async () => {
  const { third, reply, during } = await thirdWithoutObject('asking')
  expect([reply.status, third.holds]).toEqual([503, undefined])
  expect(during).toBeGreaterThan(0)
})
