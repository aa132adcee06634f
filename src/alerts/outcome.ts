/**
 * The outcome of one delivery attempt, and the delay before the next. Reasons are fixed texts: a
 * receiver's answer or an error may contain an address or a secret, so neither is ever quoted.
 */

/** A longer `Retry-After` is cut to this: an alert that is hours old helps nobody. */
const RETRY_AFTER_MAX_SECONDS = 3_600

/** Upper bounds of the delay: of the first one, and of any. Each retry doubles the bound. */
const BACK_OFF_BASE_SECONDS = 5
const BACK_OFF_MAX_SECONDS = 900

export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  /** `afterSeconds`: the receiver's `Retry-After`, bounded; null: it sent none. */
  | { readonly kind: 'retry'; readonly afterSeconds: number | null; readonly reason: string }
  /** The receiver is gone permanently, so the channel is disabled. */
  | { readonly kind: 'disabled'; readonly reason: string }
  /** A retry would fail in the same way, so the message is lost. */
  | { readonly kind: 'refused'; readonly reason: string }

/** 4xx statuses that are temporary: request timeout, too early, too many requests. */
const TEMPORARY_STATUSES = [408, 425, 429]

export function outcomeOfAnswer(status: number, retryAfter: string | null, nowMs: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status >= 300 && status < 400) return { kind: 'refused', reason: `redirected (${status}), which is not followed` }
  const reason = `answered ${status}`
  if (status === 410) return { kind: 'disabled', reason }
  if (status >= 500 || TEMPORARY_STATUSES.includes(status)) {
    return { kind: 'retry', afterSeconds: retryAfterSeconds(retryAfter, nowMs), reason }
  }
  return { kind: 'refused', reason }
}

/**
 * `Retry-After` (RFC 9110, section 10.2.3) in seconds, from 0 to an hour; null: absent or
 * unreadable.
 */
export function retryAfterSeconds(value: string | null, nowMs: number): number | null {
  const text = value?.trim() ?? ''
  // A date contains letters. `Date.parse` alone would read "-1" or "1.5" as a year.
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : /[A-Za-z]/.test(text)
      ? (Date.parse(text) - nowMs) / 1000
      : Number.NaN
  return Number.isNaN(seconds) ? null : Math.min(Math.max(Math.ceil(seconds), 0), RETRY_AFTER_MAX_SECONDS)
}

/**
 * The delay before the next attempt in whole seconds, at least 1: exponential with full jitter, so
 * that receivers that were down together are not retried together.
 * @param attempt the number of the failed attempt, from 1
 * @param random 0 to 1
 * @param retryAfterSeconds the receiver's `Retry-After`, a lower bound
 */
export function backOffSeconds(attempt: number, random: number, retryAfterSeconds: number | null): number {
  const limit = Math.min(BACK_OFF_MAX_SECONDS, BACK_OFF_BASE_SECONDS * 2 ** (attempt - 1))
  return Math.max(1, Math.ceil(limit * random), retryAfterSeconds ?? 0)
}
