/** The gatherers of one region, with the calls that each gets from isolates. */
import type { ExchangeRequest } from '../../src/core/exchange.ts'
import type { GathererAnswer } from '../../src/room/gatherer-object.ts'
import { SimulatedGatherers } from '../simulated-gatherers.ts'
import { PerSecond } from './tallies.ts'

export class CountedGatherers extends SimulatedGatherers {
  readonly arrived = new Map<number, PerSecond>()

  override exchange(gatherer: number, request: ExchangeRequest, onHung: () => void): Promise<GathererAnswer> {
    let arrived = this.arrived.get(gatherer)
    if (arrived === undefined) {
      arrived = new PerSecond()
      this.arrived.set(gatherer, arrived)
    }
    arrived.count(this.nowMs)
    return super.exchange(gatherer, request, onHung)
  }
}
