/**
 * Structured logs: one JSON line per event, which Workers Logs can filter by its fields. Never a token, cookie or address.
 * Errors are what an operator must look into, and go to the reporter as well; what is expected to happen (a call that is
 * made again, an origin that is down) is a warning.
 */

import { cacheSet } from '../cache.ts'
import { REPEATED_WARNING_MS, REPEATED_WARNINGS_KEPT_MAX } from '../limits.ts'
import type { LogFields, Reporter, ReportTime } from './reporter.ts'
import { errorText } from './scrub.ts'

/** Of this isolate, the same for all events. */
let reporter: Reporter | null = null

/** Called once, when the code starts; null: errors are only logged. */
export function reportErrorsTo(next: Reporter | null): void {
  reporter = next
}

/** For an object that starts: tells of what made an object of this isolate abort. */
export function sendHeldReports(): void {
  reporter?.sendHeld()
}

export function logWarning(event: string, fields: LogFields = {}): void {
  console.warn(line('warning', event, fields))
}

/** When each repeated warning was last logged, by event and subject. */
const loggedAtMs = new Map<string, number>()

/**
 * Logs a warning that every request may cause, once per `REPEATED_WARNING_MS` for each subject in this isolate. `subject`: what the
 * warning is about. Clients must not be able to choose it freely, or they fill the log.
 */
export function logRepeatedWarning(event: string, subject: string, fields: LogFields = {}): void {
  const key = `${event} ${subject}`
  const nowMs = Date.now()
  const lastMs = loggedAtMs.get(key)
  // A clock that was set back must not silence the warning.
  if (lastMs !== undefined && nowMs >= lastMs && nowMs - lastMs < REPEATED_WARNING_MS) return
  cacheSet(loggedAtMs, REPEATED_WARNINGS_KEPT_MAX, key, nowMs)
  logWarning(event, fields)
}

export function logError(event: string, error: unknown, fields: LogFields = {}, when: ReportTime = 'now'): void {
  console.error(line('error', event, { ...fields, error: errorText(error) }))
  reporter?.report(event, error, fields, when)
}

function line(level: 'warning' | 'error', event: string, fields: LogFields): string {
  return JSON.stringify({ level, event, ...fields })
}
