/**
 * Requests for receivers that are called over HTTP: Standard Webhooks
 * (https://www.standardwebhooks.com) and Slack.
 */
import { Webhook } from 'standardwebhooks'
import { type AlertMessage, type AlertNotice, detailsOf, titleOf } from './message.ts'

/** Headers and body of a POST request, without its URL. */
export interface HttpMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * @param secrets `whsec_` and base64; each one signs, and the receiver accepts any of them
 * @param nowMs the time of this attempt: receivers reject timestamps that are older than a few
 * minutes
 */
export function webhookMessage(message: AlertMessage, secrets: readonly string[], nowMs: number): HttpMessage {
  const body = JSON.stringify({
    type: message.kind === 'stats' ? 'waiting-room.stats' : `waiting-room.alert.${message.kind}`,
    timestamp: new Date(message.atMs).toISOString(),
    data: webhookData(message),
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

function webhookData(message: AlertMessage): object {
  if (message.kind === 'stats') return { room: message.room, figures: message.figures }
  const { room, rule, metric, bound, threshold, value, event } = message
  const about = event && { event: { name: event.name, at: new Date(event.atMs).toISOString() } }
  return { room, rule, metric, bound, threshold, value, ...about }
}

/** Slack rejects longer headers. */
const SLACK_HEADER_MAX_CHARS = 150

/**
 * A message for a Slack incoming webhook. Slack uses `text` for notifications and `blocks` for
 * display.
 */
export function slackMessage(notice: AlertNotice): HttpMessage {
  const title = titleOf(notice)
  const fields = detailsOf(notice).map(([label, value]) => ({
    type: 'mrkdwn',
    text: `*${label}*\n${escapeSlack(value)}`,
  }))
  const body = JSON.stringify({
    text: escapeSlack(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title.slice(0, SLACK_HEADER_MAX_CHARS), emoji: false } },
      { type: 'section', fields },
      { type: 'context', elements: [{ type: 'plain_text', text: `Message ${notice.id}`, emoji: false }] },
    ],
  })
  return { headers: { 'content-type': 'application/json' }, body }
}

/**
 * Escapes Slack's three control characters, so that a name can neither mention a whole channel nor
 * fake a link.
 */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
