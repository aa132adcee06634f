/**
 * Asks again and again, one call at a time: after what the server says, after a back-off when it fails, at once when there is
 * reason to. Owns when; what is asked and which timers are used is given by the port.
 */
import { backOffMs } from './back-off.ts'

/** A call without an answer after this has failed. */
export const ANSWER_TIMEOUT_MS = 10_000

/** Reasons to ask at once come in swarms (seen, online, shown again). */
const SOONEST_MS = 1_000

/** Who hears from another tab asks only when that has been silent for so long: well within the heartbeat time-out. */
const SILENT_TAB_MS = 4_000

export interface PollerPort {
  /** One call; the result says when the next is due, ms. Throws when it fails, with `retryAfterMs` where the server said. */
  ask(signal: AbortSignal): Promise<number>
  /** Calls back once; a later call takes the place of an earlier one. */
  schedule(delayMs: number, callback: () => void): void
  cancel(): void
  nowMs(): number
  /** 0 to 1. */
  random(): number
  /** A call failed, or the first one after failures did not. */
  onTrouble(failures: number): void
}

export class Poller {
  private readonly port: PollerPort
  private call: AbortController | null = null
  private stopped = false
  private startedMs: number
  failures = 0
  /** When the server was heard last. */
  heardMs: number

  constructor(port: PollerPort) {
    this.port = port
    this.startedMs = this.heardMs = port.nowMs()
  }

  start(delayMs: number): void {
    this.port.schedule(delayMs, () => void this.poll())
  }

  /** At once, but for a call under way that may still be answered. */
  now(): void {
    const sinceMs = this.port.nowMs() - this.startedMs
    if (this.call !== null && sinceMs > ANSWER_TIMEOUT_MS) this.call.abort()
    else if (sinceMs > SOONEST_MS) void this.poll()
  }

  /** Another tab has asked for this one, too. */
  heard(pollAfterMs: number): void {
    this.heardMs = this.port.nowMs()
    this.setFailures(0)
    if (this.call === null) this.start(pollAfterMs + SILENT_TAB_MS)
  }

  /** Known without asking: the browser is offline. */
  fail(): void {
    this.setFailures(this.failures + 1)
  }

  stop(): void {
    this.stopped = true
    this.port.cancel()
    this.call?.abort()
  }

  /** After a stop; the page was kept by the browser and is shown again. */
  resume(): void {
    this.stopped = false
    this.call = null
    void this.poll()
  }

  private async poll(): Promise<void> {
    if (this.stopped || this.call !== null) return
    const call = new AbortController()
    this.call = call
    this.startedMs = this.port.nowMs()
    this.port.schedule(ANSWER_TIMEOUT_MS, () => call.abort())
    let delayMs: number
    try {
      delayMs = await this.port.ask(call.signal)
      this.heardMs = this.port.nowMs()
      this.setFailures(0)
    } catch (error) {
      if (this.call !== call) return
      const { retryAfterMs } = error as { retryAfterMs?: number }
      delayMs = backOffMs(this.failures + 1, this.port.random(), retryAfterMs)
      if (!this.stopped) this.setFailures(this.failures + 1)
    }
    if (this.call !== call) return
    this.call = null
    if (!this.stopped) this.start(delayMs)
  }

  private setFailures(failures: number): void {
    const changes = failures > 0 || this.failures > 0
    this.failures = failures
    if (changes) this.port.onTrouble(failures)
  }
}
