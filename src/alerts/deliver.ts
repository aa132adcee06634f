/**
 * One try to deliver one message by one channel. Never throws for what a receiver does.
 */
import type { AlertMessage } from './alert-message.ts'
import type { Channel } from './channels.ts'
import { type DeliveryOutcome, outcomeOfAnswer } from './delivery-outcome.ts'
import { sendMail } from './email.ts'
import { DELIVERY_TIMEOUT_MS } from './limits.ts'
import { slackMessage } from './slack.ts'
import { type HttpMessage, webhookMessage } from './webhook.ts'

/** What a delivery needs of the world; tests pass their own. */
export interface DeliveryIo {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Null: the deployment cannot send mail. */
  readonly email: SendEmail | null
  readonly nowMs: () => number
  /** 0 to 1, for the jitter of pauses. */
  readonly random: () => number
  /** For the whole exchange with a receiver. */
  readonly timeoutMs: number
}

/** The io of a deployment. */
export function platformIo(email: SendEmail | null): DeliveryIo {
  return {
    fetch: (url, init) => fetch(url, init),
    email,
    nowMs: () => Date.now(),
    random: () => Math.random(),
    timeoutMs: DELIVERY_TIMEOUT_MS,
  }
}

export async function deliver(message: AlertMessage, channel: Channel, io: DeliveryIo): Promise<DeliveryOutcome> {
  if (channel.type === 'webhook') {
    return post(channel.url, webhookMessage(message, channel.secrets, io.nowMs()), io)
  }
  if (message.kind === 'stats') return { kind: 'refused', reason: 'figures are pushed to webhooks only' }
  if (channel.type === 'slack') return post(channel.url, slackMessage(message), io)
  return withinTime(sendMail(message, channel, io.email), io.timeoutMs)
}

async function post(url: string, message: HttpMessage, io: DeliveryIo): Promise<DeliveryOutcome> {
  const signal = AbortSignal.timeout(io.timeoutMs)
  try {
    const response = await io.fetch(url, {
      method: 'POST',
      headers: { ...message.headers, 'user-agent': 'edge-waiting-room' },
      body: message.body,
      // Followed redirects would lead past the rules for receivers' addresses.
      redirect: 'manual',
      signal,
    })
    // Whatever the receiver has to say is not read: not one byte of it could be shown or logged.
    response.body?.cancel().catch(() => {})
    return outcomeOfAnswer(response.status, response.headers.get('retry-after'), io.nowMs())
  } catch {
    return signal.aborted
      ? timedOut(io.timeoutMs)
      : { kind: 'retry', afterSeconds: null, reason: 'could not be reached' }
  }
}

/** The mail binding cannot be called off: a mail that is late may be sent twice, under the same `Message-ID`. */
async function withinTime(sending: Promise<DeliveryOutcome>, timeoutMs: number): Promise<DeliveryOutcome> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<DeliveryOutcome>((resolve) => {
    timer = setTimeout(() => resolve(timedOut(timeoutMs)), timeoutMs)
  })
  try {
    return await Promise.race([sending, late])
  } finally {
    clearTimeout(timer)
  }
}

function timedOut(timeoutMs: number): DeliveryOutcome {
  return { kind: 'retry', afterSeconds: null, reason: `no answer within ${timeoutMs / 1000} s` }
}
