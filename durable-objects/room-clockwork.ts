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
import { nextBorderMs } from '../src/core/events.ts'
import type { Line } from '../src/core/line.ts'
import { logError } from '../src/log/log.ts'

/** An alarm this many intervals late is dead. */
const ALARM_DEAD_INTERVALS = 2

export class RoomClockwork {
  /** When the alarm is due, 0: it is not armed. Stored with the line. */
  alarmAtMs = 0
  private chains = new CheckChains()
  private readonly ctx: DurableObjectState
  private readonly queue: Queue | undefined

  /** @param queue `checks`; undefined: the alarm alone finds silent tickets */
  constructor(ctx: DurableObjectState, queue: Queue | undefined) {
    this.ctx = ctx
    this.queue = queue
  }

  /**
   * Not awaited: the write belongs to this event, and if it fails the platform resets the object.
   */
  armAlarm(nowMs: number, intervalSeconds: number): void {
    this.armAt(nowMs + intervalSeconds * 1000)
  }

  private armAt(atMs: number): void {
    this.alarmAtMs = atMs
    void this.ctx.storage.setAlarm(atMs)
  }

  clearAlarm(): void {
    this.alarmAtMs = 0
    void this.ctx.storage.deleteAlarm()
  }

  /**
   * While any ticket is live the alarm is armed for the next tick; otherwise for the next border of
   * an event, if there is one. A dead alarm is armed again.
   */
  keepAlarm(room: string, line: Line, nowMs: number): void {
    const intervalMs = line.rules.checkIntervalSeconds * 1000
    const border = nextBorderMs(line.course.events, line.course.followedMs)
    const tickMs = line.tickets.live > 0 ? nowMs + intervalMs : null
    const dueMs = earliest(tickMs, border)
    if (dueMs === null) return
    if (this.alarmAtMs === 0 || dueMs < this.alarmAtMs) {
      // An alarm far ahead was armed for an event, or before the clock went back.
      this.armAt(dueMs)
      return
    }
    const lateMs = nowMs - this.alarmAtMs
    if (lateMs <= ALARM_DEAD_INTERVALS * intervalMs) return
    logError('alarm_dead', new Error('the alarm did not fire and is armed again'), { room, lateMs })
    this.armAt(dueMs)
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

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}
