/**
 * Visitors of a room with gatherers, because it has heard of more than 1,000 isolates. The calls of
 * the one isolate of this test go through a gatherer, which is lost again and again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildWith } from './support/build-with.ts'
import { type JournalEntry, journal } from './support/operator.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { untilStatus } from './support/until.ts'
import { CURL, Visitor } from './support/visitor.ts'
import { Workerd } from './support/workerd.ts'

const CAPACITY = 3
const CLIENTS = 20

let origin: Origin
let workerd: Workerd

beforeAll(async () => {
  origin = await Origin.start(0)
  const rooms = [room('gathered', CAPACITY), room('small', CAPACITY), room('old', CAPACITY)]
  workerd = await Workerd.start({ rooms, originUrl: origin.url }, buildWith('gathered-object.js'))
})
afterAll(async () => {
  await workerd?.stop()
  await origin?.stop()
})

interface Calls {
  /** Requests of isolates that came to the object directly, or through gatherers. */
  readonly direct: number
  readonly gathered: number
  /** Gatherers that the test lost. */
  readonly lost: number
}

async function calls(query = ''): Promise<Calls> {
  return (await new Visitor(workerd, 'small.test').get(`/test-calls?${query}`)).json<Calls & Record<string, unknown>>()
}

const crowd = (name: string) => calls(`room=${name}&isolates=3100`)

const numbersOf = (entries: readonly JournalEntry[], event: string) =>
  entries.filter((entry) => entry.event === event).map(({ number }) => number)

test('a room with few isolates has no gatherers', async () => {
  const visitor = new Visitor(workerd, 'small.test', CURL)
  expect((await visitor.get('/echo')).status).toBe(200)
  expect((await visitor.leave()).status).toBe(204)
  const { direct, gathered } = await calls()
  expect(direct).toBeGreaterThan(0)
  expect(gathered).toBe(0)
})

test('admits everyone in order through gatherers that are lost every few calls', async () => {
  await crowd('gathered')
  const first = new Visitor(workerd, 'gathered.test', CURL)
  expect((await first.get('/echo')).status).toBe(200)
  const before = await calls('loses-every=4')
  const everyone = [first, ...Array.from({ length: CLIENTS - 1 }, () => new Visitor(workerd, 'gathered.test', CURL))]
  const numbers = await Promise.all(
    everyone.map(async (client) => {
      await untilStatus(200, () => client.get('/echo'))
      const { number } = client
      expect((await client.leave()).status).toBe(204)
      return number
    }),
  )
  const { entries } = await journal(workerd, 'gathered')
  const arrivals = numbersOf(entries, 'joined')
  expect(arrivals).toEqual(Array.from({ length: CLIENTS }, (_, i) => i + 1))
  expect(numbersOf(entries, 'admitted')).toEqual(arrivals)
  expect(numbers.sort((a, b) => a - b)).toEqual(arrivals)
  const after = await calls('loses-every=0')
  expect(after.lost).toBeGreaterThan(before.lost)
  expect(after.gathered).toBeGreaterThan(before.gathered)
})

test('a token tells a new isolate of the gatherers, so not even its first call goes to the object', async () => {
  await crowd('gathered')
  const visitor = new Visitor(workerd, 'gathered.test', CURL)
  expect((await visitor.get('/echo')).status).toBe(200)
  // Isolates and objects lose all memory. Nobody but this visitor knows of gatherers now.
  await workerd.restart()
  expect((await visitor.post('/__waiting-room/heartbeat')).status).toBe(204)
  const { direct, gathered } = await calls()
  expect(gathered).toBeGreaterThan(0)
  expect(direct).toBe(0)
})

test('calls an object of an older deploy, which knows no gatherers, directly', async () => {
  const { direct } = await calls('old=yes')
  const visitor = new Visitor(workerd, 'old.test', CURL)
  expect((await visitor.get('/echo')).status).toBe(200)
  expect((await visitor.leave()).status).toBe(204)
  const waiting = Array.from({ length: CAPACITY + 1 }, () => new Visitor(workerd, 'old.test', CURL))
  const replies = []
  for (const each of waiting) replies.push((await each.get('/echo')).status)
  expect(replies).toEqual([200, 200, 200, 503])
  expect((await calls()).direct).toBeGreaterThan(direct + 2)
})
