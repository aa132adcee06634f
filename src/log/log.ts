/**
 * Structured logs: one JSON line per event, which Workers Logs filters by field. A line never
 * contains a token, cookie or address. An error needs an operator's attention and also goes to the
 * reporter. An expected event, such as a retried call or an origin that is down, is a warning.
 */

import { cacheSet } from '../cache.ts'
import { REPEATED_WARNING_MS, REPEATED_WARNINGS_KEPT_MAX } from '../limits.ts'
import type { LogFields, Reporter, ReportTime } from './reporter.ts'
import { errorText } from './scrub.ts'

/** One per isolate. */
let reporter: Reporter | null = null

/** Null: errors are only logged. */
export function reportErrorsTo(next: Reporter | null): void {
  reporter = next
}

export function hasReporter(): boolean {
  return reporter !== null
}

/** Called by an object at its start: sends the errors that made objects of this isolate abort. */
export function sendHeldReports(): void {
  reporter?.sendHeld()
}

export function logWarning(event: string, fields: LogFields = {}): void {
  console.warn(line('warning', event, fields))
}

/** Time of the last warning, by event and subject. */
const loggedAtMs = new Map<string, number>()

/**
 * Logs a warning that any request may cause, at most once per `REPEATED_WARNING_MS` and subject in
 * this isolate.
 * @param subject what the warning is about; clients must not be able to choose it freely, or they
 * could fill the log
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
