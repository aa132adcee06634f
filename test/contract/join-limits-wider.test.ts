/** Limits of wider networks and of bound clients, and the report "who came". */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiClient } from './support/api-client.ts'
import { DeployedWorker } from './support/deployed-worker.ts'
import { stats } from './support/operator.ts'
import { Origin } from './support/origin.ts'
import { room } from './support/stage.ts'
import { type Headers, Visitor } from './support/visitor.ts'
import { ADMIN_TOKEN, SIGNING_KEY, SIGNING_KEY_ID } from './support/worker-config.ts'

/** Per minute. Lower than in wrangler.toml, so that few requests reach them. */
const ADDRESS_LIMIT = 10
const NETWORK_LIMIT = 24

const ROOMS = [
  room('ipv4', 1, { queue_all: true }),
  room('ipv6', 1, { queue_all: true }),
  room('bound', 1, { queue_all: true, bind_pass: 'agent' }),
  room('free', 1, { queue_all: true, join_limit: false }),
  room('report', 1, { queue_all: true, join_limit: false }),
]

let origin: Origin
let worker: DeployedWorker
beforeAll(async () => {
  origin = await Origin.start()
  const limit = (name: string, id: string, count: number) => ({
    name,
    namespace_id: id,
    simple: { limit: count, period: 60 as const },
  })
  worker = await DeployedWorker.start(
    {
      ROOMS,
      ORIGIN_URL: origin.url,
      SIGNING_KEYS: `${SIGNING_KEY_ID}:${SIGNING_KEY.toString('base64url')}`,
      ADMIN_TOKEN,
    },
    { ratelimits: [limit('JOIN_LIMIT', '1', ADDRESS_LIMIT), limit('JOIN_LIMIT_NETWORK', '2', NETWORK_LIMIT)] },
  )
})
afterAll(async () => {
  await worker?.stop()
  await origin?.stop()
})

const JSON_WANTED: Headers = { Accept: 'application/json' }

async function statusOf(name: string, address: string, own: Headers = {}): Promise<number> {
  const visitor = new Visitor(worker.front, `${name}.test`, { ...JSON_WANTED, ...own })
  return (await visitor.get('/', { 'CF-Connecting-IP': address })).status
}

/**
 * How many newcomers join before one is refused: the lower of two tries, since a period may end
 * during one of them, which restarts its count.
 * @param address of newcomer `i`, counted from 0; each try needs another network
 */
async function joinedUntilRefused(name: string, address: (i: number, attempt: 0 | 1) => string, own?: Headers) {
  const counts: number[] = []
  for (const attempt of [0, 1] as const) {
    let joined = 0
    while (joined < 3 * NETWORK_LIMIT && (await statusOf(name, address(joined, attempt), own)) !== 429) joined++
    counts.push(joined)
  }
  return Math.min(...counts)
}

const totalsOf = async (name: string) => (await stats(worker.front, name)).totals

describe('a wider network', () => {
  test('of IPv4 brings newcomers up to its limit, whatever their addresses, and does not affect the next network', async () => {
    const joined = await joinedUntilRefused('ipv4', (i, attempt) => `203.0.${attempt}.${i}`)
    expect(joined).toBeGreaterThanOrEqual(NETWORK_LIMIT - 1)
    expect(joined).toBeLessThanOrEqual(NETWORK_LIMIT + 1)
    expect(await statusOf('ipv4', '203.0.2.7')).toBe(503)
    await expect.poll(() => totalsOf('ipv4')).toMatchObject({ limited: 0, limitedByNetwork: 2, limitedByClient: 0 })
  })

  test('of IPv6 has a limit for its /48, and half of it for each /56', async () => {
    const home = await joinedUntilRefused('ipv6', (i, attempt) => `2001:db8:${attempt}:${i.toString(16)}::1`)
    expect(home).toBeGreaterThanOrEqual(NETWORK_LIMIT / 2 - 1)
    expect(home).toBeLessThan(NETWORK_LIMIT - 1)
    expect(await statusOf('ipv6', '2001:db8:0:100::1')).toBe(503)
    const perHome = (i: number, attempt: number) => `2001:db8:${attempt + 2}:${(i << 8).toString(16)}::1`
    const site = await joinedUntilRefused('ipv6', perHome)
    expect(site).toBeGreaterThanOrEqual(NETWORK_LIMIT - 1)
    expect(site).toBeLessThanOrEqual(NETWORK_LIMIT + 1)
    expect(await statusOf('ipv6', '2001:db8:9::1')).toBe(503)
  })

  test('is not used up by the retries of one refused address', async () => {
    const busy = '198.51.100.1'
    for (let i = 0; i < 3 * NETWORK_LIMIT; i++) await statusOf('ipv4', busy)
    expect(await statusOf('ipv4', '198.51.100.2')).toBe(503)
    await expect.poll(async () => (await totalsOf('ipv4'))?.limited).toBeGreaterThan(NETWORK_LIMIT)
  })

  test('has no limit in a room that turns limits off', async () => {
    for (let i = 0; i < 2 * NETWORK_LIMIT; i++) expect(await statusOf('free', `203.0.113.${i}`)).toBe(503)
  })
})

test('a bound client brings half as many newcomers as its address', async () => {
  const agent = { 'User-Agent': 'one' }
  const joined = await joinedUntilRefused('bound', (_, attempt) => `203.0.113.${5 + attempt}`, agent)
  expect(joined).toBeGreaterThanOrEqual(ADDRESS_LIMIT / 2 - 1)
  expect(joined).toBeLessThan(ADDRESS_LIMIT - 1)
  // Another client of the address, and the same browser elsewhere, may join.
  expect(await statusOf('bound', '203.0.113.5', { 'User-Agent': 'two' })).toBe(503)
  expect(await statusOf('bound', '203.0.113.7', agent)).toBe(503)
  await expect.poll(() => totalsOf('bound')).toMatchObject({ limited: 0, limitedByNetwork: 0, limitedByClient: 2 })
})

test('the report says how many came from crowded networks', async () => {
  const api = new ApiClient(worker.front)
  const report = async (query = '') =>
    (await api.get(`/rooms/report/who-came${query}`)).json() as Record<string, unknown>
  expect(await report()).toMatchObject({ room: 'report', joined: 0, suspectedShare: null })
  for (let i = 0; i < 5; i++) await statusOf('report', `203.0.113.${i}`)
  await statusOf('report', '2001:db8:7::1')
  await statusOf('report', '2001:db8:7:ffff::1')
  const expected = {
    joined: 7,
    joinedFromQuietNetworks: 5,
    joinedFromSharedNetworks: 2,
    joinedFromCrowdedNetworks: 0,
    joinedFromUnknownNetworks: 0,
    suspectedShare: 0,
  }
  await expect.poll(() => report()).toMatchObject(expected)
  expect(await report('?from=2026-01-01&to=2026-01-02')).toMatchObject({ joined: 0 })
  expect((await api.get('/rooms/report/who-came?from=yesterday')).status).toBe(400)
  expect((await api.get('/rooms/report/who-came?from=2026-01-01&to=2026-02-01')).status).toBe(400)
})
