import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AlertDelivery, consumeAlerts, consumeDeadAlerts } from '../../../src/alerts/consumer.ts'
import type { Channel } from '../../../src/settings/channels.ts'
import { consumed, firing, logLines, MemoryLedger, NEW_SECRET, Receiver, stats, testIo, webhookTo } from './support.ts'

let ledger: MemoryLedger
let lines: string[]

beforeEach(() => {
  ledger = new MemoryLedger()
  lines = logLines()
})

afterEach(() => {
  // No test may leave one of these in a log or record.
  const written = JSON.stringify([lines, ledger.records])
  for (const secret of ['hidden', '127.0.0.1', 'example.org', NEW_SECRET.slice(6)])
    expect(written).not.toContain(secret)
  vi.restoreAllMocks()
})

function delivery(channel: Channel | undefined, changes: Partial<AlertDelivery> = {}): AlertDelivery {
  return { channelOf: () => channel, ledger: () => ledger, io: testIo(), ...changes }
}

function run(channel: Channel | undefined, bodies: readonly unknown[], attempts = 1) {
  return consumed(bodies, (batch) => consumeAlerts(batch, delivery(channel)), attempts)
}

function logged(event: string) {
  return lines.map((line) => JSON.parse(line)).filter((line) => line.event === event)
}

describe('the queue "alerts"', () => {
  it('delivers, records and acknowledges a message', async () => {
    const receiver = new Receiver()
    expect(await run(webhookTo(receiver.url), [firing])).toEqual({ acked: ['m0'], retried: [] })
    expect(await receiver.received()).toHaveLength(1)
    expect(ledger.records).toEqual([{ id: firing.id, channel: 'ops', state: 'delivered', attempts: 1, reason: null }])
    expect(lines).toEqual([])
  })

  it('sends no duplicates, neither later ones nor those within a batch', async () => {
    const receiver = new Receiver()
    const duplicates = await run(webhookTo(receiver.url), [firing, firing, firing])
    expect(duplicates).toEqual({ acked: ['m0', 'm1', 'm2'], retried: [] })
    expect(await run(webhookTo(receiver.url), [firing], 2)).toEqual({ acked: ['m0'], retried: [] })
    expect(await receiver.received()).toHaveLength(1)
    expect(ledger.states).toEqual(['delivered'])
  })

  it('delivers one message to each of its channels', async () => {
    const receivers: Record<string, Receiver> = { ops: new Receiver(), duty: new Receiver() }
    const channelOf = ({ channel }: { channel: string }) => webhookTo(receivers[channel]?.url ?? '', { name: channel })
    await consumed([firing, { ...firing, channel: 'duty' }], (batch) =>
      consumeAlerts(batch, delivery(undefined, { channelOf })),
    )
    for (const receiver of Object.values(receivers)) expect(await receiver.received()).toHaveLength(1)
  })

  it('delivers exactly once, under one id, to a receiver that fails twice', async () => {
    const receiver = await new Receiver().answers({ status: 500 }, { status: 502 }, { status: 200 })
    const channel = webhookTo(receiver.url)
    expect(await run(channel, [firing], 1)).toEqual({ acked: [], retried: [{ id: 'm0', delaySeconds: 3 }] })
    expect(await run(channel, [firing], 2)).toEqual({ acked: [], retried: [{ id: 'm0', delaySeconds: 5 }] })
    expect(await run(channel, [firing], 3)).toEqual({ acked: ['m0'], retried: [] })
    expect(await run(channel, [firing], 4)).toEqual({ acked: ['m0'], retried: [] })
    const ids = (await receiver.received()).map(({ headers }) => headers['webhook-id'])
    expect(ids).toEqual([firing.id, firing.id, firing.id])
    expect(ledger.records.map(({ state, attempts, reason }) => [state, attempts, reason])).toEqual([
      ['retrying', 1, 'answered 500'],
      ['retrying', 2, 'answered 502'],
      ['delivered', 3, null],
    ])
  })

  it('honours the Retry-After of the receiver', async () => {
    const receiver = await new Receiver().answers({ status: 429, headers: { 'retry-after': '77' } })
    expect((await run(webhookTo(receiver.url), [firing])).retried).toEqual([{ id: 'm0', delaySeconds: 77 }])
  })

  it('times out on a receiver that hangs and still delivers to the others', async () => {
    const hanging = await new Receiver().answers({})
    const well = new Receiver()
    const io = testIo({ timeoutMs: 3_000 })
    const channelOf = ({ channel }: { channel: string }) => webhookTo(channel === 'ops' ? well.url : hanging.url)
    const bodies = [1, 2, 3, 4, 5, 6].map((i) => ({ ...firing, id: `hangs-${i}`, channel: 'slow' }))
    const result = await consumed([...bodies, firing], (batch) =>
      consumeAlerts(batch, delivery(undefined, { channelOf, io })),
    )
    expect(result.acked).toEqual(['m6'])
    expect(result.retried).toHaveLength(6)
    expect(ledger.records.filter(({ reason }) => reason === 'no answer within 3 s')).toHaveLength(6)
  })

  it('disables a channel whose receiver is gone, until its receiver changes', async () => {
    const gone = await new Receiver().answers({ status: 410 })
    const moved = new Receiver()
    const later = { ...firing, id: 'later' }
    expect(await run(webhookTo(gone.url), [firing])).toEqual({ acked: ['m0'], retried: [] })
    expect(await run(webhookTo(gone.url), [later])).toEqual({ acked: ['m0'], retried: [] })
    expect(await gone.received()).toHaveLength(1)
    expect(ledger.records.map(({ id, state, attempts }) => [id, state, attempts])).toEqual([
      [firing.id, 'disabled', 1],
      ['later', 'disabled', 0],
    ])
    await run(webhookTo(moved.url), [{ ...firing, id: 'moved' }])
    expect(await moved.received()).toHaveLength(1)
  })

  it.each([
    ['a receiver that refuses it', 400, 'answered 400'],
    ['a receiver that redirects it', 302, 'redirected (302), which is not followed'],
  ])('records a message as lost, without a retry, after %s', async (_, status, reason) => {
    const receiver = await new Receiver().answers({ status })
    expect(await run(webhookTo(receiver.url), [firing])).toEqual({ acked: ['m0'], retried: [] })
    expect(ledger.records).toMatchObject([{ state: 'lost', reason }])
    expect(logged('alert_lost')).toMatchObject([{ level: 'error', room: 'shop', channel: 'ops', id: firing.id }])
  })

  it('records messages to a removed channel as lost', async () => {
    expect(await run(undefined, [firing])).toEqual({ acked: ['m0'], retried: [] })
    expect(ledger.records).toMatchObject([{ state: 'lost', reason: 'the channel is not in the settings' }])
  })

  it('retries the message, without sending it, while the ledger is unreachable', async () => {
    const receiver = new Receiver()
    ledger.failures = 1
    expect(await run(webhookTo(receiver.url), [firing])).toEqual({
      acked: [],
      retried: [{ id: 'm0', delaySeconds: 3 }],
    })
    expect(await receiver.received()).toEqual([])
    expect(logged('alert_failed')).toHaveLength(1)
  })

  it('does not resend a delivered message that could not be recorded', async () => {
    const receiver = new Receiver()
    const failing = Object.assign(new MemoryLedger(), { recordDelivery: () => Promise.reject(new Error('hidden')) })
    const result = await consumed([firing], (batch) =>
      consumeAlerts(batch, delivery(webhookTo(receiver.url), { ledger: () => failing })),
    )
    expect(result).toEqual({ acked: ['m0'], retried: [] })
    expect(logged('alert_unrecorded')).toMatchObject([{ state: 'delivered' }])
  })

  it('retries a failed record', async () => {
    const receiver = new Receiver()
    const flaky = new MemoryLedger()
    const begin = flaky.beginDelivery.bind(flaky)
    flaky.beginDelivery = async (...turn) => {
      const answer = await begin(...turn)
      flaky.failures = 2
      return answer
    }
    await consumed([firing], (batch) =>
      consumeAlerts(batch, delivery(webhookTo(receiver.url), { ledger: () => flaky })),
    )
    expect(flaky.states).toEqual(['delivered'])
  })

  it('drops a malformed message, with a log line that does not quote it', async () => {
    const receiver = new Receiver()
    const shapes = [null, 'hidden', {}, { ...firing, channel: '../hidden' }, { ...firing, kind: 'hidden' }]
    expect((await run(webhookTo(receiver.url), [...shapes, firing])).acked).toHaveLength(6)
    expect(logged('alert_unknown_shape')).toHaveLength(5)
    expect(await receiver.received()).toHaveLength(1)
  })

  it('handles the rest of a batch when one message hits a bug', async () => {
    const receiver = new Receiver()
    const channelOf = ({ channel }: { channel: string }) => {
      if (channel === 'worse') throw new Error('hidden')
      return webhookTo(receiver.url, channel === 'bad' ? { secrets: ['whsec_hidden!'] } : {})
    }
    const bodies = [{ ...firing, channel: 'bad' }, { ...firing, channel: 'worse' }, firing]
    const result = await consumed(bodies, (batch) => consumeAlerts(batch, delivery(undefined, { channelOf })))
    expect(result).toMatchObject({ acked: ['m2'], retried: [{ id: 'm0' }, { id: 'm1' }] })
    expect(await receiver.received()).toHaveLength(1)
  })

  it('delivers a push of figures through the channel of the caller', async () => {
    const receiver = new Receiver()
    await run(webhookTo(receiver.url, { name: 'stats-push' }), [stats])
    expect(JSON.parse((await receiver.received())[0]?.body ?? '')).toMatchObject({ type: 'waiting-room.stats' })
    expect(ledger.records).toMatchObject([{ channel: 'stats-push', state: 'delivered' }])
  })
})

describe('the dead-letter queue of "alerts"', () => {
  const runDead = (bodies: readonly unknown[]) =>
    consumed(bodies, (batch) => consumeDeadAlerts(batch, delivery(webhookTo('https://hooks.example.com/'))))

  it('records and logs the loss', async () => {
    expect(await runDead([firing, 'hidden'])).toEqual({ acked: ['m0', 'm1'], retried: [] })
    expect(ledger.records).toEqual([
      { id: firing.id, channel: 'ops', state: 'lost', attempts: 13, reason: 'given up after all retries' },
    ])
    expect(logged('alert_lost')).toMatchObject([{ level: 'error', error: 'given up after all retries' }])
  })

  it('does not record as lost a message that a duplicate delivered', async () => {
    const receiver = new Receiver()
    await run(webhookTo(receiver.url), [firing])
    await runDead([firing])
    expect(ledger.states).toEqual(['delivered'])
  })

  it('retries the message while the loss cannot be recorded', async () => {
    ledger.failures = 1
    expect(await runDead([firing])).toMatchObject({ acked: [], retried: [{ id: 'm0' }] })
  })
})
