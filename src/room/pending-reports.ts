/**
 * Reports of an isolate to a room's object for which no request waits: visitors heard and gone,
 * outcomes of the origin, counters. The next call carries all of them. Reports of a failed call are
 * put back.
 */
import { ageMs } from '../core/age.ts'
import { type AgedNumbers, CARRIED_TOTALS, type CallCounts, type ExchangeRequest } from '../core/exchange.ts'
import { eachFigure } from '../core/figures.ts'
import { bucketOf } from '../core/histogram.ts'
import { ORIGIN_LATENCY_BUCKETS_MS } from '../core/limits.ts'
import type { OriginReport } from '../core/origin-report.ts'
import { type BeaconObstacle, countObstacles, noObstacles, type ObstacleCounts } from '../core/origin-report.ts'
import { PRESENCE_MAX } from './limits.ts'

/** The outcome of one request to the origin. */
export interface OriginOutcome {
  readonly failed: boolean
  /** Until the origin's headers or the time-out; null when the origin could not be reached. */
  readonly latencyMs: number | null
}

/** The reports in the form that a call carries. */
type WireReports = Pick<
  ExchangeRequest,
  'presence' | 'departures' | 'departureHolders' | 'touches' | 'origin' | 'pagesWithoutBeacon' | keyof CallCounts
>

export class PendingReports {
  private readonly presence = new TimedNumbers()
  private readonly departures = new TimedNumbers()
  /** Which device left, of places that moved: see core/holders.ts. */
  private readonly departureHolders = new Map<number, number>()
  private readonly touches = new TimedNumbers()
  private readonly origin = new OriginTally()
  private readonly counts: Record<keyof CallCounts, number> = { failures: 0, ...eachFigure(CARRIED_TOTALS, () => 0) }
  private pagesWithoutBeacon: ObstacleCounts | null = null

  /**
   * Whether nothing here justifies a call: failures, passes honoured, touches and obstacles only
   * ride along.
   */
  get isEmpty(): boolean {
    const { limited, limitedByNetwork, limitedByClient, foreign, keysRefused } = this.counts
    const refused = limited + limitedByNetwork + limitedByClient + foreign + keysRefused
    return this.presence.size + this.departures.size + this.origin.requests + refused === 0
  }

  /** A visitor was heard. Cancels a departure that was not sent yet. */
  hear(number: number, heardMs: number): void {
    this.departures.remove(number)
    this.presence.add(number, heardMs)
  }

  /**
   * A visitor made a claim that could not be sent. Unlike `hear` it does not cancel a departure.
   */
  hearClaim(number: number, heardMs: number): void {
    this.presence.add(number, heardMs)
  }

  /** A session was used. Callers report its presence separately. */
  touch(number: number, usedMs: number): void {
    this.touches.add(number, usedMs)
  }

  /** @param holder which device left, 0: the first one */
  depart(number: number, departedMs: number, holder: number): void {
    const known = this.departureHolders.get(number) ?? 0
    // The place has moved on from this device.
    if (holder < known) return
    if (holder > known) this.departureHolders.set(number, holder)
    this.departures.add(number, departedMs)
  }

  /** For a new run: numbers of the previous run mean nothing in it. */
  forgetNumbers(): void {
    for (const numbers of [this.presence, this.departures, this.departureHolders, this.touches]) numbers.clear()
  }

  count(what: keyof CallCounts, count = 1): void {
    this.counts[what] += count
  }

  countOrigin(outcome: OriginOutcome): void {
    this.origin.add(outcome)
  }

  countPageWithoutBeacon(obstacle: BeaconObstacle): void {
    this.pagesWithoutBeacon ??= noObstacles()
    this.pagesWithoutBeacon[obstacle]++
  }

  /**
   * Takes back what a failed call carried, except times at least `keptMs` old, and counts the
   * failure.
   */
  putBack(failed: PendingReports, nowMs: number, keptMs: number): void {
    this.presence.putBack(failed.presence, nowMs, keptMs)
    this.departures.putBack(failed.departures, nowMs, keptMs)
    for (const [number, holder] of failed.departureHolders) {
      this.departureHolders.set(number, Math.max(holder, this.departureHolders.get(number) ?? 0))
    }
    this.touches.putBack(failed.touches, nowMs, keptMs)
    this.origin.putBack(failed.origin)
    for (const what of Object.keys(this.counts) as (keyof CallCounts)[]) this.count(what, failed.counts[what])
    this.count('failures')
    if (failed.pagesWithoutBeacon === null) return
    this.pagesWithoutBeacon = countObstacles(failed.pagesWithoutBeacon, this.pagesWithoutBeacon ?? undefined)
  }

  toWire(nowMs: number): WireReports {
    const { touches, origin, counts, pagesWithoutBeacon, departureHolders } = this
    const departures = this.departures.toWire(nowMs)
    const holders = () => Array.from(departures.numbers, (number) => departureHolders.get(number) ?? 0)
    return {
      presence: this.presence.toWire(nowMs),
      departures,
      ...(departureHolders.size === 0 ? {} : { departureHolders: holders() }),
      ...counts,
      ...(touches.size === 0 ? {} : { touches: touches.toWire(nowMs) }),
      ...(origin.requests === 0 ? {} : { origin: origin.toWire() }),
      ...(pagesWithoutBeacon === null ? {} : { pagesWithoutBeacon }),
    }
  }
}

/**
 * The latest time of each number. The number reported longest ago is dropped when there are too
 * many.
 */
class TimedNumbers {
  private readonly timesMs = new Map<number, number>()

  get size(): number {
    return this.timesMs.size
  }

  add(number: number, atMs: number): void {
    if (atMs < (this.timesMs.get(number) ?? 0)) return
    this.timesMs.delete(number)
    this.timesMs.set(number, atMs)
    if (this.timesMs.size <= PRESENCE_MAX) return
    const [oldest] = this.timesMs.keys()
    this.timesMs.delete(oldest as number)
  }

  remove(number: number): void {
    this.timesMs.delete(number)
  }

  clear(): void {
    this.timesMs.clear()
  }

  putBack(failed: TimedNumbers, nowMs: number, keptMs: number): void {
    for (const [number, atMs] of failed.timesMs) if (ageMs(atMs, nowMs) < keptMs) this.add(number, atMs)
  }

  /** As ages, since the clocks of isolates differ. */
  toWire(nowMs: number): AgedNumbers {
    const numbers = Uint32Array.from(this.timesMs.keys())
    const agesMs = Uint32Array.from(this.timesMs.values(), (atMs) => Math.max(0, nowMs - atMs))
    return { numbers, agesMs }
  }
}

/** Outcomes of the origin. Counts in place, since every proxied request adds one. */
class OriginTally {
  requests = 0
  private errors = 0
  private readonly counts = new Array<number>(ORIGIN_LATENCY_BUCKETS_MS.length + 1).fill(0)
  private sumMs = 0

  add({ failed, latencyMs }: OriginOutcome): void {
    this.requests++
    if (failed) this.errors++
    if (latencyMs === null) return
    ;(this.counts[bucketOf(ORIGIN_LATENCY_BUCKETS_MS, latencyMs)] as number)++
    this.sumMs += latencyMs
  }

  putBack({ requests, errors, counts, sumMs }: OriginTally): void {
    this.requests += requests
    this.errors += errors
    for (const [i, count] of counts.entries()) (this.counts[i] as number) += count
    this.sumMs += sumMs
  }

  toWire(): OriginReport {
    const { requests, errors, counts, sumMs } = this
    return { requests, errors, latency: { counts, sumMs } }
  }
}
