/** The validation of Turnstile's results: its bounds, and Cloudflare's keys for tests. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { CHECK_GIVE_UP_MS, CHECK_LOOK_MS, CHECKS_PARALLEL_MAX, CHECKS_WAITING_MAX } from '../../src/limits.ts'
import { TurnstileValidator } from '../../src/turnstile/validation.ts'

const asked = vi.fn<typeof fetch>()
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  vi.stubGlobal('fetch', asked)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  asked.mockReset()
})

const validator = (secret = 'secret') =>
  new TurnstileValidator({ siteKey: 'key', secret, verifyUrl: 'https://verify.example/' })

const verdict = (fields: object) => async () => Response.json({ success: true, 'error-codes': [], ...fields })
const fresh = () => ({ hostname: 'shop.test', action: 'waiting-room-join', challenge_ts: new Date().toISOString() })

/** Hashes take real time. Unlike `vi.waitUntil` this does not move the fake clock. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate)
}

it('makes a bounded number of calls at once, lets a bounded number wait, and turns the others away', async () => {
  const one = validator()
  const results: string[] = []
  const validate = (name: string, count: number) =>
    Array.from({ length: count }, async (_, i) => results.push(await one.validate(`${name} ${i}`, 'shop.test')))
  asked.mockImplementation(() => new Promise(() => {}))
  validate('hanging', CHECKS_PARALLEL_MAX)
  await until(() => asked.mock.calls.length === CHECKS_PARALLEL_MAX)
  // The others come later, so that they still wait when these calls are given up.
  vi.setSystemTime(Date.now() + CHECK_GIVE_UP_MS / 2)
  const others = validate('waiting', CHECKS_WAITING_MAX + 7)
  await until(() => results.length === 7)
  expect(results).toEqual(new Array(7).fill('busy'))
  expect(asked).toHaveBeenCalledTimes(CHECKS_PARALLEL_MAX)
  // Calls that never end free their turn after a while, as those of cancelled requests.
  asked.mockImplementation(verdict(fresh()))
  // A jump: each timer that fires takes a turn of the event loop, and 500 wait for each look.
  vi.setSystemTime(Date.now() + CHECK_GIVE_UP_MS / 2)
  while (results.length < others.length) await vi.advanceTimersByTimeAsync(CHECK_LOOK_MS)
  expect(results.slice(7)).toEqual(new Array(CHECKS_WAITING_MAX).fill('passed'))
  expect(await one.validate('another token', 'shop.test')).toBe('passed')
})

it('asks again with the same idempotency key after an error, and then gives up', async () => {
  asked.mockRejectedValueOnce(new TypeError('network')).mockImplementationOnce(verdict(fresh()))
  expect(await validator().validate('token', 'shop.test')).toBe('passed')
  const [first, second] = asked.mock.calls.map(([, init]) => init?.body)
  expect(first).toBe(second)
  asked.mockImplementation(async () => new Response('<h1>Bad gateway</h1>', { status: 502 }))
  expect(await validator().validate('token', 'shop.test')).toBe('unreachable')
  expect(asked).toHaveBeenCalledTimes(4)
})

it.each(['invalid-input-secret', 'missing-input-secret', 'bad-request', 'internal-error', 'something-new'])(
  'does not hold %s against the visitor',
  async (code) => {
    asked.mockImplementation(verdict({ success: false, 'error-codes': [code] }))
    expect(await validator().validate('token', 'shop.test')).toBe('unreachable')
  },
)

it.each(['{"success":"yes"}', 'null', '[]', '', 'x'.repeat(5000)])('takes %j for no verdict', async (body) => {
  asked.mockImplementation(async () => new Response(body))
  expect(await validator().validate('token', 'shop.test')).toBe('unreachable')
})

it("compares no host and action with Cloudflare's keys for tests", async () => {
  asked.mockImplementation(verdict({ hostname: 'example.com', action: '' }))
  expect(await validator(`1x${'0'.repeat(31)}AA`).validate('token', 'shop.test')).toBe('passed')
  expect(await validator('1x0000real').validate('token', 'shop.test')).toBe('failed')
})
