/** Newcomers per client address, counted by the platform's rate limit. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Rehearsal } from '../../src/tokens/rehearsal.ts'
import { accessKey } from './support/access-keys.ts'
import { ApiClient } from './support/api-client.ts'
import { DeployedWorker } from './support/deployed-worker.ts'
import { stats } from './support/operator.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { type Headers, type Reply, Visitor } from './support/visitor.ts'
import { ADMIN_TOKEN, SIGNING_KEY, SIGNING_KEY_ID } from './support/worker-config.ts'

/**
 * Joins per minute and address: lower than in wrangler.toml, and with the longer period, so that a
 * period seldom ends during a test.
 */
const LIMIT = 10
const MORE_THAN_TWO_PERIODS = 2 * LIMIT + 5

const ROOMS = [
  room('school', 1, { queue_all: true }),
  room('calm', 1, { queue_all: true }),
  room('free', 1, { queue_all: true, join_limit: false }),
  room('full', 1, { queue_all: true, max_waiting: 1 }),
  room('keys', 1, { queue_all: true }),
  room('rehearsed', 1, { queue_all: true }),
]
const REHEARSAL_TOKEN = 'a-rehearsal-token-of-the-contract-tests'

let origin: Origin
let worker: DeployedWorker
beforeAll(async () => {
  origin = await Origin.start()
  worker = await DeployedWorker.start(
    {
      ROOMS,
      ORIGIN_URL: origin.url,
      SIGNING_KEYS: `${SIGNING_KEY_ID}:${SIGNING_KEY.toString('base64url')}`,
      ADMIN_TOKEN,
      REHEARSAL_TOKEN,
    },
    { ratelimits: [{ name: 'JOIN_LIMIT', namespace_id: '1', simple: { limit: LIMIT, period: 60 } }] },
  )
})
afterAll(async () => {
  await worker?.stop()
  await origin?.stop()
})

const JSON_WANTED: Headers = { Accept: 'application/json' }
const visitor = (name: string, own?: Headers) => new Visitor(worker.front, `${name}.test`, own)
const from = (address: string): Headers => ({ 'CF-Connecting-IP': address })

/**
 * Sends newcomers from one address until one is refused. Returns the number let in before it and
 * the refusal.
 */
async function untilRefused(name: string, address: (i: number) => string): Promise<[number, Reply | null]> {
  // A period may end meanwhile, which restarts the count. That happens once at most.
  for (let i = 0; i < MORE_THAN_TWO_PERIODS; i++) {
    const reply = await visitor(name, JSON_WANTED).get('/', from(address(i)))
    if (reply.status === 429) return [i, reply]
    expect(reply.status).toBe(503)
  }
  return [MORE_THAN_TWO_PERIODS, null]
}

test('lets one address join up to the limit, then asks it to retry without issuing a ticket', async () => {
  const first = visitor('school')
  await first.get('/', from('203.0.113.5'))
  const [joined, refusal] = await untilRefused('school', () => '203.0.113.5')
  expect(joined).toBeGreaterThanOrEqual(LIMIT - 1)
  expect(refusal?.headers['retry-after']).toMatch(/^(1\d|20)$/)
  expect(refusal?.headers['cache-control']).toBe('no-store')
  expect(refusal?.setCookies).toEqual([])
  expect(refusal?.json()).toMatchObject({
    cfWaitingRoom: { inWaitingRoom: true, queueIsFull: false },
    waitingRoom: { state: 'waiting', number: null, limited: true },
  })

  // Visitors with a ticket poll and reload as before. Another address can join.
  for (const path of ['/', '/__waiting-room/status']) await first.get(path, from('203.0.113.5'))
  expect(first.number).toBe(1)
  const neighbour = visitor('school')
  expect((await neighbour.get('/', from('203.0.113.6'))).status).toBe(503)
  expect(neighbour.number).toBe(joined + 2)
  // Another room has its own count.
  expect((await visitor('calm').get('/', from('203.0.113.5'))).status).toBe(503)
  const totals = { joined: joined + 2, limited: 1 }
  await expect.poll(async () => (await stats(worker.front, 'school')).totals).toMatchObject(totals)
})

/**
 * Sends a request after the address was refused, and repeats the refusals if the period has just
 * ended.
 */
async function refusalOf(ask: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    await untilRefused('school', () => '198.51.100.9')
    const reply = await ask()
    if (reply.status === 429) return reply
  }
}

test('gives people a page that explains and reloads, and polling programs the same as JSON', async () => {
  const address = from('198.51.100.9')
  const page = await refusalOf(() => visitor('school').get('/cart', address))
  expect(page.status).toBe(429)
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(page.text).toContain('from your network')
  expect(page.text).toMatch(/<meta http-equiv="refresh" content="\d+;url=&#x2F;cart">/)
  const poll = await refusalOf(() => visitor('school', JSON_WANTED).get('/__waiting-room/status', address))
  expect(poll.status).toBe(429)
  expect(poll.json()).toMatchObject({
    state: 'waiting',
    number: null,
    pollAfterSeconds: Number(poll.headers['retry-after']),
  })
})

test('counts the addresses of one IPv6 network as one, apart from the next network', async () => {
  const [, refusal] = await untilRefused('school', (i) => `2001:db8:0:7::${(i + 1).toString(16)}`)
  expect(refusal?.status).toBe(429)
  expect((await visitor('school').get('/', from('2001:db8:0:8::1'))).status).toBe(503)
})

test('applies no limit to a room that turns it off', async () => {
  const [joined, refusal] = await untilRefused('free', () => '192.0.2.1')
  expect(refusal).toBeNull()
  expect((await stats(worker.front, 'free')).totals).toMatchObject({ joined, limited: 0 })
})

test('is switched off and on again by operators', async () => {
  const address = from('192.0.2.3')
  const set = async (join_limit: boolean) => {
    const api = new ApiClient(worker.front)
    const { status } = await api.call('PATCH', '/rooms/calm/settings', { join_limit }, { 'If-Match': '*' })
    expect(status).toBe(200)
  }
  const statusOfNewcomer = async () => (await visitor('calm', JSON_WANTED).get('/', address)).status
  expect((await untilRefused('calm', () => '192.0.2.3'))[1]?.status).toBe(429)
  await set(false)
  await expect.poll(statusOfNewcomer).toBe(503)
  await set(true)
  await expect.poll(async () => (await untilRefused('calm', () => '192.0.2.3'))[1]?.status).toBe(429)
})

test('does not count visitors whom a full line turned away, and tells them that it is full', async () => {
  const holder = visitor('full')
  await holder.get('/', from('192.0.2.2'))
  for (let i = 0; i < MORE_THAN_TWO_PERIODS; i++) {
    const reply = await visitor('full', JSON_WANTED).get('/__waiting-room/status', from('192.0.2.2'))
    expect(reply.status).toBe(200)
    expect(reply.json()).toMatchObject({ state: 'full', number: null })
  }
  expect((await stats(worker.front, 'full')).totals).toMatchObject({ joined: 1, limited: 0 })
})

test('counts joins with an access key apart from others', async () => {
  const address = '198.51.100.77'
  const [joined] = await untilRefused('keys', () => address)
  expect(joined).toBeLessThan(MORE_THAN_TWO_PERIODS)
  const withKey = () => {
    const key = { 'Waiting-Room-Key': accessKey('keys') }
    return visitor('keys', JSON_WANTED).get('/', { ...from(address), ...key })
  }
  expect((await withKey()).status).toBe(503)
  let refused = 0
  for (let i = 0; i < MORE_THAN_TWO_PERIODS && refused === 0; i++) refused += Number((await withKey()).status === 429)
  expect(refused).toBe(1)
})

test('does not count the proven crowd of a rehearsal, which comes from one address', async () => {
  const rehearsal = await Rehearsal.of(REHEARSAL_TOKEN)
  const expires = Math.floor(Date.now() / 1000) + 600
  const join = async (header: string) => {
    const own = { ...JSON_WANTED, 'Waiting-Room-Rehearsal': header }
    return (await visitor('rehearsed', own).get('/', from('203.0.113.80'))).status
  }
  const proven = await rehearsal.visitorHeader('rehearsed', expires)
  for (let i = 0; i < MORE_THAN_TWO_PERIODS; i++) expect(await join(proven)).toBe(503)
  const ofAnotherRoom = await rehearsal.visitorHeader('calm', expires)
  const statuses: number[] = []
  while (statuses.length < MORE_THAN_TWO_PERIODS && !statuses.includes(429)) statuses.push(await join(ofAnotherRoom))
  expect(statuses.at(-1)).toBe(429)
})
