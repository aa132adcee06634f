/**
 * How long to wait before the next try: exponential with full jitter, so that receivers that were down together are not
 * hit together.
 */
import { BACK_OFF_BASE_SECONDS, BACK_OFF_MAX_SECONDS } from './limits.ts'

/**
 * Whole seconds, at least 1.
 * @param attempt the try that has just failed, from 1
 * @param random 0 to 1
 * @param retryAfterSeconds what the receiver asked for; never less is waited
 */
export function backOffSeconds(attempt: number, random: number, retryAfterSeconds: number | null): number {
  const limit = Math.min(BACK_OFF_MAX_SECONDS, BACK_OFF_BASE_SECONDS * 2 ** (attempt - 1))
  return Math.max(1, Math.ceil(limit * random), retryAfterSeconds ?? 0)
}
