/**
 * An isolate: the shipped room client in virtual time, with its own clock, behind a network that
 * loses, delays, repeats and cuts off calls. Records its requests and failed calls for the judge.
 */
import type { ExchangeAnswer, ExchangeRequest } from '../src/core/exchange.ts'
import type { GathererHint } from '../src/room/gatherer-hint.ts'
import type { GathererAnswer } from '../src/room/gatherer-object.ts'
import { PATIENCE_MAX_MS, PATIENCE_MIN_MS } from '../src/room/limits.ts'
import type { KeepAlive, RoomPort } from '../src/room/room-calls.ts'
import { RoomClient } from '../src/room/room-client.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'
import { type NetworkFaults, REPEATED_AFTER_MAX_MS, SLOW_MAX_MS, WAY_MAX_MS } from './faults.ts'
import type { Mutant } from './mutant.ts'
import { ofOldDeploy, toOldDeploy } from './old-deploy.ts'
import type { Random } from './random.ts'
import type { Timeline } from './scheduler.ts'
import type { SimulatedGatherers } from './simulated-gatherers.ts'
import type { SimulatedObject } from './simulated-object.ts'

export class SimulatedIsolate implements KeepAlive {
  client: RoomClient
  faults: NetworkFaults
  settings: RoomSettings
  isOld = false
  /** Cut off: calls or their answers do not arrive. */
  outage: 'none' | 'requests' | 'answers' = 'none'
  calls = 0
  /** Virtual times at which a call failed or hung, or the memory was lost. */
  readonly failuresMs: number[] = []
  /** Virtual times at which a call failed, or had no answer within the patience of a request. */
  readonly troublesMs: number[] = []
  /** Virtual times of visitor requests. */
  readonly askedMs: number[] = []
  private readonly object: SimulatedObject
  private readonly scheduler: Timeline
  private readonly random: Random
  private readonly mutant: Mutant
  /** The offset of its clock, ms. It must not affect anything. */
  readonly skewMs: number
  /** Null: the deployment has no gatherers. */
  gatherers: SimulatedGatherers | null = null
  /** Null: the isolate's location has no cache. */
  hint: GathererHint | null = null

  constructor(
    object: SimulatedObject,
    scheduler: Timeline,
    random: Random,
    faults: NetworkFaults,
    settings: RoomSettings,
    mutant: Mutant,
  ) {
    this.object = object
    this.scheduler = scheduler
    this.random = random
    this.faults = faults
    this.settings = settings
    this.mutant = mutant
    this.skewMs = random.chance(0.5) ? 0 : random.whole(-180_000, 180_000)
    this.client = this.newClient()
  }

  get nowMs(): number {
    return this.scheduler.nowMs + this.skewMs
  }

  /** A new isolate without memory takes over. Running requests end in the old one. */
  recycle(): void {
    this.failuresMs.push(this.scheduler.nowMs)
    this.client = this.newClient()
  }

  waitUntil(work: Promise<unknown>): void {
    work.catch(() => {})
  }

  private newClient(): RoomClient {
    const { scheduler, random } = this
    const port: RoomPort = {
      call: (request) => this.call(() => this.deliver(request)),
      gather: (request, gatherer) => this.gather(request, gatherer),
      hint: {
        read: async () => (await this.hint?.read()) ?? 0,
        write: async (gatherers) => this.hint?.write(gatherers),
      },
      nowMs: () => this.nowMs,
      after: (ms, callback) => scheduler.after(ms, callback),
      randomId: () => `${random.whole(0, 2 ** 31)}-${random.whole(0, 2 ** 31)}`,
      random: () => random.next(),
      onCallFailed: () => {
        this.failuresMs.push(scheduler.nowMs)
        this.troublesMs.push(scheduler.nowMs)
      },
    }
    const client = new RoomClient(this.settings.name, this.mutant.port?.(port) ?? port)
    this.mutant.client?.(client)
    return client
  }

  /** Old code knows no gatherers. */
  private gather(request: ExchangeRequest, gatherer: number): Promise<GathererAnswer> {
    const { gatherers } = this
    if (this.isOld || gatherers === null) return this.call(() => this.deliver(request))
    return this.call(() => gatherers.exchange(gatherer, request, () => this.noteHung()))
  }

  private async call<T>(deliver: () => T): Promise<Awaited<T>> {
    this.calls++
    const { faults, random, scheduler } = this
    const isAnswered = scheduler.after(PATIENCE_MIN_MS, () => this.troublesMs.push(scheduler.nowMs))
    if (random.chance(faults.hung)) return this.hang(deliver)
    await this.travel()
    if (this.outage === 'requests' || random.chance(faults.requestLost)) throw new Error('request lost')
    const answering = deliver()
    if (random.chance(faults.repeated)) this.repeatLater(deliver)
    const answer = await answering
    await this.travel()
    isAnswered()
    if (this.outage === 'answers' || random.chance(faults.answerLost)) throw new Error('answer lost')
    return answer
  }

  private deliver(request: ExchangeRequest): ExchangeAnswer {
    // An old object lends nothing.
    const { wantsLease, ...others } = request
    const asked = this.object.isOld || wantsLease === undefined ? others : request
    const answer = this.object.exchange(this.isOld ? ofOldDeploy(request) : asked)
    return this.isOld || this.object.isOld ? toOldDeploy(answer) : answer
  }

  private hang(deliver: () => unknown): Promise<never> {
    if (this.random.chance(0.5)) this.repeatLater(deliver)
    this.noteHung()
    return new Promise(() => {})
  }

  private noteHung(): void {
    const { failuresMs, scheduler } = this
    failuresMs.push(scheduler.nowMs)
    scheduler.after(PATIENCE_MAX_MS, () => failuresMs.push(scheduler.nowMs))
  }

  private travel(): Promise<void> {
    const isSlow = this.random.chance(this.faults.slow)
    return this.scheduler.sleep(this.random.whole(1, isSlow ? SLOW_MAX_MS : WAY_MAX_MS))
  }

  /** The network delivers the same call a second time. Its answer is lost. */
  private repeatLater(deliver: () => unknown): void {
    this.scheduler.after(this.random.whole(1, REPEATED_AFTER_MAX_MS), () => {
      try {
        void Promise.resolve(deliver()).catch(() => {})
      } catch {
        // This call may crash the object like any other.
      }
    })
  }
}
