/**
 * Queue messages that our code never sent: each is acknowledged or retried, and no room changes.
 */
import { createExecutionContext, createMessageBatch, env, getQueueResult } from 'cloudflare:test'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import worker from '../../src/index.ts'
import { TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

const lines: string[] = []

beforeEach(() => {
  lines.length = 0
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(String(line)))
  }
})

afterEach(() => {
  vi.restoreAllMocks()
})

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(-1, 1.5, 2 ** 53, '', null, '../x', 'x'.repeat(100_000), '\u0000', '__proto__'),
)
/** Almost valid messages: a queue's own shape with some fields replaced. */
const changed = (right: object) =>
  fc
    .dictionary(fc.constantFrom(...Object.keys(right), '__proto__', 'more'), odd, { maxKeys: 3 })
    .map((change) => ({ ...right, ...change }))
const check = changed({ room: 'shop', run: 1, segment: 0, generation: 1 })
const alert = changed({
  kind: 'firing',
  id: 'a',
  room: 'alarmed',
  channel: 'ops',
  rule: 'crowd',
  metric: 'waiting',
  value: 4,
  threshold: 3,
  minute: 1,
})

it.each([
  'waiting-room-checks',
  'waiting-room-checks-dead',
  'waiting-room-alerts',
  'waiting-room-alerts-dead',
  'of-somebody-else',
])(
  'the queue "%s" survives any message',
  async (queue) => {
    const room = new TestRoom('shop')
    await room.join(5)
    const before = await room.stub.stats()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.jsonValue(), check, alert), { minLength: 1, maxLength: 8 }),
        async (bodies) => {
          const messages = bodies.map((body, i) => ({ id: `m${i}`, timestamp: new Date(), attempts: 1, body }))
          const batch = createMessageBatch(queue, messages)
          await worker.queue(batch, env as unknown as Env)
          const { explicitAcks, retryMessages, outcome } = await getQueueResult(batch, createExecutionContext())
          expect(outcome).toBe('ok')
          expect(explicitAcks.length + retryMessages.length).toBe(bodies.length)
        },
      ),
      { seed: 4, numRuns: 40 },
    )
    expect(await room.stub.stats()).toEqual(before)
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow()
  },
  60_000,
)
