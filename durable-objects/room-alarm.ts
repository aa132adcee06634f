/**
 * The alarm of a room's object: anything alive implies that it is armed. Owns when it is due; that is stored with the line.
 */
import type { Line } from '../src/core/line.ts'
import { logError } from '../src/log/log.ts'

/** An alarm this many intervals late is dead. */
const ALARM_DEAD_INTERVALS = 2

export class RoomAlarm {
  /** When it is due, 0: it is not armed. */
  atMs = 0
  private readonly storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.storage = storage
  }

  /** Not awaited: the write is part of this event's; should it fail, the platform resets the object. */
  arm(nowMs: number, intervalSeconds: number): void {
    this.atMs = nowMs + intervalSeconds * 1000
    void this.storage.setAlarm(this.atMs)
  }

  clear(): void {
    this.atMs = 0
    void this.storage.deleteAlarm()
  }

  /** Armed where anything lives, and again where it died. */
  keep(room: string, line: Line, nowMs: number): void {
    const { checkIntervalSeconds } = line.rules
    if (line.tickets.live === 0) return
    if (this.atMs === 0) {
      this.arm(nowMs, checkIntervalSeconds)
      return
    }
    // Far ahead, too: it was armed before the clock went back.
    const lateMs = nowMs - this.atMs
    if (Math.abs(lateMs) <= ALARM_DEAD_INTERVALS * checkIntervalSeconds * 1000) return
    logError('alarm_dead', new Error('the alarm did not fire and is armed again'), { room, lateMs })
    this.arm(nowMs, checkIntervalSeconds)
  }
}
