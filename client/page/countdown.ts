/**
 * The time until the start of an event, second by second, by the server's clock. Nobody is called
 * when it is over: a whole lobby would call at once. The next poll brings the news.
 */
import type { EventStatus } from '../../src/status.ts'

export interface CountdownPort {
  show(leftMs: number): void
  nowMs(): number
  schedule(delayMs: number, callback: () => void): void
  cancel(): void
}

export class Countdown {
  private readonly port: CountdownPort
  /** How far the server's clock is ahead of the device's. */
  aheadMs = 0

  constructor(port: CountdownPort) {
    this.port = port
  }

  /** Call this when an answer arrives. */
  correctClock(event: EventStatus | null | undefined): void {
    if (event) this.aheadMs = Date.parse(event.serverTime) - this.port.nowMs()
  }

  /** Null: nothing to count. */
  run(event: EventStatus | null): void {
    this.port.cancel()
    if (event === null) return
    const leftMs = Date.parse(event.startsAt) - this.port.nowMs() - this.aheadMs
    this.port.show(leftMs)
    if (leftMs > 0) this.port.schedule(leftMs % 1000 || 1000, () => this.run(event))
  }
}
