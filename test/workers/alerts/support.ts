/**
 * What the tests of deliveries share: messages, a ledger in memory, a real receiver, and what was logged.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { inject, vi } from 'vitest'
import type { DeliveryIo } from '../../../src/alerts/deliver.ts'
import type { DeliveryLedger, DeliveryRecord, DeliveryTurn } from '../../../src/alerts/ledger.ts'
import type { AlertMessage } from '../../../src/alerts/message.ts'
import type { WebhookChannel } from '../../../src/settings/channels.ts'
import type { Answer, ReceivedRequest } from './receiver-contract.ts'

let receivers = 0

/** A receiver of its own on the real HTTP server that runs beside the tests: answers as told, the last answer for good. */
export class Receiver {
  private readonly id = `r${receivers++}-${Math.random().toString(36).slice(2)}`

  /** Has a part that must not be seen anywhere. */
  readonly url = `${inject('receivers')}/hook/${this.id}/hidden-part-of-the-url`

  async answers(...answers: Answer[]): Promise<this> {
    await fetch(`${inject('receivers')}/script/${this.id}`, { method: 'POST', body: JSON.stringify(answers) })
    return this
  }

  async received(): Promise<ReceivedRequest[]> {
    return (await fetch(`${inject('receivers')}/received/${this.id}`)).json()
  }

  /** How many of its connections are open. */
  async open(): Promise<number> {
    return (await fetch(`${inject('receivers')}/open/${this.id}`)).json()
  }
}

/** Two secrets of 32 bytes, as an operator has them during a rotation. */
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
    timeoutMs: 5_000,
    ...changes,
  }
}

/** Does what the room's object is to do, in memory. */
export class MemoryLedger implements DeliveryLedger {
  readonly records: DeliveryRecord[] = []
  /** So many of the next calls fail, as if the object was out of reach. */
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

/** Hands messages to a consumer as the queue does; tells what it did with them. */
export async function consumed(
  bodies: readonly unknown[],
  consume: (batch: MessageBatch) => Promise<void>,
  attempts = 1,
) {
  const messages = bodies.map((body, i) => ({ id: `m${i}`, timestamp: new Date(), attempts, body }))
  const batch = createMessageBatch('waiting-room-alerts', messages)
  // The pause is not part of the result, so the calls are listened to.
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

/** Takes the log's lines until the test ends. */
export function logLines(): string[] {
  const lines: string[] = []
  for (const level of ['warn', 'error', 'log', 'info'] as const) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => void lines.push(parts.map(String).join(' ')))
  }
  return lines
}
