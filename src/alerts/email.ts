/** Sends an alert as mail, through the `send_email` binding. */
import { createMimeMessage } from 'mimetext/browser'
import type { EmailChannel } from '../settings/channels.ts'
import { type AlertNotice, detailsOf, titleOf } from './message.ts'
import type { DeliveryOutcome } from './outcome.ts'

/** Error codes of the platform that a retry cannot fix. */
const PERMANENT_CODES = new Set([
  'E_VALIDATION_ERROR',
  'E_FIELD_MISSING',
  'E_CONTENT_TOO_LARGE',
  'E_SENDER_NOT_VERIFIED',
  'E_SENDER_DOMAIN_NOT_AVAILABLE',
  'E_RECIPIENT_NOT_ALLOWED',
  'E_RECIPIENT_SUPPRESSED',
])

/** RFC 2045: the longest line of an encoded body. */
const LINE_MAX_CHARS = 76

/** @param binding null: the deployment has no `send_email` binding */
export async function sendMail(
  notice: AlertNotice,
  channel: EmailChannel,
  binding: SendEmail | null,
): Promise<DeliveryOutcome> {
  if (binding === null) return { kind: 'refused', reason: 'mail needs a send_email binding named EMAIL' }
  try {
    // A static import would keep the Worker from starting on a runtime without this module.
    const { EmailMessage } = await import('cloudflare:email')
    await binding.send(new EmailMessage(channel.from, channel.to, mimeOf(notice, channel)))
    return { kind: 'delivered' }
  } catch (error) {
    const code = codeOf(error)
    const reason = code === null ? 'mail could not be sent' : `mail could not be sent (${code})`
    return code !== null && PERMANENT_CODES.has(code)
      ? { kind: 'refused', reason }
      : { kind: 'retry', afterSeconds: null, reason }
  }
}

/**
 * The mail as RFC 5322 text. Every attempt has the same `Message-ID`, so that mailboxes can
 * deduplicate.
 */
export function mimeOf(notice: AlertNotice, channel: EmailChannel): string {
  const mail = createMimeMessage()
  const title = titleOf(notice)
  const lines = [title, '', ...detailsOf(notice).map(([label, value]) => `${label}: ${value}`)]
  const body = mail.toBase64(lines.join('\r\n'))
  mail.setSender({ addr: channel.from })
  mail.setTo({ addr: channel.to })
  mail.setSubject(title)
  mail.setHeader('Message-ID', `<${notice.id.replaceAll('.', '-')}@${channel.from.split('@')[1]}>`)
  mail.setHeader('Date', new Date(notice.atMs).toUTCString().replace('GMT', '+0000'))
  mail.addMessage({
    contentType: 'text/plain',
    encoding: 'base64',
    data: body.replace(new RegExp(`.{${LINE_MAX_CHARS}}`, 'g'), '$&\r\n'),
  })
  return mail.asRaw()
}

/** The code of an error, never its text, which may contain addresses. */
function codeOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' && /^E_[A-Z_]{1,60}$/.test(code) ? code : null
}
