/**
 * The delayed checks of a room's segments: what of their chains (src/core/check-chains.ts) becomes a message of the queue
 * `checks`. Never awaited before an answer: a send that fails ends the chain, and the alarm starts it again.
 */
import { CheckChains, type SegmentCheck } from '../src/core/check-chains.ts'
import type { Line } from '../src/core/line.ts'
import { logError } from '../src/log/log.ts'
import type { CheckMessage } from '../src/queues/check-message.ts'

export class RoomChecks {
  private chains = new CheckChains()
  private readonly ctx: DurableObjectState
  private readonly queue: Env['CHECKS'] | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx
    this.queue = env.CHECKS
  }

  /** A message arrived: the next one of its chain, null for a duplicate or a latecomer. */
  next({ segment, generation }: SegmentCheck, nowMs: number): SegmentCheck | null {
    return this.chains.next({ segment, generation }, nowMs)
  }

  /** The segment was checked: its chain goes on while any ticket of it lives. */
  goOn(room: string, line: Line, next: SegmentCheck, isAlive: boolean): void {
    if (isAlive) this.send(room, line, next)
    else this.chains.end(next.segment)
  }

  /** For segments that have their first live ticket. */
  start(room: string, line: Line, nowMs: number): void {
    for (const segment of line.tickets.takeNewlyLive()) {
      const check = this.chains.start(segment, nowMs, line.rules.checkIntervalSeconds)
      if (check !== null) this.send(room, line, check)
    }
  }

  /** For live segments whose chain broke, or is not known. */
  restartOverdue(room: string, line: Line, nowMs: number): void {
    const checks = this.chains.restartOverdue(line.tickets.liveSegments(), nowMs, line.rules.checkIntervalSeconds)
    for (const check of checks) this.send(room, line, check)
  }

  /** Of the line before, whose messages are of another run. */
  forget(): void {
    this.chains = new CheckChains()
  }

  private send(room: string, line: Line, { segment, generation }: SegmentCheck): void {
    if (this.queue === undefined) return
    const message: CheckMessage = { room, run: line.run, segment, generation }
    const sending = this.queue.send(message, { delaySeconds: line.rules.checkIntervalSeconds })
    this.ctx.waitUntil(sending.then(undefined, (error) => logError('check_not_sent', error, { room, segment })))
  }
}
