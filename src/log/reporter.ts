/**
 * Reports errors to an external service, in addition to the log. Reports are bounded in number and
 * never awaited, and a failed report never affects the code that met the error. This module decides
 * what is reported, how often and when; the sender decides where it goes.
 */
import { ageMs } from '../core/age.ts'
import { errorText, scrub } from './scrub.ts'

/**
 * Reports per isolate and window. Further errors are only logged: a few reports reveal a fault that
 * hits every request.
 */
export const REPORTS_MAX = 20

/** Reports per event and window, so that a frequent fault leaves room for others. */
export const REPORTS_OF_ONE_EVENT_MAX = 5
export const REPORT_WINDOW_MS = 60_000

/** Pause after a failed report: the receiver is down or rate-limits us. */
export const REPORT_PAUSE_MS = 60_000

const STACK_FRAMES_MAX = 30

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/**
 * `now`: within the current event. `at_next_start`: for an object that is about to abort, because
 * the platform cancels its pending requests. The next object that starts in this isolate sends the
 * report, unless it aborts at once too.
 */
export type ReportTime = 'now' | 'at_next_start'

export interface Reporter {
  /** Never throws. */
  report(event: string, error: unknown, fields: LogFields, when: ReportTime): void
  /** Sends the reports that were held for the next start. Never throws. */
  sendHeld(): void
}

export interface ReporterIo {
  /** @throws if the receiver did not accept the report */
  readonly send: (report: Report) => Promise<void>
  /** Extends the current event until the promise settles. */
  readonly waitUntil: (promise: Promise<void>) => void
  readonly nowMs: () => number
  readonly warn: (event: string, fields: LogFields) => void
}

export function createReporter(io: ReporterIo): Reporter {
  const budget = new ReportBudget()
  const held: Report[] = []

  async function send(report: Report): Promise<void> {
    try {
      await io.send(report)
    } catch (error) {
      budget.pause(io.nowMs())
      io.warn('error_not_reported', { reported: report.event, error: errorText(error) })
    }
  }

  /** The error is already in the log, so a failure to report it must not become a second error. */
  function guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      io.warn('error_not_reported', { error: errorText(error) })
    }
  }

  return {
    report(event, error, fields, when) {
      guard(() => {
        if (!budget.take(event, io.nowMs())) return
        const report = reportOf(event, error, fields)
        if (when === 'now') io.waitUntil(send(report))
        else if (held.length < REPORTS_MAX) held.push(report)
      })
    },
    sendHeld() {
      for (const report of held.splice(0)) guard(() => io.waitUntil(send(report)))
    },
  }
}

/** Limits the reports per fixed window. */
class ReportBudget {
  private startMs = 0
  private taken = 0
  private readonly takenByEvent = new Map<string, number>()
  private pausedAtMs: number | null = null

  take(event: string, nowMs: number): boolean {
    if (this.isPaused(nowMs)) return false
    // A clock that was set back starts a new window as well.
    if (ageMs(this.startMs, nowMs) >= REPORT_WINDOW_MS) {
      this.startMs = nowMs
      this.taken = 0
      this.takenByEvent.clear()
    }
    const ofEvent = this.takenByEvent.get(event) ?? 0
    if (this.taken >= REPORTS_MAX || ofEvent >= REPORTS_OF_ONE_EVENT_MAX) return false
    this.taken++
    this.takenByEvent.set(event, ofEvent + 1)
    return true
  }

  pause(nowMs: number): void {
    this.pausedAtMs = nowMs
  }

  private isPaused(nowMs: number): boolean {
    const { pausedAtMs } = this
    return pausedAtMs !== null && ageMs(pausedAtMs, nowMs) < REPORT_PAUSE_MS
  }
}

/**
 * The data about an error that may leave this isolate. Fields are on an allow-list, so a new log
 * field is not sent.
 */
export interface Report {
  readonly event: string
  /** Class, text and stack of the error. */
  readonly type: string
  readonly message: string
  readonly stack: string
  /** Reports are searched by these. */
  readonly tags: Readonly<Record<string, string>>
  readonly figures: Readonly<Record<string, number>>
}

const TAGS = ['room', 'channel', 'kind', 'state', 'queue'] as const
const FIGURES = ['segment', 'minute', 'attempts', 'messages', 'lateMs'] as const

/** The form of names in settings. Any other value is dropped. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/i

export function reportOf(event: string, error: unknown, fields: LogFields): Report {
  const tags: Record<string, string> = {}
  const figures: Record<string, number> = {}
  for (const tag of TAGS) {
    const value = fields[tag]
    if (typeof value === 'string' && NAME.test(value)) tags[tag] = value
  }
  for (const figure of FIGURES) {
    const value = fields[figure]
    if (typeof value === 'number') figures[figure] = value
  }
  return { event, type: typeOf(error), message: errorText(error), stack: stackOf(error), tags, figures }
}

function typeOf(error: unknown): string {
  const name = error instanceof Error ? error.name : 'Error'
  return NAME.test(name) ? name : 'Error'
}

/** The frames alone, without the error's text that the engine puts in front of them. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return ''
  const textEnd = error.stack.indexOf(error.message)
  const frames = textEnd === -1 ? error.stack : error.stack.slice(textEnd + error.message.length)
  return frames
    .split('\n')
    .filter((line) => /^\s+at .{1,400}$/.test(line))
    .slice(0, STACK_FRAMES_MAX)
    .map(scrub)
    .join('\n')
}
