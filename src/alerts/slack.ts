/**
 * The message of a Slack incoming webhook: blocks, and `text` for notifications.
 */
import { type AlertNotice, detailsOf, titleOf } from './alert-words.ts'
import type { HttpMessage } from './webhook.ts'

/** Slack refuses longer headers. */
const HEADER_MAX_CHARS = 150

export function slackMessage(notice: AlertNotice): HttpMessage {
  const title = titleOf(notice)
  const fields = detailsOf(notice).map(([label, value]) => ({
    type: 'mrkdwn',
    text: `*${label}*\n${escaped(value)}`,
  }))
  const body = JSON.stringify({
    text: escaped(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: title.slice(0, HEADER_MAX_CHARS), emoji: false } },
      { type: 'section', fields },
      { type: 'context', elements: [{ type: 'plain_text', text: `Message ${notice.id}`, emoji: false }] },
    ],
  })
  return { headers: { 'content-type': 'application/json' }, body }
}

/** The three characters that Slack reads as its own, so that no name can call a whole channel or show a false link. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
