/**
 * What an isolate has to tell the object of a room though nobody waits for an answer: who was heard, who said goodbye, how the
 * origin did, what was counted. Rides along with the next call; what a failed call took is put back.
 */

import type { CallCounts, ExchangeRequest } from '../core/exchange.ts'
import type { OriginReport } from '../core/origin-report.ts'
import { type BeaconObstacle, countObstacles, noObstacles, type ObstacleCounts } from '../core/origin-report.ts'
import { PRESENCE_MAX } from '../limits.ts'
import { AgedBuffer, toAgedNumbers } from './aged-buffer.ts'
import { CallCounter } from './call-counts.ts'
import { OriginTally, type OriginTurn } from './origin-tally.ts'

/** Taken along by one call. */
export interface TakenNews {
  /** By number, when it was heard. */
  readonly presence: ReadonlyMap<number, number>
  readonly departures: ReadonlyMap<number, number>
  /** By number, when its session was used last. */
  readonly touches: ReadonlyMap<number, number>
  readonly origin: OriginReport
  readonly counts: Required<CallCounts>
  readonly pagesWithoutBeacon: ObstacleCounts | null
}

export class News {
  private readonly presence = new AgedBuffer(PRESENCE_MAX)
  private readonly departures = new AgedBuffer(PRESENCE_MAX)
  private readonly touches = new AgedBuffer(PRESENCE_MAX)
  private readonly origin = new OriginTally()
  private readonly counter = new CallCounter()
  /** Null: there were none. */
  private pagesWithoutBeacon: ObstacleCounts | null = null

  /** Whether there is nothing that is worth a call of its own. */
  get isEmpty(): boolean {
    return this.presence.size + this.departures.size === 0 && this.origin.isEmpty && !this.counter.hasNews
  }

  /** Whoever is heard has not gone: a goodbye that was not told yet is taken back. */
  hear(number: number, heardMs: number): void {
    this.departures.remove(number)
    this.presence.add(number, heardMs)
  }

  /** A session was used; who uses it is heard besides. */
  touch(number: number, usedMs: number): void {
    this.touches.add(number, usedMs)
  }

  /** A claim that could not be made is no word that takes a goodbye back, but a sign of life. */
  hearClaim(number: number, heardMs: number): void {
    this.presence.add(number, heardMs)
  }

  depart(number: number, saidMs: number): void {
    this.departures.add(number, saidMs)
  }

  /** Another run began: its numbers are others. */
  forgetNumbers(): void {
    this.presence.clear()
    this.departures.clear()
    this.touches.clear()
  }

  count(what: keyof CallCounts, count = 1): void {
    this.counter.add(what, count)
  }

  countOrigin(turn: OriginTurn): void {
    this.origin.add(turn)
  }

  countPageWithoutBeacon(obstacle: BeaconObstacle): void {
    this.pagesWithoutBeacon = countObstacles(this.pagesWithoutBeacon ?? noObstacles(), { [obstacle]: 1 })
  }

  /** Takes everything, to be put back if the call fails. */
  take(): TakenNews {
    const { pagesWithoutBeacon } = this
    this.pagesWithoutBeacon = null
    return {
      presence: this.presence.take(),
      departures: this.departures.take(),
      touches: this.touches.take(),
      origin: this.origin.take(),
      counts: this.counter.take(),
      pagesWithoutBeacon,
    }
  }

  /** Puts back what a failed call had taken, except words at least `keptMs` old; the failure is counted, too. */
  putBack(taken: TakenNews, nowMs: number, keptMs: number): void {
    const { presence, departures, touches, origin, counts, pagesWithoutBeacon } = taken
    this.counter.putBack({ ...counts, failures: counts.failures + 1 })
    this.presence.putBack(presence, nowMs, keptMs)
    this.departures.putBack(departures, nowMs, keptMs)
    this.touches.putBack(touches, nowMs, keptMs)
    this.origin.putBack(origin)
    if (pagesWithoutBeacon === null) return
    this.pagesWithoutBeacon = countObstacles(pagesWithoutBeacon, this.pagesWithoutBeacon ?? undefined)
  }
}

type CarriedNews = Pick<
  ExchangeRequest,
  'presence' | 'departures' | 'touches' | 'origin' | 'pagesWithoutBeacon' | keyof CallCounts
>

/** As a call carries it. */
export function toCarried(
  { presence, departures, touches, origin, counts, pagesWithoutBeacon }: TakenNews,
  nowMs: number,
): CarriedNews {
  return {
    presence: toAgedNumbers(presence, nowMs),
    departures: toAgedNumbers(departures, nowMs),
    ...counts,
    ...(touches.size === 0 ? {} : { touches: toAgedNumbers(touches, nowMs) }),
    ...(origin.requests === 0 ? {} : { origin }),
    ...(pagesWithoutBeacon === null ? {} : { pagesWithoutBeacon }),
  }
}
