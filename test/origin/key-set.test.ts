/** When an origin reads the waiting room's keys, and which requests wait for them. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { passVerifier, remoteKeys } from '../../origin/index.ts'
import { passKey, type TestPassKey } from '../contract/support/pass-keys.ts'
import { jwksOf, KEY, NOW_MS, pass } from './support/room.ts'

const NEXT_KEY = passKey('next')

/** A server of keys that answers when the test says so. */
class Keys {
  asked = 0
  private answers: ((answer: Response | Error) => void)[] = []

  readonly fetch = (): Promise<Response> => {
    this.asked++
    return new Promise((resolve, reject) => {
      this.answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)))
    })
  }

  async answer(answer: Response | Error): Promise<void> {
    await expect.poll(() => this.answers.length).toBeGreaterThan(0)
    this.answers.shift()?.(answer)
    // The verifier goes on in later turns.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }

  publish(...keys: TestPassKey[]): Promise<void> {
    return this.answer(Response.json(jwksOf(...keys)))
  }
}

let server: Keys
let nowMs: number
let verify: (key?: TestPassKey) => Promise<string>
beforeEach(() => {
  server = new Keys()
  nowMs = NOW_MS
  const keys = remoteKeys('https://shop.example/jwks.json', {
    fetch: server.fetch,
    now: () => nowMs,
    timeoutSeconds: 60,
  })
  const check = passVerifier({ audience: 'waiting-room:shop', jwks: keys, now: () => NOW_MS })
  verify = async (key = KEY) => (await check({ 'waiting-room-pass': await pass({}, { key }) })).state
})

afterEach(() => {
  vi.useRealTimers()
})

test('reads the keys once for all first requests', async () => {
  const first = [verify(), verify(), verify()]
  await server.publish(KEY)
  expect(await Promise.all(first)).toEqual(['valid', 'valid', 'valid'])
  expect(await verify()).toBe('valid')
  expect(server.asked).toBe(1)
})

test('says that it has no keys while they cannot be read, and tries again after a second', async () => {
  const first = verify()
  await server.answer(new Response('busy', { status: 503 }))
  expect(await first).toBe('unavailable')
  expect(await verify()).toBe('unavailable')
  expect(server.asked).toBe(1)
  nowMs += 1_000
  const second = verify()
  await server.publish(KEY)
  expect(await second).toBe('valid')
})

test.each([
  ['a redirect', () => new Response(null, { status: 302, headers: { Location: 'https://evil.example/' } })],
  ['a page', () => new Response('<!doctype html>')],
  ['another document', () => Response.json({ error: 'x' })],
  ['an endless document', () => Response.json({ keys: [], x: 'x'.repeat(70_000) })],
  ['no connection', () => new TypeError('fetch failed')],
])('has no keys from %s', async (_what, answer) => {
  const first = verify()
  await server.answer(answer())
  expect(await first).toBe('unavailable')
})

describe('after the first time', () => {
  beforeEach(async () => {
    const first = verify()
    await server.publish(KEY)
    await first
  })

  test('refreshes old keys without a request that waits, and keeps them while that fails', async () => {
    nowMs += 300_000
    // The server does not answer, and no wait would end.
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    expect(await verify()).toBe('valid')
    expect(await verify()).toBe('valid')
    vi.useRealTimers()
    expect(server.asked).toBe(2)
    await server.answer(new Error('no route'))
    expect(await verify()).toBe('valid')
    expect(server.asked).toBe(2)
    nowMs += 30_000
    expect(await verify()).toBe('valid')
    expect(server.asked).toBe(3)
    await server.publish(NEXT_KEY)
    expect(await verify(NEXT_KEY)).toBe('valid')
    expect(server.asked).toBe(3)
  })

  test('looks for an unknown key once per cooldown, whoever names one', async () => {
    nowMs += 30_000
    const unknown = verify(NEXT_KEY)
    await server.publish(KEY, NEXT_KEY)
    expect(await unknown).toBe('valid')
    expect(server.asked).toBe(2)
    for (let i = 0; i < 20; i++) expect(await verify(passKey(`k${i}`))).toBe('forged')
    expect(server.asked).toBe(2)
    expect(await verify()).toBe('valid')
  })

  test('does not make requests with known keys wait for the search of an unknown one', async () => {
    nowMs += 30_000
    const unknown = verify(NEXT_KEY)
    await expect.poll(() => server.asked).toBe(2)
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    expect(await verify()).toBe('valid')
    vi.useRealTimers()
    // The server never answers: the request with the unknown key does not wait for long.
    expect(await unknown).toBe('forged')
  })

  test('refreshes after the clock went back', async () => {
    nowMs -= 3_600_000
    expect(await verify()).toBe('valid')
    expect(server.asked).toBe(2)
  })
})
