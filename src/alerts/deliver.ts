/**
 * One attempt to deliver one message through one channel. Never throws for anything that a receiver
 * does.
 */
import type { Channel } from '../settings/channels.ts'
import { sendMail } from './email.ts'
import { type HttpMessage, slackMessage, webhookMessage } from './http-messages.ts'
import type { AlertMessage } from './message.ts'
import { type DeliveryOutcome, outcomeOfAnswer } from './outcome.ts'

/** Bounds the whole exchange with a receiver. */
const DELIVERY_TIMEOUT_MS = 10_000

/** The I/O of a delivery. Tests pass their own. */
export interface DeliveryIo {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Null: the deployment cannot send mail. */
  readonly email: SendEmail | null
  readonly nowMs: () => number
  /** 0 to 1, for the jitter of the back-off. */
  readonly random: () => number
  /** Bounds the whole exchange with a receiver. */
  readonly timeoutMs: number
}

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
  return withTimeout(sendMail(message, channel, io.email), io.timeoutMs)
}

async function post(url: string, message: HttpMessage, io: DeliveryIo): Promise<DeliveryOutcome> {
  const signal = AbortSignal.timeout(io.timeoutMs)
  try {
    const response = await io.fetch(url, {
      method: 'POST',
      headers: { ...message.headers, 'user-agent': 'edge-waiting-room' },
      body: message.body,
      // A redirect would bypass the rules for receivers' addresses.
      redirect: 'manual',
      signal,
    })
    // The body is never read: none of it may be shown or logged.
    response.body?.cancel().catch(() => {})
    return outcomeOfAnswer(response.status, response.headers.get('retry-after'), io.nowMs())
  } catch {
    return signal.aborted
      ? timedOut(io.timeoutMs)
      : { kind: 'retry', afterSeconds: null, reason: 'could not be reached' }
  }
}

/**
 * The mail binding cannot be cancelled, so a slow mail may be sent twice, with the same
 * `Message-ID`.
 */
async function withTimeout(sending: Promise<DeliveryOutcome>, timeoutMs: number): Promise<DeliveryOutcome> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const timeout = new Promise<DeliveryOutcome>((resolve) => {
    timer = setTimeout(() => resolve(timedOut(timeoutMs)), timeoutMs)
  })
  try {
    return await Promise.race([sending, timeout])
  } finally {
    clearTimeout(timer)
  }
}

function timedOut(timeoutMs: number): DeliveryOutcome {
  return { kind: 'retry', afterSeconds: null, reason: `no answer within ${timeoutMs / 1000} s` }
}
