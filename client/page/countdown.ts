/**
 * Shows the time until an event starts or a closed line opens, second by second, by the server's
 * clock. Its end triggers no poll: a whole lobby would poll at once. The next regular poll brings
 * the new state.
 */

import type { Status } from '../../src/status.ts'

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

  /** Call this when an answer arrives. `serverTime`: ISO 8601; missing: unknown. */
  correctClock(serverTime: string | undefined): void {
    if (serverTime !== undefined) this.aheadMs = Date.parse(serverTime) - this.port.nowMs()
  }

  /** `end`: ISO 8601; null: nothing to count. */
  run(end: string | null): void {
    this.port.cancel()
    if (end === null) return
    const leftMs = Date.parse(end) - this.port.nowMs() - this.aheadMs
    this.port.show(leftMs)
    if (leftMs > 0) this.port.schedule(leftMs % 1000 || 1000, () => this.run(end))
  }
}

/** When the countdown of a status ends, in ISO 8601; null: it has none. */
export function endOf({ event, opensAt, enterBy }: Status): string | null {
  return enterBy ?? opensAt ?? event?.startsAt ?? null
}

/** The time of the server that answered, in ISO 8601. */
export function serverTimeOf({ event, serverTime }: Status): string | undefined {
  return serverTime ?? event?.serverTime
}
