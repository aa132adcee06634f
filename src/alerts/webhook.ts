/**
 * The request of a webhook, as Standard Webhooks describes it (https://www.standardwebhooks.com).
 */
import { Webhook } from 'standardwebhooks'
import type { AlertMessage } from './alert-message.ts'

/** What is posted; the receiver's URL is added by who sends it. */
export interface HttpMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * @param secrets `whsec_` and base64; each one signs, and the receiver accepts any
 * @param nowMs the time of this very try: receivers refuse what is older than a few minutes
 */
export function webhookMessage(message: AlertMessage, secrets: readonly string[], nowMs: number): HttpMessage {
  const body = JSON.stringify({
    type: message.kind === 'stats' ? 'waiting-room.stats' : `waiting-room.alert.${message.kind}`,
    timestamp: new Date(message.atMs).toISOString(),
    data: dataOf(message),
  })
  const now = new Date(nowMs)
  return {
    headers: {
      'content-type': 'application/json',
      'webhook-id': message.id,
      'webhook-timestamp': String(Math.floor(nowMs / 1000)),
      'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(message.id, now, body)).join(' '),
    },
    body,
  }
}

function dataOf(message: AlertMessage): object {
  if (message.kind === 'stats') return { room: message.room, figures: message.figures }
  const { room, rule, metric, bound, threshold, value } = message
  return { room, rule, metric, bound, threshold, value }
}
