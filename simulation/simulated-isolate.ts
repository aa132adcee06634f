/**
 * An isolate: the shipped room client in virtual time, with its own clock, behind a network that
 * loses, delays, repeats and cuts off calls. Records its requests and failed calls for the judge.
 */
import type { ExchangeAnswer, ExchangeRequest } from '../src/core/exchange.ts'
import { PATIENCE_MAX_MS, PATIENCE_MIN_MS } from '../src/limits.ts'
import { type KeepAlive, RoomClient, type RoomPort } from '../src/room/room-client.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'
import type { NetworkFaults } from './faults.ts'
import { ofOldDeploy, toOldDeploy } from './old-deploy.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedObject } from './simulated-object.ts'

/** A defect put into a client: tests show that the judges notice it. */
export interface Mutant {
  readonly port?: (port: RoomPort) => RoomPort
  readonly client?: (client: RoomClient) => void
}

export const WAY_MAX_MS = 40
export const REPEATED_AFTER_MAX_MS = 3_000
export const SLOW_MAX_MS = 4_000

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
  private readonly scheduler: Scheduler
  private readonly random: Random
  private readonly mutant: Mutant
  /** The offset of its clock, ms. It must not affect anything. */
  private readonly skewMs: number

  constructor(
    object: SimulatedObject,
    scheduler: Scheduler,
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
      call: (request) => this.call(request),
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

  private async call(request: ExchangeRequest): Promise<ExchangeAnswer> {
    this.calls++
    const { faults, random, scheduler } = this
    const isAnswered = scheduler.after(PATIENCE_MIN_MS, () => this.troublesMs.push(scheduler.nowMs))
    if (random.chance(faults.hung)) return this.hang(request)
    await this.travel()
    if (this.outage === 'requests' || random.chance(faults.requestLost)) throw new Error('request lost')
    const answer = this.deliver(request)
    if (random.chance(faults.repeated)) this.repeatLater(request)
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

  private hang(request: ExchangeRequest): Promise<ExchangeAnswer> {
    if (this.random.chance(0.5)) this.repeatLater(request)
    const { failuresMs, scheduler } = this
    failuresMs.push(scheduler.nowMs)
    scheduler.after(PATIENCE_MAX_MS, () => failuresMs.push(scheduler.nowMs))
    return new Promise(() => {})
  }

  private travel(): Promise<void> {
    const isSlow = this.random.chance(this.faults.slow)
    return this.scheduler.sleep(this.random.whole(1, isSlow ? SLOW_MAX_MS : WAY_MAX_MS))
  }

  /** The network delivers the same call a second time. Its answer is lost. */
  private repeatLater(request: ExchangeRequest): void {
    this.scheduler.after(this.random.whole(1, REPEATED_AFTER_MAX_MS), () => {
      try {
        this.deliver(request)
      } catch {
        // This call may crash the object like any other.
      }
    })
  }
}
