/**
 * The object of a room under load: as simulated-object.ts, on a platform that refuses calls beyond
 * its limit, loses the object for some seconds, and counts the calls.
 */
import type { ExchangeAnswer, ExchangeRequest } from '../../src/core/exchange.ts'
import type { GatheredAnswer, GatheredRequest } from '../../src/core/gathered.ts'
import { SimulatedObject } from '../simulated-object.ts'
import { PerSecond } from './tallies.ts'

/** The platform's soft limit for one object. */
const CALLS_PER_SECOND_MAX = 1_000

export class LoadedObject extends SimulatedObject {
  /** All calls that arrived, also those that were refused. */
  readonly arrived = new PerSecond()
  private downUntilMs = Number.NEGATIVE_INFINITY

  override exchange(request: ExchangeRequest): ExchangeAnswer {
    this.arrive()
    return super.exchange(request)
  }

  override exchangeAll(all: GatheredRequest): GatheredAnswer {
    this.arrive()
    return super.exchangeAll(all)
  }

  /** Its memory is lost, and calls fail for some time. */
  loseFor(ms: number): void {
    this.downUntilMs = this.nowMs + ms
    this.deploy(this.settings, false)
  }

  private arrive(): void {
    const { nowMs } = this
    if (this.arrived.count(nowMs) > CALLS_PER_SECOND_MAX) {
      throw Object.assign(new Error('the object is overloaded'), { overloaded: true })
    }
    if (nowMs < this.downUntilMs) throw new Error('the object is lost')
  }
}
