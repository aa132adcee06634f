/**
 * Runs all judges of one seed: observes the object and the browsers, and reports the violations.
 */
import type { JournalEntry } from '../../src/core/journal.ts'
import type { Browser, BrowserWitness } from '../browser.ts'
import { type Faults, NO_NETWORK_FAULTS, NO_OBJECT_FAULTS } from '../faults.ts'
import { inversions } from '../figures.ts'
import type { Scheduler } from '../scheduler.ts'
import type { RoomInstance } from '../shipped.ts'
import type { SimulatedGatherers } from '../simulated-gatherers.ts'
import type { SimulatedIsolate } from '../simulated-isolate.ts'
import type { ObjectWitness, SimulatedObject } from '../simulated-object.ts'
import type { Visitor } from '../visitor.ts'
import { CommittedJudge } from './committed.ts'
import { DrawJudge, type DrawnFirst } from './draw.ts'
import { HearingJudge } from './hearing.ts'
import { LaneJudge } from './lanes.ts'
import type { TakenBack } from './lent-slots.ts'
import { ResetJudge } from './reset.ts'
import { SuspensionJudge } from './suspension.ts'

export interface Report {
  readonly seed: number
  readonly profile: string
  /** Every broken guarantee; empty: all held. */
  readonly violations: readonly string[]
  readonly visitors: number
  readonly admitted: number
  readonly crashes: number
  readonly evictions: number
  readonly calls: number
  readonly failedCalls: number
  /** Calls of gatherers to the object, and gatherers that were lost. */
  readonly gathererCalls: number
  readonly gatherersLost: number
  /** Lent numbers that visitors were admitted with. */
  readonly lentUsed: number
  readonly overshoot: number
  readonly expiries: number
  readonly falseExpiries: number
  /** Pairs of tickets that were never absent: those admitted out of order, and all of them. */
  readonly inversions: number
  readonly pairs: number
  /** From the last message of a silent visitor to the expiry, ms, while the object was healthy. */
  readonly detectionMs: readonly number[]
  /** Where the first entry of each draw ended. */
  readonly draws: readonly DrawnFirst[]
  readonly drawsWithRandomness: number
  /** Admissions in lanes other than the regular one. */
  readonly laneAdmissions: number
  readonly simulatedSeconds: number
}

const VIOLATIONS_MAX = 20
/** This long after the last fault, the clockwork of the object runs evenly again. */
const SETTLED_MS = 180_000

export class Judge implements ObjectWitness, BrowserWitness {
  readonly violations: string[] = []
  private readonly committedJudge: CommittedJudge
  private readonly hearing: HearingJudge
  private readonly suspension = new SuspensionJudge(this)
  private readonly reset = new ResetJudge(this)
  private readonly draws = new DrawJudge(this)
  private readonly lanes = new LaneJudge(this)
  private readonly owners = new Map<number, Browser>()
  private readonly scheduler: Scheduler
  private readonly startMs: number
  private readonly trace: ((line: string) => void) | undefined
  private readonly isObjectWell: boolean
  private readonly isNetworkWell: boolean
  private readonly profile: string
  private journalOf: RoomInstance | null = null
  private journalAfter = 0
  private unreachables = 0
  private left = 1

  constructor(
    scheduler: Scheduler,
    startMs: number,
    faultsEndMs: number,
    faults: Faults,
    trace?: (line: string) => void,
  ) {
    this.scheduler = scheduler
    this.startMs = startMs
    this.trace = trace
    this.isObjectWell = faults.object === NO_OBJECT_FAULTS
    this.isNetworkWell = faults.network === NO_NETWORK_FAULTS
    this.profile = faults.profile
    this.committedJudge = new CommittedJudge(this)
    this.hearing = new HearingJudge(this, faults.network, this.isObjectWell ? startMs : faultsEndMs + SETTLED_MS)
  }

  get nobodyIsLeft(): boolean {
    return this.left === 0
  }

  violation(text: string): void {
    this.note(`BROKEN: ${text}`)
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(`${this.clock()} ${text}`)
  }

  /** A rejected promise is a defect: nothing may throw at a visitor. */
  watch(life: Promise<void>): void {
    life.catch((error: unknown) =>
      this.violation(`a visitor met an error: ${error instanceof Error ? error.stack : error}`),
    )
  }

  committed(what: string, object: SimulatedObject, instance: RoomInstance): void {
    if (instance.line === null) return
    if (this.journalOf !== instance) this.startedAnew(instance)
    const page = instance.journal(this.journalAfter)
    if (page === null) return
    this.journalAfter = page.last
    for (const { number, event, from } of page.entries)
      this.note(`${what}: ${number} ${event}${from === null ? '' : ` (was ${from})`}`)
    if (this.reset.see(what, instance.line, object, this.scheduler.nowMs)) {
      this.committedJudge.startOver()
      this.hearing.startOver()
      this.suspension.startOver()
      this.draws.startOver()
      this.lanes.startOver()
      this.owners.clear()
    }
    const { lentSlots } = this.committedJudge
    // A visitor who is known only now was admitted when the slot was lent.
    const isLate = ({ event, number }: JournalEntry) =>
      (event === 'joined' || event === 'admitted') && lentSlots.isLent(number)
    const decided = page.entries.filter((entry) => !isLate(entry))
    const renumbering = this.draws.see(what, instance.line, decided, this.committedJudge.next)
    if (renumbering !== null) {
      this.committedJudge.renumber(renumbering)
      this.suspension.renumber(renumbering)
    }
    if (this.suspension.see(what, instance.line, decided)) this.hearing.resumed(this.scheduler.nowMs)
    this.lanes.see(what, instance.line, decided)
    let takenBack: TakenBack[] = []
    try {
      takenBack = this.committedJudge.see(what, object, instance, page.entries, this.scheduler.nowMs)
    } catch (error) {
      this.violation(`${what}: ${String(error)}`)
    }
    // Visitors and their messages go by issued numbers.
    const issued = page.entries.map((entry) => ({ ...entry, number: this.draws.issuedNumber(entry.number) }))
    this.hearing.see(what, issued, instance.line, this.scheduler.nowMs, object)
    for (const each of takenBack) this.hearing.takenBack(each, instance.line, this.scheduler.nowMs)
    const { waiting, occupied } = instance.line.tickets
    lentSlots.see(waiting, this.scheduler.nowMs, this.isObjectWell && this.isNetworkWell)
    this.left = waiting + occupied
  }

  private startedAnew(instance: RoomInstance): void {
    this.journalOf = instance
    this.journalAfter = 0
  }

  defect(what: string, error: unknown): void {
    this.violation(`${what} failed: ${error instanceof Error ? error.stack : error}`)
  }

  note(text: string): void {
    this.trace?.(`${this.clock()} ${text}`)
  }

  said(number: number, run: number, isolate: SimulatedIsolate, what: 'word' | 'beacon' | 'hint'): void {
    this.note(`${number} says ${what}`)
    if (this.reset.isCurrent(run)) this.hearing.said(number, isolate, what, this.scheduler.nowMs)
  }

  told(browser: Browser, number: number, run: number, isolate: SimulatedIsolate): void {
    this.note(`${number} is told its place`)
    if (this.isNetworkWell) this.reset.told(number, run, isolate.skewMs, this.scheduler.nowMs)
    if (!this.reset.isCurrent(run)) return
    const owner = this.owners.get(number)
    if (owner !== undefined && owner !== browser) this.violation(`number ${number} was told to two visitors`)
    if (!this.committedJudge.wasIssued(number)) this.violation(`number ${number} was told before it was stored`)
    if (owner === undefined && this.committedJudge.lentSlots.firstTold(number, this.scheduler.nowMs)) {
      this.hearing.said(number, isolate, 'word', this.scheduler.nowMs)
    }
    this.owners.set(number, browser)
    this.hearing.told(number, this.scheduler.nowMs)
  }

  toldToPoll(number: number, run: number, pollSeconds: number): void {
    if (this.reset.isCurrent(run)) this.hearing.toldToPoll(number, pollSeconds, this.scheduler.nowMs)
  }

  beaconAnswered(number: number): void {
    this.hearing.beaconAnswered(number, this.scheduler.nowMs)
  }

  unreachable(isolate: SimulatedIsolate, askedMs: number): void {
    this.note('told "unreachable"')
    this.unreachables++
    this.hearing.unreachable(isolate, askedMs, this.scheduler.nowMs)
  }

  conclude(
    seed: number,
    visitors: readonly Visitor[],
    object: SimulatedObject,
    isolates: readonly SimulatedIsolate[],
    gatherers: SimulatedGatherers | null = null,
  ): Report {
    const { committedJudge, hearing } = this
    const sum = (figure: (isolate: SimulatedIsolate) => number) => isolates.reduce((total, i) => total + figure(i), 0)
    for (const { over, plan, browser } of visitors) {
      if (!over)
        this.violation(
          `a visitor (${plan.wait}, ${plan.stay}) with ${browser.jar?.text ?? 'no token'} was never admitted`,
        )
    }
    // Only a request that gave up may leave a number that no visitor holds, or an unused lease.
    const { lentSlots } = committedJudge
    const phantoms = committedJudge.issued - this.owners.size - lentSlots.unused
    if (this.isObjectWell && phantoms > this.unreachables) this.violation(`${phantoms} numbers have no holder`)
    if (!this.nobodyIsLeft) this.violation(`${this.left} are left in a line without visitors`)
    const pairs = (committedJudge.inOrder.length * (committedJudge.inOrder.length - 1)) / 2
    return {
      seed,
      profile: this.profile,
      violations: this.violations,
      visitors: visitors.length,
      admitted: committedJudge.admitted,
      crashes: object.crashes,
      evictions: object.evictions,
      calls: sum(({ calls }) => calls),
      failedCalls: sum(({ failuresMs }) => failuresMs.length),
      gathererCalls: gatherers?.calls ?? 0,
      gatherersLost: gatherers?.lost ?? 0,
      lentUsed: lentSlots.used,
      overshoot: committedJudge.overshoot,
      expiries: hearing.expiries,
      falseExpiries: hearing.falseExpiries,
      inversions: inversions(committedJudge.inOrder),
      pairs,
      detectionMs: hearing.detectionMs,
      draws: this.draws.firsts,
      drawsWithRandomness: this.draws.withRandomness,
      laneAdmissions: this.lanes.admitted,
      simulatedSeconds: (this.scheduler.nowMs - this.startMs) / 1000,
    }
  }

  private clock(): string {
    return `${((this.scheduler.nowMs - this.startMs) / 1000).toFixed(3)} s`
  }
}
