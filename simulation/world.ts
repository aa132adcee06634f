/**
 * One seed: a room, isolates, a crowd and faults. Judges every step by what was committed, and at the end that everyone who
 * stayed got in.
 */
import type { JournalEntry } from '../src/core/journal.ts'
import type { Line } from '../src/core/line.ts'
import type { LineRules } from '../src/core/rules.ts'
import { rules } from '../test/core/support/rules.ts'
import { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedIsolate } from './simulated-isolate.ts'
import { SimulatedObject } from './simulated-object.ts'
import { type Kind, Visitor } from './visitor.ts'

export interface Report {
  readonly seed: number
  /** Every broken promise, in words; empty: all held. */
  readonly violations: readonly string[]
  readonly visitors: number
  readonly admitted: number
  readonly crashes: number
  readonly calls: number
  /** From the last word of who vanished to its end in the line, ms. */
  readonly detectionMs: readonly number[]
  readonly simulatedSeconds: number
}

const START_MS = 1_700_000_000_000
const ARRIVALS_MS = 60_000
const FAULTS_MS = 240_000
const END_MS = 3_600_000
const KINDS: readonly Kind[] = ['patient', 'patient', 'patient', 'impatient', 'vanishing', 'sleeper']

export async function runSeed(seed: number): Promise<Report> {
  const random = new Random(seed)
  const scheduler = new Scheduler(START_MS)
  const judge = new Judge()
  const rules = someRules(random)
  const faulty = random.chance(0.8)
  const object = new SimulatedObject(
    rules,
    scheduler,
    random,
    faulty ? OBJECT_FAULTS : NO_OBJECT_FAULTS,
    (entries, line) => judge.see(entries, line),
  )
  const isolates = Array.from(
    { length: random.whole(1, 6) },
    () => new SimulatedIsolate(object, scheduler, random, faulty ? NETWORK_FAULTS : NO_NETWORK_FAULTS),
  )
  const visitors = Array.from(
    { length: random.whole(5, 60) },
    () => new Visitor(random.pick(KINDS), isolates, scheduler, random),
  )
  for (const visitor of visitors) scheduler.after(random.whole(0, ARRIVALS_MS), () => judge.watch(visitor.live()))
  scheduler.after(FAULTS_MS, () => {
    object.faults = NO_OBJECT_FAULTS
    for (const isolate of isolates) isolate.faults = NO_NETWORK_FAULTS
  })
  await scheduler.runUntil(
    START_MS + END_MS,
    () => scheduler.nowMs > START_MS + FAULTS_MS && visitors.every(({ over }) => over),
  )
  judge.conclude(visitors, faulty)
  return {
    seed,
    violations: judge.violations,
    visitors: visitors.length,
    admitted: judge.admitted,
    crashes: object.crashes,
    calls: isolates.reduce((sum, { calls }) => sum + calls, 0),
    detectionMs: judge.detections(visitors),
    simulatedSeconds: (scheduler.nowMs - START_MS) / 1000,
  }
}

const OBJECT_FAULTS = {
  crashBeforeCommit: 0.01,
  crashAfterCommit: 0.01,
  alarmLost: 0.1,
  checkLost: 0.1,
  checkDuplicated: 0.2,
  clockJumpMs: 600_000,
}
const NO_OBJECT_FAULTS = {
  crashBeforeCommit: 0,
  crashAfterCommit: 0,
  alarmLost: 0,
  checkLost: 0,
  checkDuplicated: 0,
  clockJumpMs: 0,
}
const NETWORK_FAULTS = { requestLost: 0.03, answerLost: 0.03, repeated: 0.03, delayMs: 400 }
const NO_NETWORK_FAULTS = { requestLost: 0, answerLost: 0, repeated: 0, delayMs: 40 }

function someRules(random: Random): LineRules {
  return rules({ capacity: random.whole(1, 8), ratePerMinute: random.pick([6, 30, 600]), maxWaiting: 1000 })
}

class Judge {
  readonly violations: string[] = []
  admitted = 0
  private readonly everAbsent = new Set<number>()
  private readonly expiredAtMs = new Map<number, number>()
  private highestInOrder = 0

  /** A promise that fails is a defect, too: nothing may throw at a visitor. */
  watch(life: Promise<void>): void {
    life.catch((error) => this.violations.push(`a visitor met an error: ${String(error)}`))
  }

  /** Committed events, as they come. */
  see(entries: readonly JournalEntry[], line: Line): void {
    line.verifyAll()
    if (line.tickets.occupied > line.rules.capacity) this.violations.push(`${line.tickets.occupied} slots taken`)
    for (const { event, number, atMs } of entries) {
      if (event === 'expired') {
        this.everAbsent.add(number)
        this.expiredAtMs.set(number, atMs)
      }
      if (event !== 'admitted') continue
      this.admitted++
      if (this.everAbsent.has(number)) continue
      if (number <= this.highestInOrder) this.violations.push(`${number} admitted after ${this.highestInOrder}`)
      this.highestInOrder = Math.max(this.highestInOrder, number)
    }
  }

  conclude(visitors: readonly Visitor[], faulty: boolean): void {
    const owners = new Map<number, Visitor>()
    for (const visitor of visitors) {
      for (const number of visitor.told) {
        if (owners.has(number)) this.violations.push(`number ${number} was told to two visitors`)
        owners.set(number, visitor)
      }
      if (!visitor.over) this.violations.push(`a ${visitor.kind} visitor with number ${visitor.number} never got in`)
      if (!faulty && visitor.forgotten > 0 && visitor.kind === 'patient') {
        this.violations.push(`number ${visitor.told[0]} was forgotten without any fault`)
      }
    }
  }

  detections(visitors: readonly Visitor[]): number[] {
    const delays: number[] = []
    for (const { kind, number, lastSaidMs, entered } of visitors) {
      const endMs = this.expiredAtMs.get(number ?? -1)
      if (kind === 'vanishing' && !entered && endMs !== undefined && endMs > lastSaidMs) delays.push(endMs - lastSaidMs)
    }
    return delays
  }
}
