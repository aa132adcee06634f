/**
 * The object of a room: the shipped shell and core, on a platform that can fail between any two
 * steps. An event runs in a transaction. Its alarm and messages take effect when it is committed
 * (the platform's output gate). A crash loses the instance and whatever was not committed, never
 * more.
 */

import { Callers } from '../src/core/callers.ts'
import type { CheckMessage } from '../src/core/check-chains.ts'
import type { ExchangeAnswer, ExchangeRequest } from '../src/core/exchange.ts'
import type { GatheredAnswer, GatheredRequest } from '../src/core/gathered.ts'
import { type GathererLimits, GathererTier } from '../src/core/gatherers.ts'
import type { EventCommand } from '../src/room/room-events.ts'
import type { Command } from '../src/room/room-object.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'
import { Clockwork } from './clockwork.ts'
import type { ObjectFaults } from './faults.ts'
import type { Random } from './random.ts'
import type { Timeline } from './scheduler.ts'
import { type RoomDeploy, type RoomInstance, WaitingRoomObject } from './shipped.ts'
import { listenToLog } from './stand-ins/log.ts'
import { Storage } from './storage.ts'

export class Crash extends Error {
  override name = 'Crash'
}

/** The answer of an object whose code knows no gatherers. */
export const NOT_SUPPORTED = new TypeError('The RPC receiver does not implement the method "exchangeAll".')

export interface ObjectWitness {
  /** An event was committed. `what`: which one. */
  committed(what: string, object: SimulatedObject, instance: RoomInstance): void
  /** The object failed without an injected fault. */
  defect(what: string, error: unknown): void
  note(text: string): void
}

const STATEMENTS_MAX = 6
const SYNC_MAX_MS = 30

export class SimulatedObject {
  readonly storage = new Storage()
  readonly clockwork: Clockwork
  crashes = 0
  evictions = 0
  faults: ObjectFaults
  /** By number: when a call last reported it, in virtual time. Null: no judge asks. */
  heardOfMs: Map<number, number> | null = new Map()
  /** The offset of its clock. */
  clockOffsetMs = 0
  /** Runs code that does not know the newest fields of the exchange, and no gatherers. */
  isOld = false
  /** Of the newest deploy. */
  settings: RoomSettings
  /** Null: as shipped. */
  gathererLimits: GathererLimits | null = null
  private instance: RoomInstance | null = null
  private clockReads = 0
  private statementsUntilCrash = 0
  private readonly scheduler: Timeline
  private readonly random: Random
  private readonly witness: ObjectWitness

  constructor(
    settings: RoomSettings,
    scheduler: Timeline,
    random: Random,
    faults: ObjectFaults,
    witness: ObjectWitness,
  ) {
    this.scheduler = scheduler
    this.random = random
    this.faults = faults
    this.witness = witness
    this.clockwork = new Clockwork(this, scheduler, random)
    this.settings = settings
    this.storage.onStatement = () => {
      if (this.statementsUntilCrash > 0 && --this.statementsUntilCrash === 0) throw new Crash('between two statements')
    }
    listenToLog((event, error) => {
      if (event === 'room_aborted' && !(error instanceof Crash)) witness.defect(event, error)
    })
  }

  /** By the object's clock. */
  get nowMs(): number {
    return this.scheduler.nowMs + this.clockOffsetMs
  }

  /** The clock as the shipped code reads it. */
  readClock(): number {
    this.clockReads++
    return this.nowMs
  }

  /** @throws Crash if the object crashed before or after the commit */
  exchange(request: ExchangeRequest): ExchangeAnswer {
    this.noteHeard(request)
    return this.event('exchange', (instance) => instance.exchange(request))
  }

  /** @throws like `exchange`, and if the code knows no gatherers */
  exchangeAll(all: GatheredRequest): GatheredAnswer {
    if (this.isOld) throw NOT_SUPPORTED
    for (const request of all.requests) this.noteHeard(request)
    return this.event('exchange', (instance) => instance.exchangeAll(all))
  }

  private noteHeard(request: ExchangeRequest): void {
    const { heardOfMs } = this
    if (heardOfMs === null) return
    for (const aged of [request.presence, request.departures, request.leased]) {
      for (const number of aged?.numbers ?? []) heardOfMs.set(number, this.scheduler.nowMs)
    }
    for (const { number } of request.claims) heardOfMs.set(number, this.scheduler.nowMs)
  }

  check(message: CheckMessage): void {
    this.event('check', (instance) => instance.check(message))
  }

  report(minute: number): void {
    this.event('report', (instance) => instance.report(minute))
  }

  operate(command: Command): void {
    this.witness.note(`operator: ${JSON.stringify(command)}`)
    this.event(command.kind, (instance) => instance.operate(this.settings.name, command, 'simulation'))
  }

  changeEvents(command: EventCommand): void {
    this.witness.note(`operator: ${JSON.stringify(command)}`)
    this.event('change-events', (instance) => instance.changeEvents(this.settings.name, command, 'simulation'))
  }

  /** New settings restart the code. */
  deploy(settings: RoomSettings, isOld: boolean): void {
    this.witness.note(`deploy: ${settings.total_active_users} users, ${settings.new_users_per_minute} a minute`)
    this.settings = settings
    this.isOld = isOld
    this.instance = null
  }

  stepClock(offsetMs: number): void {
    this.witness.note(`the object's clock is off by ${offsetMs} ms`)
    this.clockOffsetMs = offsetMs
    this.clockwork.clockStepped()
  }

  /** Two events: the first writes are committed, and other events may run before the second. */
  async alarm(): Promise<void> {
    const instance = this.begin()
    try {
      await instance.alarm()
    } catch (error) {
      if (!(error instanceof Crash)) this.witness.defect('alarm', error)
      throw error
    }
    if (this.instance === instance) this.commit('tick', instance)
  }

  /** An instance restored from the committed storage. It writes nothing. */
  restored(): RoomInstance {
    const sql = { exec: (text: string, ...values: unknown[]) => this.storage.exec(text, ...values) }
    const restored = new WaitingRoomObject({ id: {}, storage: { sql } }, {}, this.deployed({}))
    this.storage.rollback()
    return restored
  }

  private event<T>(what: string, work: (instance: RoomInstance) => T): T {
    const instance = this.begin()
    this.clockReads = 0
    let result: T
    try {
      result = work(instance)
      // A real clock may advance between two readings; this one does not.
      if (this.clockReads > 1) throw new Error(`the clock was read ${this.clockReads} times in one event`)
    } catch (error) {
      if (!(error instanceof Crash)) this.witness.defect(what, error)
      this.lose()
      throw error
    }
    this.commit(what, instance)
    if (this.random.chance(this.faults.evicted)) this.evict()
    return result
  }

  private begin(): RoomInstance {
    this.planCrash()
    try {
      this.instance ??= this.start()
    } catch (error) {
      if (!(error instanceof Crash)) this.witness.defect('start', error)
      this.lose()
      throw error
    }
    return this.instance
  }

  private planCrash(): void {
    const planned = this.random.chance(this.faults.crashBetweenStatements)
    this.statementsUntilCrash = planned ? this.random.whole(1, STATEMENTS_MAX) : 0
  }

  private commit(what: string, instance: RoomInstance): void {
    this.statementsUntilCrash = 0
    if (this.random.chance(this.faults.crashBeforeCommit)) {
      this.lose()
      throw new Crash('before the commit')
    }
    this.storage.commit()
    this.clockwork.release()
    this.witness.committed(what, this, instance)
    if (!this.random.chance(this.faults.crashAfterCommit)) return
    this.lose()
    throw new Crash('after the commit')
  }

  private lose(): void {
    if (this.instance !== null) {
      this.crashes++
      this.witness.note('crash')
    }
    this.statementsUntilCrash = 0
    this.instance = null
    this.storage.rollback()
    this.clockwork.forget()
  }

  private evict(): void {
    this.evictions++
    this.instance = null
  }

  private start(): RoomInstance {
    let started: RoomInstance | null = null
    const isDead = () => this.instance !== started && started !== null
    const alive = () => {
      if (isDead()) throw new Crash('this instance is gone')
    }
    const storage = {
      sql: {
        exec: (text: string, ...values: unknown[]) => {
          alive()
          return this.storage.exec(text, ...values)
        },
      },
      setAlarm: async (atMs: number) => this.clockwork.setAlarm(atMs),
      deleteAlarm: async () => this.clockwork.setAlarm(null),
      sync: async () => {
        alive()
        this.commit('armed', started as RoomInstance)
        await this.scheduler.sleep(this.random.whole(1, SYNC_MAX_MS))
        alive()
        this.planCrash()
      },
    }
    // The effects of background work are committed like an event.
    const waitUntil = (work: Promise<unknown>) => {
      const done = () => {
        if (!isDead() && this.storage.isUncommitted) this.commit('background', started as RoomInstance)
      }
      work.then(done).catch((error: unknown) => {
        if (!(error instanceof Crash)) this.witness.defect('background', error)
      })
    }
    const ctx = { id: {}, storage, waitUntil, abort: () => isDead() || this.lose() }
    const CHECKS = {
      send: async (body: unknown, options: { delaySeconds: number }) => this.clockwork.send(body, options),
    }
    started = new WaitingRoomObject(ctx, {}, this.deployed({ CHECKS }))
    const { gathererLimits } = this
    if (gathererLimits !== null) started.callers = new Callers(new GathererTier(gathererLimits))
    return started
  }

  private deployed(bindings: object): RoomDeploy {
    return { settings: { rooms: [this.settings] }, bindings }
  }
}
