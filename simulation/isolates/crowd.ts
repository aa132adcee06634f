/**
 * Up to ten million visitors, as rows of typed arrays. They wait, poll, come onto the site, send
 * beacons and leave. Each request goes to the shipped room client of an isolate, as src/gate
 * directs it (visit.ts, newcomer.ts); the rest of the gate, which answers from the snapshot and
 * signs tokens, is left out.
 *
 * Nobody falls silent, so nobody may lose a place.
 */
import type { Snapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { pollAfterSeconds } from '../../src/gate/visitor-status.ts'
import { CONFIRM_AFTER_MAX_SECONDS } from '../../src/limits.ts'
import type { RoomClient } from '../../src/room/room-client.ts'
import type { Random } from '../random.ts'
import type { Timeline } from '../scheduler.ts'
import type { SimulatedIsolate } from '../simulated-isolate.ts'
import type { EarlierVisitors } from './earlier-visitors.ts'
import { Durations } from './tallies.ts'

/** Most requests of a browser go to the isolate of its last request. */
const SAME_ISOLATE_SHARE = 0.9
/** Visitors whose time falls into the same step act together. */
const STEP_MS = 10
const BEACON_MS = 8_000
const STAY_MS = [20_000, 60_000] as const
const TRY_AGAIN_MS = [5_000, 7_000] as const
const NETWORK_MS_MAX = 300
const NOBODY = -1
const HOMELESS = 2 ** 32 - 1

const Doing = { coming: 0, waiting: 1, onSite: 2, over: 3 } as const

export interface CrowdOptions {
  readonly visitors: number
  /** Some of them who wait from the start; null: nobody does. */
  readonly earlier: EarlierVisitors | null
  /** All others come within this time, evenly. */
  readonly arrivalMs: number
  /** Isolates start with the crowd, evenly within this time; 0: all are there from the start. */
  readonly startMs: number
}

export class Crowd {
  readonly joinWaits = new Durations()
  joined = 0
  /** Visitors whose place or session was gone although they were present. */
  lost = 0
  /** Numbers that were told to two visitors. */
  duplicates = 0
  readonly defects: string[] = []
  private readonly beginMs: number
  private readonly doing: Uint8Array
  private readonly numbers: Uint32Array
  private readonly homes: Uint32Array
  /** Since the start, ms: when the visitor came, was confirmed, and leaves the site. */
  private readonly cameMs: Uint32Array
  private readonly seenMs: Uint32Array
  private readonly leavesMs: Map<number, number> = new Map()
  /** The number of gatherers in each token. */
  private readonly toldGatherers: Uint8Array
  /** A list of visitors for each step: its first one, and the next one after each visitor. */
  private readonly firsts: Int32Array
  private readonly nexts: Int32Array
  private readonly issued: Uint8Array
  private readonly views = new WeakMap<Snapshot, SnapshotView>()
  private run = 0
  private readonly options: CrowdOptions
  private readonly isolates: readonly SimulatedIsolate[]
  private readonly timeline: Timeline
  private readonly random: Random

  constructor(
    options: CrowdOptions,
    isolates: readonly SimulatedIsolate[],
    timeline: Timeline,
    random: Random,
    untilMs: number,
  ) {
    const { visitors, earlier, arrivalMs } = options
    this.options = options
    this.isolates = isolates
    this.timeline = timeline
    this.random = random
    this.beginMs = timeline.nowMs
    this.doing = new Uint8Array(visitors)
    this.numbers = new Uint32Array(visitors)
    this.homes = new Uint32Array(visitors).fill(HOMELESS)
    this.cameMs = new Uint32Array(visitors)
    this.seenMs = new Uint32Array(visitors)
    this.toldGatherers = new Uint8Array(visitors)
    this.issued = new Uint8Array(2 * visitors + 1_000_000)
    this.firsts = new Int32Array(Math.ceil((untilMs - this.beginMs) / STEP_MS) + 1).fill(NOBODY)
    this.nexts = new Int32Array(visitors).fill(NOBODY)
    if (earlier !== null) this.seat(earlier)
    for (let visitor = this.joined; visitor < visitors; visitor++) {
      this.cameMs[visitor] = Math.floor(random.next() * arrivalMs)
      this.plan(visitor, this.cameMs[visitor] as number)
    }
    this.step(0)
  }

  /** They poll for the first time at any time within their interval. */
  private seat({ run, numbers, snapshot }: EarlierVisitors): void {
    this.run = run
    this.joined = numbers.length
    this.numbers.set(numbers)
    this.doing.fill(Doing.waiting, 0, numbers.length)
    const view = this.viewOf(snapshot)
    for (const [visitor, number] of numbers.entries()) {
      this.issued[number] = 1
      const pollMs = pollAfterSeconds(view, number, view.position(number), this.random.next()) * 1000
      this.plan(visitor, Math.floor(this.random.next() * pollMs))
    }
  }

  /** Whether a visitor knows of this number. */
  isTold(number: number): boolean {
    return this.issued[number] === 1
  }

  private get passedMs(): number {
    return this.timeline.nowMs - this.beginMs
  }

  /** Since the begin. Nothing happens after the end. */
  private plan(visitor: number, atMs: number): void {
    const step = Math.max(Math.ceil(atMs / STEP_MS), Math.floor(this.passedMs / STEP_MS) + 1)
    if (step >= this.firsts.length) return
    this.nexts[visitor] = this.firsts[step] as number
    this.firsts[step] = visitor
  }

  private planAfter(visitor: number, ms: number): void {
    this.plan(visitor, this.passedMs + ms + this.random.whole(0, NETWORK_MS_MAX))
  }

  /** The room is unreachable. */
  private tryAgain(visitor: number): void {
    this.planAfter(visitor, this.random.whole(...TRY_AGAIN_MS))
  }

  private step(step: number): void {
    this.timeline.after(step === 0 ? 0 : STEP_MS, () => {
      let visitor = this.firsts[step] as number
      while (visitor !== NOBODY) {
        const next = this.nexts[visitor] as number
        this.act(visitor).catch((error: unknown) => this.defects.push(String(error)))
        visitor = next
      }
      if (step + 1 < this.firsts.length) this.step(step + 1)
    })
  }

  private act(visitor: number): Promise<void> {
    const isolate = this.route(visitor)
    switch (this.doing[visitor]) {
      case Doing.coming:
        return this.join(visitor, isolate)
      case Doing.waiting:
        return this.poll(visitor, isolate)
      default:
        return this.beat(visitor, isolate)
    }
  }

  private route(visitor: number): SimulatedIsolate {
    const isNew = this.homes[visitor] === HOMELESS || this.doing[visitor] === Doing.coming
    if (isNew || !this.random.chance(SAME_ISOLATE_SHARE)) {
      this.homes[visitor] = Math.floor(this.random.next() * this.startedIsolates)
    }
    return this.isolates[this.homes[visitor] as number] as SimulatedIsolate
  }

  private get startedIsolates(): number {
    const { startMs } = this.options
    if (startMs === 0) return this.isolates.length
    return Math.max(1, Math.ceil(this.isolates.length * Math.min(1, this.passedMs / startMs)))
  }

  private async join(visitor: number, isolate: SimulatedIsolate): Promise<void> {
    const { client } = isolate
    const lent = client.takeLent(isolate)
    const answer = lent === null ? await client.join(isolate) : { ...lent, state: 'active' as const }
    if (answer.state !== 'active' && answer.state !== 'waiting') return this.tryAgain(visitor)
    const { number, run } = answer
    this.run = run
    this.joined++
    this.joinWaits.add(this.passedMs - (this.cameMs[visitor] as number))
    this.numbers[visitor] = number
    this.duplicates += this.issued[number] as number
    this.issued[number] = 1
    this.told(visitor, client, answer.state === 'active')
  }

  /** A token was issued. */
  private told(visitor: number, client: RoomClient, isActive: boolean): void {
    this.seenMs[visitor] = this.passedMs
    this.toldGatherers[visitor] = client.view?.snapshot.gatherers ?? 0
    if (!isActive) {
      // A session ended although its visitor was present.
      if (this.doing[visitor] === Doing.onSite) this.lost++
      this.doing[visitor] = Doing.waiting
      this.waitOn(visitor, client)
      return
    }
    if (this.doing[visitor] !== Doing.onSite) {
      this.doing[visitor] = Doing.onSite
      this.leavesMs.set(visitor, this.passedMs + this.random.whole(...STAY_MS))
    }
    this.planAfter(visitor, BEACON_MS)
  }

  private waitOn(visitor: number, client: RoomClient): void {
    const view = this.viewOf(client.view?.snapshot as Snapshot)
    const number = this.numbers[visitor] as number
    this.planAfter(visitor, pollAfterSeconds(view, number, view.position(number), this.random.next()) * 1000)
  }

  /** One view of each snapshot for all isolates: its prefix sums are large. */
  private viewOf(snapshot: Snapshot): SnapshotView {
    let view = this.views.get(snapshot)
    if (view === undefined) {
      view = new SnapshotView(snapshot)
      this.views.set(snapshot, view)
    }
    return view
  }

  /** As `poll` of visit.ts. */
  private async poll(visitor: number, isolate: SimulatedIsolate): Promise<void> {
    const { client } = isolate
    const number = this.numbers[visitor] as number
    this.learn(visitor, isolate)
    const isConfirmed = this.passedMs - (this.seenMs[visitor] as number) < CONFIRM_AFTER_MAX_SECONDS * 1000
    if (!isConfirmed) return this.claim(visitor, isolate, client.view?.isBelowFrontier(number) === false)
    client.hear(this.run, number, isolate)
    if (!(await client.refresh(this.run, isolate)) || client.view === null) return this.tryAgain(visitor)
    if (client.view.isBelowFrontier(number)) return this.claim(visitor, isolate, false)
    this.waitOn(visitor, client)
  }

  /** The token tells the isolate how many gatherers there are. */
  private learn(visitor: number, { client, nowMs }: SimulatedIsolate): void {
    if (client.view !== null) return
    const ageMs = this.passedMs - (this.seenMs[visitor] as number)
    const gatherers = this.toldGatherers[visitor] as number
    client.learnGatherers({ gatherers, seenSeconds: Math.floor((nowMs - ageMs) / 1000) })
  }

  private async claim(visitor: number, isolate: SimulatedIsolate, mayWait: boolean): Promise<void> {
    const details = { beacon: this.doing[visitor] === Doing.onSite, touched: false, holder: 0 }
    const number = this.numbers[visitor] as number
    const { client } = isolate
    const answer = await client.claim(this.run, number, details, isolate, mayWait)
    switch (answer.state) {
      case 'active':
      case 'waiting':
        return this.told(visitor, client, answer.state === 'active')
      case 'unreachable':
        return this.tryAgain(visitor)
      default:
        this.lost++
        this.doing[visitor] = Doing.over
    }
  }

  private async beat(visitor: number, isolate: SimulatedIsolate): Promise<void> {
    this.learn(visitor, isolate)
    if (this.passedMs < (this.leavesMs.get(visitor) as number)) return this.claim(visitor, isolate, false)
    const answer = await isolate.client.leave(this.run, this.numbers[visitor] as number, isolate)
    if (answer.state === 'unreachable') return this.tryAgain(visitor)
    this.doing[visitor] = Doing.over
    this.leavesMs.delete(visitor)
  }
}
