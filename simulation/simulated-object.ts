/**
 * The object of a room without the platform: the real line, a storage that keeps only what was committed, an alarm and a
 * queue. It can crash between any two steps: memory is gone, what was committed is not.
 */
import { CheckChains, type SegmentCheck } from '../src/core/check-chains.ts'
import { applyExchange, type ExchangeAnswer, type ExchangeRequest } from '../src/core/exchange.ts'
import type { JournalEntry } from '../src/core/journal.ts'
import { Line } from '../src/core/line.ts'
import { Pacing } from '../src/core/pacing.ts'
import type { LineRules } from '../src/core/rules.ts'
import { takeSnapshot } from '../src/core/snapshot.ts'
import type { StoredHead, StoredSegment } from '../src/core/stored.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

export interface ObjectFaults {
  /** Shares of events, 0 to 1. */
  readonly crashBeforeCommit: number
  readonly crashAfterCommit: number
  readonly alarmLost: number
  readonly checkLost: number
  readonly checkDuplicated: number
  /** How far an event's clock may be off, ms. */
  readonly clockJumpMs: number
}

export class Crash extends Error {
  override name = 'Crash'
}

export class SimulatedObject {
  line: Line | null = null
  crashes = 0
  faults: ObjectFaults
  private readonly rules: LineRules
  private readonly scheduler: Scheduler
  private readonly random: Random
  private readonly onEvents: (entries: readonly JournalEntry[], line: Line) => void
  private head: StoredHead | null = null
  private readonly segments = new Map<number, StoredSegment>()
  private chains = new CheckChains()
  private pacing = new Pacing()
  private told = 0
  /** Durable, as the platform's alarm is. */
  private alarmAtMs = 0

  constructor(
    rules: LineRules,
    scheduler: Scheduler,
    random: Random,
    faults: ObjectFaults,
    onEvents: (entries: readonly JournalEntry[], line: Line) => void,
  ) {
    this.rules = rules
    this.scheduler = scheduler
    this.random = random
    this.faults = faults
    this.onEvents = onEvents
  }

  /** @throws Crash where the object died before or after it had committed */
  exchange(request: ExchangeRequest): ExchangeAnswer {
    return this.event((line, nowMs) => {
      line.beginCall(nowMs)
      const answer = applyExchange(line, request)
      this.commit(line, nowMs, false)
      return {
        ...answer,
        snapshot: takeSnapshot(line, nowMs),
        nextCallAfterMs: this.pacing.nextCallAfterMs(request.isolate, nowMs),
      }
    })
  }

  crash(): void {
    this.line = null
    this.crashes++
  }

  private tick(): void {
    if (this.head === null) return
    this.armAlarm()
    this.event((line, nowMs) => {
      line.beginOther(nowMs)
      line.advance()
      if (line.tickets.live === 0) this.alarmAtMs = 0
      this.commit(line, nowMs, true)
      const live = line.tickets.liveSegments()
      for (const check of this.chains.restartOverdue(live, nowMs, this.rules.checkIntervalSeconds)) this.send(check)
    })
  }

  private check(message: SegmentCheck): void {
    this.event((line, nowMs) => {
      const next = this.chains.next(message, nowMs)
      if (next === null) return
      line.beginOther(nowMs)
      const alive = line.check(message.segment)
      this.commit(line, nowMs, false)
      if (alive) this.send(next)
      else this.chains.end(message.segment)
    })
  }

  private event<T>(work: (line: Line, nowMs: number) => T): T {
    const jump = this.random.chance(0.02) ? this.random.whole(-1, 1) * this.faults.clockJumpMs : 0
    const nowMs = this.scheduler.nowMs + jump
    const line = this.open(nowMs)
    try {
      const result = work(line, nowMs)
      if (this.random.chance(this.faults.crashAfterCommit)) throw new Crash('after the commit')
      return result
    } catch (error) {
      this.crash()
      throw error
    }
  }

  private open(nowMs: number): Line {
    if (this.line !== null) return this.line
    this.chains = new CheckChains()
    this.pacing = new Pacing()
    this.told = 0
    const segments = [...this.segments.values()].map((segment) => structuredClone(segment))
    this.line =
      this.head === null
        ? Line.start(this.rules, nowMs, nowMs)
        : Line.restore(this.rules, { head: this.head, segments }, this.head.clock.touchedMs)
    return this.line
  }

  private commit(line: Line, nowMs: number, everything: boolean): void {
    line.verify()
    if (this.random.chance(this.faults.crashBeforeCommit)) throw new Crash('before the commit')
    const interval = this.rules.checkIntervalSeconds * 1000
    if (line.tickets.live > 0 && (this.alarmAtMs === 0 || nowMs - this.alarmAtMs > 2 * interval)) this.armAlarm()
    const changes = line.takeChanges(everything)
    if (changes !== null) {
      this.head = structuredClone(changes.head)
      for (const segment of changes.segments) this.segments.set(segment.index, structuredClone(segment))
      for (const index of changes.dropped) this.segments.delete(index)
    }
    for (const segment of line.tickets.takeBornLive()) {
      const check = this.chains.start(segment, nowMs, this.rules.checkIntervalSeconds)
      if (check !== null) this.send(check)
    }
    const page = line.journal.after(this.told)
    this.told = page.last
    this.onEvents(page.entries, line)
  }

  private armAlarm(): void {
    this.alarmAtMs = this.scheduler.nowMs + this.rules.checkIntervalSeconds * 1000
    const dueMs = this.alarmAtMs
    if (this.random.chance(this.faults.alarmLost)) return
    this.later(this.rules.checkIntervalSeconds * 1000, () => {
      if (this.alarmAtMs === dueMs) this.tick()
    })
  }

  private send(check: SegmentCheck): void {
    const delayMs = this.rules.checkIntervalSeconds * 1000 + this.random.whole(0, 1000)
    if (!this.random.chance(this.faults.checkLost)) this.later(delayMs, () => this.check(check))
    if (this.random.chance(this.faults.checkDuplicated)) {
      this.later(delayMs + this.random.whole(0, 20_000), () => this.check(check))
    }
  }

  /** The platform's own events: a crash in one of them is nobody's answer. */
  private later(ms: number, work: () => void): void {
    this.scheduler.after(ms, () => {
      try {
        work()
      } catch (error) {
        if (!(error instanceof Crash)) throw error
      }
    })
  }
}
