/**
 * How a try to deliver went, and what a receiver's answer means. Reasons are our own words: nothing of an answer or an error
 * is repeated, since either may contain an address or a secret.
 */
import { RETRY_AFTER_MAX_SECONDS } from './limits.ts'

export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  /** `afterSeconds`: what the receiver asked for, bounded; null: nothing. */
  | { readonly kind: 'retry'; readonly afterSeconds: number | null; readonly reason: string }
  /** The receiver is gone for good: nothing more is sent there. */
  | { readonly kind: 'disabled'; readonly reason: string }
  /** Another try would end the same way: this message is lost. */
  | { readonly kind: 'refused'; readonly reason: string }

/** 4xx that say "not now": time-out, too early, too many. */
const PASSING_STATUSES = [408, 425, 429]

export function outcomeOfAnswer(status: number, retryAfter: string | null, nowMs: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status >= 300 && status < 400) return { kind: 'refused', reason: `redirected (${status}), which is not followed` }
  const reason = `answered ${status}`
  if (status === 410) return { kind: 'disabled', reason }
  if (status >= 500 || PASSING_STATUSES.includes(status)) {
    return { kind: 'retry', afterSeconds: retryAfterSeconds(retryAfter, nowMs), reason }
  }
  return { kind: 'refused', reason }
}

/** `Retry-After` in seconds, 0 to an hour, from a number or an HTTP date (RFC 9110, section 10.2.3); null: none, or unreadable. */
export function retryAfterSeconds(value: string | null, nowMs: number): number | null {
  const text = value?.trim() ?? ''
  // A date has letters: `Date.parse` would read "-1" or "1.5" as a year.
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : /[A-Za-z]/.test(text)
      ? (Date.parse(text) - nowMs) / 1000
      : Number.NaN
  return Number.isNaN(seconds) ? null : Math.min(Math.max(Math.ceil(seconds), 0), RETRY_AFTER_MAX_SECONDS)
}
