/**
 * An isolate: the shipped room client, on virtual time, behind a network that loses, delays and repeats calls.
 */
import type { ExchangeAnswer, ExchangeRequest } from '../src/core/exchange.ts'
import { type KeepAlive, RoomClient } from '../src/room/room-client.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'
import type { SimulatedObject } from './simulated-object.ts'

export interface NetworkFaults {
  readonly requestLost: number
  readonly answerLost: number
  readonly repeated: number
  /** Longest way there or back, ms. */
  readonly delayMs: number
}

export class SimulatedIsolate implements KeepAlive {
  readonly client: RoomClient
  faults: NetworkFaults
  calls = 0
  private readonly object: SimulatedObject
  private readonly scheduler: Scheduler
  private readonly random: Random

  constructor(object: SimulatedObject, scheduler: Scheduler, random: Random, faults: NetworkFaults) {
    this.object = object
    this.scheduler = scheduler
    this.random = random
    this.faults = faults
    this.client = new RoomClient('simulated', {
      call: (request) => this.call(request),
      nowMs: () => scheduler.nowMs,
      after: (ms, callback) => scheduler.after(ms, callback),
      randomId: () => `${random.whole(0, 2 ** 31)}-${random.whole(0, 2 ** 31)}`,
      random: () => random.next(),
      onCallFailed: () => {},
    })
  }

  waitUntil(work: Promise<unknown>): void {
    work.catch(() => {})
  }

  private async call(request: ExchangeRequest): Promise<ExchangeAnswer> {
    this.calls++
    await this.travel()
    if (this.random.chance(this.faults.requestLost)) throw new Error('request lost')
    const answer = this.object.exchange(request)
    if (this.random.chance(this.faults.repeated)) this.repeatLater(request)
    await this.travel()
    if (this.random.chance(this.faults.answerLost)) throw new Error('answer lost')
    return answer
  }

  private travel(): Promise<void> {
    return this.scheduler.sleep(this.random.whole(1, this.faults.delayMs))
  }

  /** The network delivers the same call once more; nobody hears that answer. */
  private repeatLater(request: ExchangeRequest): void {
    this.scheduler.after(this.random.whole(1, 3000), () => {
      try {
        this.object.exchange(request)
      } catch {
        // A crash then is as good as any.
      }
    })
  }
}
