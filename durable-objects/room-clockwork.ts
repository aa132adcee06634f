/**
 * Runs a room's object without visitors: its alarm, and the delayed checks of the queue `checks`,
 * one chain per segment with live tickets (src/core/check-chains.ts). Each replaces the other when
 * it fails.
 *
 * Owns when the alarm is due, and which messages are sent. No send is awaited before an answer: if
 * one fails, its chain ends and the tick restarts it.
 */

import type { CheckMessage } from '../src/core/check-chains.ts'
import { CheckChains, type SegmentCheck } from '../src/core/check-chains.ts'
import type { Line } from '../src/core/line.ts'
import { logError } from '../src/log/log.ts'

/** An alarm this many intervals late is dead. */
const ALARM_DEAD_INTERVALS = 2

export class RoomClockwork {
  /** When the alarm is due, 0: it is not armed. Stored with the line. */
  alarmAtMs = 0
  private chains = new CheckChains()
  private readonly ctx: DurableObjectState
  private readonly queue: Env['CHECKS'] | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx
    this.queue = env.CHECKS
  }

  /**
   * Not awaited: the write belongs to this event, and if it fails the platform resets the object.
   */
  armAlarm(nowMs: number, intervalSeconds: number): void {
    this.alarmAtMs = nowMs + intervalSeconds * 1000
    void this.ctx.storage.setAlarm(this.alarmAtMs)
  }

  clearAlarm(): void {
    this.alarmAtMs = 0
    void this.ctx.storage.deleteAlarm()
  }

  /** While any ticket is live the alarm is armed. A dead one is armed again. */
  keepAlarm(room: string, line: Line, nowMs: number): void {
    const { checkIntervalSeconds } = line.rules
    if (line.tickets.live === 0) return
    if (this.alarmAtMs === 0) {
      this.armAlarm(nowMs, checkIntervalSeconds)
      return
    }
    const lateMs = nowMs - this.alarmAtMs
    // An alarm far ahead was armed before the clock went back.
    if (Math.abs(lateMs) <= ALARM_DEAD_INTERVALS * checkIntervalSeconds * 1000) return
    logError('alarm_dead', new Error('the alarm did not fire and is armed again'), { room, lateMs })
    this.armAlarm(nowMs, checkIntervalSeconds)
  }

  /**
   * A check arrived. Returns the next check of its chain, or null for a duplicate or late message.
   */
  nextCheck({ segment, generation }: SegmentCheck, nowMs: number): SegmentCheck | null {
    return this.chains.next({ segment, generation }, nowMs)
  }

  /** The segment was checked. `isAlive`: it still has live tickets. */
  continueChain(room: string, line: Line, next: SegmentCheck, isAlive: boolean): void {
    if (isAlive) this.send(room, line, next)
    else this.chains.end(next.segment)
  }

  /** Starts the chains of segments that got their first live ticket. */
  startChains(room: string, line: Line, nowMs: number): void {
    for (const segment of line.tickets.takeNewlyLive()) {
      const check = this.chains.start(segment, nowMs, line.rules.checkIntervalSeconds)
      if (check !== null) this.send(room, line, check)
    }
  }

  /** Restarts chains of live segments that are broken or unknown. */
  restartOverdueChains(room: string, line: Line, nowMs: number): void {
    const checks = this.chains.restartOverdue(line.tickets.liveSegments(), nowMs, line.rules.checkIntervalSeconds)
    for (const check of checks) this.send(room, line, check)
  }

  /** A new run begins. */
  reset(): void {
    this.chains = new CheckChains()
    if (this.alarmAtMs !== 0) this.clearAlarm()
  }

  private send(room: string, line: Line, { segment, generation }: SegmentCheck): void {
    if (this.queue === undefined) return
    const message: CheckMessage = { room, run: line.run, segment, generation }
    const sending = this.queue.send(message, { delaySeconds: line.rules.checkIntervalSeconds })
    this.ctx.waitUntil(sending.then(undefined, (error) => logError('check_not_sent', error, { room, segment })))
  }
}
