/**
 * Tells of errors outside, besides the log: bounded, never awaited, and never in the way of what met the error. Owns how
 * much and when; where it goes is the sender's.
 */
import { ageMs } from '../core/age.ts'
import { type LogFields, logWarning } from '../log.ts'
import { REPORT_PAUSE_MS, REPORT_WINDOW_MS, REPORTS_MAX, REPORTS_OF_ONE_EVENT_MAX } from './limits.ts'
import { type Report, reportOf } from './report.ts'
import { errorText } from './scrub.ts'

/**
 * `now`: while the event lasts that met the error. `at_next_start`: for an object that is about to abort, since the platform
 * cancels what it still sends; the next start of an object in this isolate sends it, unless that one aborts at once, too.
 */
export type ReportTime = 'now' | 'at_next_start'

export interface Reporter {
  /** Never throws. */
  report(event: string, error: unknown, fields: LogFields, when: ReportTime): void
  /** Sends what was kept for the next start. Never throws. */
  sendHeld(): void
}

export interface ReporterIo {
  /** @throws where the receiver did not take it */
  readonly send: (report: Report) => Promise<void>
  /** Keeps the current event alive until the promise settles. */
  readonly waitUntil: (promise: Promise<void>) => void
  readonly nowMs: () => number
}

export function createReporter(io: ReporterIo): Reporter {
  const budget = new ReportBudget()
  const held: Report[] = []

  async function send(report: Report): Promise<void> {
    try {
      await io.send(report)
    } catch (error) {
      budget.pause(io.nowMs())
      logWarning('error_not_reported', { reported: report.event, error: errorText(error) })
    }
  }

  return {
    report(event, error, fields, when) {
      unharmed(() => {
        if (!budget.take(event, io.nowMs())) return
        const report = reportOf(event, error, fields)
        if (when === 'now') io.waitUntil(send(report))
        else if (held.length < REPORTS_MAX) held.push(report)
      })
    },
    sendHeld() {
      for (const report of held.splice(0)) unharmed(() => io.waitUntil(send(report)))
    },
  }
}

/** The error is in the log already: whatever goes wrong here must not become a second one. */
function unharmed(work: () => void): void {
  try {
    work()
  } catch (error) {
    logWarning('error_not_reported', { error: errorText(error) })
  }
}

/** How many reports may go out per window; a fixed window is exact enough here. */
class ReportBudget {
  private startMs = 0
  private taken = 0
  private readonly takenByEvent = new Map<string, number>()
  private pausedAtMs: number | null = null

  take(event: string, nowMs: number): boolean {
    if (this.isPaused(nowMs)) return false
    // A clock that went back starts a new window, too.
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
