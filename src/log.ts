/**
 * Structured logs: one JSON line per event, which Workers Logs can filter by its fields. Never a token, cookie or address.
 * Errors are what an operator must look into, and go to the reporter as well; what is expected to happen (a call that is
 * made again, an origin that is down) is a warning.
 */
import { RARE_WARNING_MS, RARE_WARNINGS_MAX } from './limits.ts'
import { keep } from './memory.ts'
import type { Reporter, ReportTime } from './reporter/reporter.ts'
import { errorText } from './reporter/scrub.ts'

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

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

/** When a warning was last logged, by its text. */
const lastLogged = new Map<string, number>()

/** A warning that each of many requests may give: the same one at most once a minute in each isolate. */
export function logWarningRarely(event: string, fields: LogFields = {}): void {
  const text = line('warning', event, fields)
  const nowMs = Date.now()
  if (nowMs - (lastLogged.get(text) ?? 0) < RARE_WARNING_MS) return
  keep(lastLogged, RARE_WARNINGS_MAX, text, nowMs)
  console.warn(text)
}

export function logError(event: string, error: unknown, fields: LogFields = {}, when: ReportTime = 'now'): void {
  console.error(line('error', event, { ...fields, error: errorText(error) }))
  reporter?.report(event, error, fields, when)
}

function line(level: 'warning' | 'error', event: string, fields: LogFields): string {
  return JSON.stringify({ level, event, ...fields })
}
