import { createExecutionContext, createMessageBatch, env, getQueueResult } from 'cloudflare:test'
import { describe, expect, it, vi } from 'vitest'
import worker from '../../src/index.ts'
import { UNKNOWN_QUEUE_RETRY_SECONDS } from '../../src/limits.ts'
import { passSeconds, TestRoom, withFakeClock } from './support/room.ts'

withFakeClock()

async function deliver(queue: string, bodies: unknown[]) {
  const messages = bodies.map((body, i) => ({ id: `m${i}`, timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch(queue, messages)
  const context = createExecutionContext()
  await worker.queue(batch, env as unknown as Env)
  return getQueueResult(batch, context)
}

describe('the queue "checks"', () => {
  it('delivers its messages to the room and acknowledges them', async () => {
    const room = new TestRoom('shop')
    await room.join(4)
    passSeconds(10)
    await room.hear(1, 2, 3)
    passSeconds(11)
    const check = { room: 'shop', run: room.run, segment: 0, generation: 1 }
    const result = await deliver('waiting-room-checks', [check, check])
    expect(result.explicitAcks.toSorted()).toEqual(['m0', 'm1'])
    expect(await room.events('expired')).toEqual([4])
  })

  it('drops messages of unknown shape with a log line, and delivers the others', async () => {
    const room = new TestRoom('shop')
    await room.join(4)
    passSeconds(10)
    await room.hear(1, 2, 3)
    passSeconds(11)
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const check = { room: 'shop', run: room.run, segment: 0, generation: 1 }
    const shapes = [
      null,
      'text',
      {},
      { ...check, segment: -1 },
      { ...check, room: '../etc' },
      { ...check, generation: 1.5 },
    ]
    const result = await deliver('waiting-room-checks', [...shapes, check])
    expect(result.explicitAcks).toHaveLength(7)
    expect(result.retryMessages).toEqual([])
    expect(warn.mock.calls.flat().filter((line) => String(line).includes('check_unknown_shape'))).toHaveLength(6)
    expect(await room.events('expired')).toEqual([4])
    warn.mockRestore()
  })

  it('acknowledges checks of rooms that are no longer in the settings', async () => {
    const result = await deliver('waiting-room-checks', [{ room: 'closed-down', run: 1, segment: 0, generation: 1 }])
    expect(result.explicitAcks).toEqual(['m0'])
  })

  it('logs messages in the dead-letter queue', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const result = await deliver('waiting-room-checks-dead', [{ room: 'shop', run: 1, segment: 7, generation: 1 }])
    expect(result.explicitAcks).toEqual(['m0'])
    expect(JSON.parse(String(error.mock.calls[0]?.[0]))).toMatchObject({
      event: 'check_dead',
      room: 'shop',
      segment: 7,
    })
    error.mockRestore()
  })
})

describe('a queue with an unknown name', () => {
  const CHECK = { room: 'shop', run: 1, segment: 0, generation: 1 }

  it.each([
    'waiting-room-chekcs',
    'staging-waiting-room',
    'waiting-room-checks-dlq',
    'checks',
    'waiting-room-alerts-2',
    'waiting-room-Checks',
  ])('%s has its messages retried and logs one error per batch', async (queue) => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const messages = [0, 1].map((i) => ({ id: `m${i}`, timestamp: new Date(), attempts: 1, body: CHECK }))
    const batch = createMessageBatch(queue, messages)
    const retried = batch.messages.map((message) => vi.spyOn(message, 'retry'))
    await worker.queue(batch, env as unknown as Env)
    const result = await getQueueResult(batch, createExecutionContext())
    expect(result.explicitAcks).toEqual([])
    expect(result.retryMessages).toHaveLength(2)
    for (const retry of retried) {
      expect(retry.mock.calls).toEqual([[{ delaySeconds: UNKNOWN_QUEUE_RETRY_SECONDS }]])
    }
    expect(error.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
      expect.objectContaining({ level: 'error', event: 'queue_unknown', queue, messages: 2 }),
    ])
    error.mockRestore()
  })
})
