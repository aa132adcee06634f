/**
 * Decides when to poll: one call at a time, after the delay that the server sets, after a back-off
 * when a call fails, or at once when there is reason to. The port makes the call and provides the
 * timers.
 */

/** A call that is not answered within this time has failed. */
export const ANSWER_TIMEOUT_MS = 10_000

/**
 * Reasons to poll at once come together (visible, online, shown again): the shortest interval
 * between two calls.
 */
const SOONEST_MS = 1_000

/**
 * A tab polls for itself once the polling tab is overdue by this much: well within the heartbeat
 * timeout.
 */
const SILENT_TAB_MS = 4_000

/** After failed polls. */
const BACK_OFF_MIN_MS = 2_000
const BACK_OFF_MAX_MS = 16_000
const RETRY_AFTER_MAX_MS = 60_000

export interface PollerPort {
  /**
   * One call; resolves to the delay until the next, in ms. Rejects when it fails, with
   * `retryAfterMs` if the server set it.
   */
  poll(signal: AbortSignal | undefined): Promise<number>
  /** Calls back once. A later call replaces an earlier one. */
  schedule(delayMs: number, callback: () => void): void
  cancel(): void
  nowMs(): number
  /** 0 to 1. */
  random(): number
  /** A call failed, or the first one after failures succeeded. */
  onTrouble(failures: number): void
}

export class Poller {
  private readonly port: PollerPort
  private call: Abortable | null = null
  private stopped = false
  private startedMs: number
  failures = 0
  /** Time of the last answer. */
  heardMs: number

  constructor(port: PollerPort) {
    this.port = port
    this.startedMs = this.heardMs = port.nowMs()
  }

  start(delayMs: number): void {
    this.port.schedule(delayMs, () => void this.poll())
  }

  /** Polls at once, unless a call in flight may still be answered. */
  now(): void {
    const sinceMs = this.port.nowMs() - this.startedMs
    if (this.call !== null && sinceMs > ANSWER_TIMEOUT_MS) this.call.abort()
    else if (sinceMs > SOONEST_MS) void this.poll()
  }

  /** Another tab has polled. */
  heard(pollAfterMs: number): void {
    this.heardMs = this.port.nowMs()
    this.setFailures(0)
    if (this.call === null) this.start(pollAfterMs + SILENT_TAB_MS)
  }

  /** A failure that is known without a call: the browser is offline. */
  fail(): void {
    this.setFailures(this.failures + 1)
  }

  stop(): void {
    this.stopped = true
    this.port.cancel()
    this.call?.abort()
  }

  /** After a stop: the browser shows the page again from its back/forward cache. */
  resume(): void {
    this.stopped = false
    this.call = null
    void this.poll()
  }

  private async poll(): Promise<void> {
    if (this.stopped || this.call !== null) return
    const call = abortable()
    this.call = call
    this.startedMs = this.port.nowMs()
    this.port.schedule(ANSWER_TIMEOUT_MS, () => call.abort())
    let delayMs: number
    try {
      delayMs = await this.port.poll(call.signal)
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

type Abortable = Partial<Pick<AbortController, 'signal'>> & Pick<AbortController, 'abort'>

/** Chrome 65 and Safari 12.0 cannot abort a call: the watchdog ends one that hangs. */
function abortable(): Abortable {
  return typeof AbortController === 'undefined' ? { abort() {} } : new AbortController()
}

/**
 * Doubles with each failure, with jitter from 50 to 150 %, and never less than `Retry-After` up to
 * its bound. `random`: 0 to 1.
 */
export function backOffMs(failures: number, random: number, retryAfterMs = 0): number {
  const spread = Math.min(BACK_OFF_MIN_MS * 2 ** (failures - 1), BACK_OFF_MAX_MS) * (0.5 + random)
  return Math.max(spread, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS))
}
