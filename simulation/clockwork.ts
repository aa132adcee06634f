/**
 * The platform's calls to the object: the alarm, the queue `checks` with its shipped consumer, and
 * Cron. Each may be late, repeated, out of order, or missing.
 */
import type { CheckMessage } from '../src/core/check-chains.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'
import type { ObjectFaults } from './faults.ts'
import type { Random } from './random.ts'
import type { Timeline } from './scheduler.ts'
import { consumeChecks, type QueueMessage, type RoomCalls, reportMinute } from './shipped.ts'

const MINUTE_MS = 60_000
/** As on the platform: six retries, starting after 2 s, then the alarm is lost. */
const ALARM_RETRIES = 6
const ALARM_RETRY_MS = 2_000
const ALARM_LATE_MAX_MS = 60_000
const QUEUE_JITTER_MS = 1_000
const QUEUE_ATTEMPTS_MAX = 4
const REORDERED_MAX_MS = 40_000

/** The object that is called. */
interface Callee {
  readonly faults: ObjectFaults
  readonly settings: RoomSettings
  /** By the object's own clock. */
  readonly nowMs: number
  alarm(): Promise<void>
  check(message: CheckMessage): void
  report(minute: number): void
}

export class Clockwork {
  /** When the alarm is due by the object's clock; null: not set. */
  alarmAtMs: number | null = null
  /** A platform fault dropped it, or it failed and may be retried. */
  alarmDropped = false
  /** Its handler is running and must arm it again. */
  isFiring = false
  private generation = 0
  private pendingAlarm: number | null | undefined = undefined
  private pendingSends: { body: unknown; delayMs: number }[] = []
  private messages = 0
  private readonly object: Callee
  private readonly scheduler: Timeline
  private readonly random: Random

  constructor(object: Callee, scheduler: Timeline, random: Random) {
    this.object = object
    this.scheduler = scheduler
    this.random = random
    this.nextMinute()
  }

  setAlarm(atMs: number | null): void {
    this.pendingAlarm = atMs
  }

  send(body: unknown, { delaySeconds }: { delaySeconds: number }): void {
    this.pendingSends.push({ body, delayMs: delaySeconds * 1000 })
  }

  /** The event is committed: its alarm and messages take effect. */
  release(): void {
    if (this.pendingAlarm !== undefined) this.arm(this.pendingAlarm)
    this.pendingAlarm = undefined
    for (const { body, delayMs } of this.pendingSends.splice(0)) this.enqueue(body, delayMs)
  }

  forget(): void {
    this.pendingAlarm = undefined
    this.pendingSends = []
  }

  /** The alarm fires by the object's own clock. */
  clockStepped(): void {
    if (this.alarmAtMs !== null && !this.alarmDropped) this.wait(this.alarmAtMs)
  }

  private arm(atMs: number | null): void {
    this.alarmAtMs = atMs
    this.generation++
    this.alarmDropped = atMs !== null && this.random.chance(this.object.faults.alarmDropped)
    if (atMs !== null && !this.alarmDropped) this.wait(atMs)
  }

  private wait(atMs: number): void {
    const generation = ++this.generation
    const isLate = this.random.chance(this.object.faults.alarmLate)
    const lateMs = this.random.whole(0, isLate ? ALARM_LATE_MAX_MS : 100)
    this.scheduler.after(atMs - this.object.nowMs + lateMs, () => {
      if (generation === this.generation) void this.fire(0)
    })
  }

  private async fire(attempt: number): Promise<void> {
    this.alarmAtMs = null
    this.alarmDropped = false
    this.isFiring = true
    try {
      await this.object.alarm()
    } catch {
      // Either it was armed again before it failed, or the platform retries.
      if (this.alarmAtMs !== null) return
      this.alarmDropped = true
      if (attempt >= ALARM_RETRIES) return
      const generation = this.generation
      this.scheduler.after(ALARM_RETRY_MS * 2 ** attempt, () => {
        if (generation === this.generation) void this.fire(attempt + 1)
      })
    } finally {
      this.isFiring = false
    }
  }

  private enqueue(body: unknown, delayMs: number): void {
    const { checkLost, checkDuplicated, checkReordered } = this.object.faults
    const aroundMs = () => delayMs + this.random.whole(0, QUEUE_JITTER_MS)
    const lateMs = this.random.chance(checkReordered) ? this.random.whole(0, REORDERED_MAX_MS) : 0
    if (!this.random.chance(checkLost)) this.deliverAfter(aroundMs() + lateMs, body, 1)
    if (this.random.chance(checkDuplicated)) this.deliverAfter(aroundMs() + this.random.whole(0, 20_000), body, 1)
  }

  private deliverAfter(ms: number, body: unknown, attempts: number): void {
    this.scheduler.after(ms, () => {
      const message: QueueMessage = {
        id: String(this.messages++),
        body,
        attempts,
        ack: () => {},
        retry: ({ delaySeconds }) => {
          if (attempts < QUEUE_ATTEMPTS_MAX) this.deliverAfter(delaySeconds * 1000, body, attempts + 1)
        },
      }
      void consumeChecks({ messages: [message] }, this.calls())
    })
  }

  private nextMinute(): void {
    const scheduledMs = Math.floor(this.scheduler.nowMs / MINUTE_MS + 1) * MINUTE_MS
    this.scheduler.after(scheduledMs - this.scheduler.nowMs, () => {
      if (!this.random.chance(this.object.faults.cronSkipped)) void reportMinute(scheduledMs, this.calls())
      this.nextMinute()
    })
  }

  private calls(): RoomCalls {
    const { object } = this
    return {
      rooms: [object.settings],
      stub: () => ({
        check: async (message) => object.check(message),
        report: async (minute) => object.report(minute),
      }),
    }
  }
}
