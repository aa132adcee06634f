/**
 * Failed logins of operators: counted in one object, and blocks of earlier versions that are still
 * in force after an upgrade.
 */
import { env, evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../durable-objects/migrations.ts'
import { FailedLogins, type LoginGuardNamespace } from '../../src/operators/failed-logins.ts'
import { LOGIN_FAILURES_MAX, LOGIN_WINDOW_MS } from '../../src/operators/limits.ts'
import { sessionKeys } from '../../src/operators/session.ts'
import type { RoomNamespace } from '../../src/room/room-clients.ts'
import { importSigningKeys } from '../../src/tokens/signing-keys.ts'
import { passSeconds, withFakeClock } from './support/room.ts'

withFakeClock()

const guards = env.LOGIN_GUARD as unknown as LoginGuardNamespace
const rooms = env.WAITING_ROOM as unknown as RoomNamespace
const request = new Request('https://shop.example.com/', { headers: { 'CF-Connecting-IP': '203.0.113.7' } })

const SIGNING_KEYS = 'a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

/** One more isolate. */
async function failedLogins(): Promise<FailedLogins> {
  return new FailedLogins(guards, rooms, await sessionKeys(await importSigningKeys(SIGNING_KEYS)))
}

async function fail(isolate: FailedLogins, times: number): Promise<number> {
  let seconds = 0
  for (let i = 0; i < times; i++) seconds = await isolate.note(request, Date.now())
  return seconds
}

describe('failed logins', () => {
  let isolate: FailedLogins
  beforeEach(async () => {
    isolate = await failedLogins()
  })

  it('block an address for the rest of its window, in every isolate', async () => {
    expect(await fail(isolate, LOGIN_FAILURES_MAX - 1)).toBe(0)
    passSeconds(10)
    expect(await fail(await failedLogins(), 1)).toBe(50)
    expect(await (await failedLogins()).blockedSeconds(request, true, Date.now())).toBe(50)
    passSeconds(50)
    expect(await (await failedLogins()).blockedSeconds(request, true, Date.now())).toBe(0)
  })

  it('are counted across a restart of the object', async () => {
    await fail(isolate, LOGIN_FAILURES_MAX - 1)
    await evictDurableObject(guards.getByName('operators'))
    expect(await fail(isolate, 1)).toBe(LOGIN_WINDOW_MS / 1000)
  })

  it('of other addresses block nobody', async () => {
    await fail(isolate, LOGIN_FAILURES_MAX)
    const other = new Request(request, { headers: { 'CF-Connecting-IP': '203.0.113.8' } })
    expect(await isolate.blockedSeconds(other, true, Date.now())).toBe(0)
  })

  it('store no address', async () => {
    await fail(isolate, 1)
    const rows = await runInDurableObject(guards.getByName('operators'), (_, { storage }) =>
      storage.sql.exec('SELECT address FROM failed_logins').toArray(),
    )
    expect(rows).toEqual([{ address: expect.stringMatching(/^[\w-]{22}$/) }])
  })
})

describe('a block that an earlier version stored', () => {
  it('stays in force until its window ends', async () => {
    const address = await addressOf()
    await runInDurableObject(rooms.getByName('~operators'), (_, { storage }) => {
      migrate(storage.sql)
      const untilMs = Date.now() + 40_000
      storage.sql.exec('INSERT INTO failed_logins VALUES (?, ?, ?)', address, LOGIN_FAILURES_MAX, untilMs)
    })
    expect(await (await failedLogins()).blockedSeconds(request, true, Date.now())).toBe(40)
    passSeconds(40)
    expect(await (await failedLogins()).blockedSeconds(request, true, Date.now())).toBe(0)
  })

  /** The stored form of the request's address. */
  async function addressOf(): Promise<string> {
    await fail(await failedLogins(), 1)
    return runInDurableObject(guards.getByName('operators'), (_, { storage }) => {
      const [row] = storage.sql.exec('SELECT address FROM failed_logins').toArray()
      return row?.address as string
    })
  }
})
