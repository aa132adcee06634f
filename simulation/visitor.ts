/**
 * A visitor: joins, polls as told, enters, stays, and goes in one of several ways.
 */

import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedIsolate } from './simulated-isolate.ts'

/** `sleeper`: silent for a while in the line, then back within the grace. */
export type Kind = 'patient' | 'impatient' | 'vanishing' | 'sleeper'

const POLL_MIN_MS = 2000
const POLL_MAX_MS = 7000
const BEACON_MS = 8000
const NO_DETAILS = { beacon: false, touched: false }

export class Visitor {
  readonly kind: Kind
  run = 0
  number: number | null = null
  /** Every number it was ever told. */
  readonly told: number[] = []
  entered = false
  /** Has left, vanished or ended its stay. */
  over = false
  /** When it was last really heard: its last poll or beacon. */
  lastSaidMs = 0
  /** The line forgot it, though it was heard in time. */
  forgotten = 0
  private readonly isolates: readonly SimulatedIsolate[]
  private readonly scheduler: Scheduler
  private readonly random: Random
  private confirmedMs = 0

  constructor(kind: Kind, isolates: readonly SimulatedIsolate[], scheduler: Scheduler, random: Random) {
    this.kind = kind
    this.isolates = isolates
    this.scheduler = scheduler
    this.random = random
  }

  async live(): Promise<void> {
    await this.join()
    const patienceMs = this.kind === 'patient' ? Number.POSITIVE_INFINITY : this.random.whole(5_000, 90_000)
    const startMs = this.scheduler.nowMs
    let asleep = this.kind === 'sleeper'
    while (!this.entered) {
      await this.scheduler.sleep(this.random.whole(POLL_MIN_MS, POLL_MAX_MS))
      if (this.scheduler.nowMs - startMs > patienceMs) {
        if (this.kind === 'vanishing') return this.end()
        if (this.kind === 'impatient') return this.leave()
        if (asleep) await this.scheduler.sleep(this.random.whole(30_000, 200_000))
        asleep = false
      }
      await this.poll()
    }
    await this.stay()
  }

  private isolate(): SimulatedIsolate {
    return this.random.pick(this.isolates)
  }

  private async join(): Promise<void> {
    while (this.number === null) {
      const isolate = this.isolate()
      const answer = await isolate.client.join(isolate)
      if (answer.state === 'waiting' || answer.state === 'active') {
        this.number = answer.number
        this.run = isolate.client.knownRun
        this.told.push(answer.number)
        this.entered = answer.state === 'active'
        this.lastSaidMs = this.confirmedMs = this.scheduler.nowMs
      } else {
        await this.scheduler.sleep(this.random.whole(1000, 5000))
      }
    }
  }

  /** As the gate does it: answered from the snapshot, unless only the object can tell. */
  private async poll(): Promise<void> {
    const isolate = this.isolate()
    const { client } = isolate
    const number = this.number as number
    this.lastSaidMs = this.scheduler.nowMs
    const unconfirmedMs = this.scheduler.nowMs - this.confirmedMs
    if (unconfirmedMs < 60_000) {
      client.hear(this.run, number, isolate)
      if (!(await client.refresh(this.run, isolate))) return
      if (number >= (client.view?.snapshot.frontier ?? 0)) return
    }
    await this.claim(isolate, NO_DETAILS)
  }

  private async claim(isolate: SimulatedIsolate, details: { beacon: boolean; touched: boolean }): Promise<void> {
    const answer = await isolate.client.claim(this.run, this.number as number, details, isolate)
    if (answer.state === 'unreachable') return
    this.confirmedMs = this.scheduler.nowMs
    if (answer.state === 'active') this.entered = true
    else if (answer.state === 'waiting') this.entered = false
    else {
      this.forgotten++
      this.number = null
      this.entered = false
      await this.join()
    }
  }

  private async stay(): Promise<void> {
    const untilMs = this.scheduler.nowMs + this.random.whole(5_000, 60_000)
    while (this.scheduler.nowMs < untilMs) {
      this.lastSaidMs = this.scheduler.nowMs
      await this.claim(this.isolate(), { beacon: true, touched: true })
      if (!this.entered) return this.live()
      await this.scheduler.sleep(BEACON_MS)
    }
    return this.random.chance(0.5) ? this.leave() : this.end()
  }

  private async leave(): Promise<void> {
    const isolate = this.isolate()
    await isolate.client.leave(this.run, this.number as number, isolate)
    return this.end()
  }

  private async end(): Promise<void> {
    this.over = true
  }
}
