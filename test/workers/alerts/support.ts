/**
 * Support for delivery tests: messages, an in-memory ledger, a real receiver, and captured logs.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { inject, vi } from 'vitest'
import type { DeliveryIo } from '../../../src/alerts/deliver.ts'
import type { DeliveryLedger, DeliveryRecord, DeliveryTurn } from '../../../src/alerts/ledger.ts'
import type { AlertMessage } from '../../../src/alerts/message.ts'
import type { WebhookChannel } from '../../../src/settings/channels.ts'
import type { Answer, ReceivedRequest } from './receiver-contract.ts'

let receivers = 0

/** A receiver on the real HTTP server that runs beside the tests. Repeats its last answer. */
export class Receiver {
  private readonly id = `r${receivers++}-${Math.random().toString(36).slice(2)}`

  /** Contains a part that must never be revealed. */
  readonly url = `${inject('receivers')}/hook/${this.id}/hidden-part-of-the-url`

  async answers(...answers: Answer[]): Promise<this> {
    await fetch(`${inject('receivers')}/script/${this.id}`, { method: 'POST', body: JSON.stringify(answers) })
    return this
  }

  async received(): Promise<ReceivedRequest[]> {
    return (await fetch(`${inject('receivers')}/received/${this.id}`)).json()
  }

  /** The number of open connections. */
  async open(): Promise<number> {
    return (await fetch(`${inject('receivers')}/open/${this.id}`)).json()
  }
}

/** Two secrets of 32 bytes, as during a rotation. */
export const NEW_SECRET = `whsec_${btoa('a new secret of thirty-two bytes')}`
export const OLD_SECRET = `whsec_${btoa('an old one, thirty-two bytes too')}`

export function webhookTo(url: string, changes: Partial<WebhookChannel> = {}): WebhookChannel {
  return { name: 'ops', type: 'webhook', url, secrets: [NEW_SECRET], ...changes }
}

export const firing = {
  id: 'shop-crowd-1-firing-ops',
  room: 'shop',
  channel: 'ops',
  atMs: Date.UTC(2026, 4, 1, 12, 0, 0),
  kind: 'firing',
  rule: 'crowd',
  metric: 'waiting',
  bound: 'above',
  threshold: 500,
  value: 612,
} as const satisfies AlertMessage

export const stats = {
  id: 'shop-stats-29630160',
  room: 'shop',
  channel: 'stats-push',
  atMs: Date.UTC(2026, 4, 1, 12, 0, 0),
  kind: 'stats',
  figures: { active: 100, waiting: 612, waitSecondsP90: null, mode: 'open' },
} as const satisfies AlertMessage

export function testIo(changes: Partial<DeliveryIo> = {}): DeliveryIo {
  return {
    fetch: (url, init) => fetch(url, init),
    email: null,
    nowMs: () => Date.now(),
    random: () => 0.5,
    timeoutMs: 60_000,
    ...changes,
  }
}

/** The ledger of a room's object, in memory. */
export class MemoryLedger implements DeliveryLedger {
  readonly records: DeliveryRecord[] = []
  /** The number of next calls that fail, as if the object was unreachable. */
  failures = 0
  private readonly disabled = new Map<string, string>()

  async beginDelivery(id: string, channel: string, receiver: string): Promise<DeliveryTurn> {
    this.mayFail()
    if (this.records.some((record) => record.id === id && record.channel === channel && isOver(record))) return 'done'
    return this.disabled.get(channel) === receiver ? 'disabled' : 'send'
  }

  async recordDelivery(record: DeliveryRecord, receiver: string): Promise<void> {
    this.mayFail()
    this.records.push(record)
    if (record.state === 'disabled') this.disabled.set(record.channel, receiver)
  }

  get states(): string[] {
    return this.records.map(({ state }) => state)
  }

  private mayFail(): void {
    if (this.failures === 0) return
    this.failures--
    throw new Error('the object is out of reach')
  }
}

function isOver({ state }: DeliveryRecord): boolean {
  return state === 'delivered' || state === 'lost'
}

/** Passes messages to a consumer as the queue does, and returns what became of them. */
export async function consumed(
  bodies: readonly unknown[],
  consume: (batch: MessageBatch) => Promise<void>,
  attempts = 1,
) {
  const messages = bodies.map((body, i) => ({ id: `m${i}`, timestamp: new Date(), attempts, body }))
  const batch = createMessageBatch('waiting-room-alerts', messages)
  // The result does not contain the delay, so the calls are spied on.
  const pauses = batch.messages.map((message) => vi.spyOn(message, 'retry'))
  await consume(batch)
  const result = await getQueueResult(batch, createExecutionContext())
  return {
    acked: result.explicitAcks.toSorted(),
    retried: result.retryMessages.map(({ msgId }) => ({
      id: msgId,
      delaySeconds: pauses[Number(msgId.slice(1))]?.mock.lastCall?.[0]?.delaySeconds,
    })),
  }
}

/** Captures log lines until the test ends. */
export function logLines(): string[] {
  const lines: string[] = []
  for (const level of ['warn', 'error', 'log', 'info'] as const) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => void lines.push(parts.map(String).join(' ')))
  }
  return lines
}
