/**
 * Where an isolate's calls go: to the room's object, or to one of the gatherers before it.
 *
 * The id of an isolate decides its gatherer. After a failed or late call the isolate calls the next
 * gatherer, and returns some time later. After several failures in a row it calls the object, until
 * one call succeeds. A failure of the object itself, or a gatherer with too much to do, never leads
 * there: all isolates would call an object in trouble at once.
 */
import { ageMs } from '../core/age.ts'
import type { ExchangeAnswer, ExchangeRequest } from '../core/exchange.ts'
import { gathererOf } from '../core/gatherers.ts'
import { GATHERER_AVOIDED_MS, GATHERER_FAILURES_MAX } from '../limits.ts'
import { isOverloaded } from './call-errors.ts'
import type { GathererAnswer } from './gatherer-object.ts'

/** The calls that an isolate can make. */
export interface CallPorts {
  /** One call of the object. An error with `overloaded` forbids a retry. */
  call(request: ExchangeRequest): Promise<ExchangeAnswer>
  /** One call of a gatherer, 0 to the number of gatherers - 1. Missing: there are none. */
  gather?(request: ExchangeRequest, gatherer: number): Promise<GathererAnswer>
}

/** A call of a gatherer that has not been answered. */
interface Pending {
  readonly startMs: number
  isLate: boolean
}

export class CallRoute {
  private readonly ports: CallPorts
  /** How many gatherers further than its own the isolate calls. */
  private skipped = 0
  private skippedMs = Number.NEGATIVE_INFINITY
  private gatherers = 0
  private failuresInRow = 0
  private latest: Pending | null = null

  constructor(ports: CallPorts) {
    this.ports = ports
  }

  /**
   * Makes a call.
   * @param patienceMs an earlier call without an answer for this long has failed
   */
  async call(request: ExchangeRequest, nowMs: number, patienceMs: number): Promise<ExchangeAnswer> {
    const { gather } = this.ports
    if (gather === undefined) return this.callObject(request)
    const gatherer = this.choose(request, nowMs, patienceMs)
    if (gatherer === null) return this.callObject(request)
    return this.callGatherer(() => gather(request, gatherer), request, nowMs)
  }

  private choose({ isolate, gatherers = 0 }: ExchangeRequest, nowMs: number, patienceMs: number): number | null {
    if (this.latest !== null && !this.latest.isLate && ageMs(this.latest.startMs, nowMs) >= patienceMs) {
      this.latest.isLate = true
      this.failed(nowMs)
    }
    const isOver = this.skipped > 0 && ageMs(this.skippedMs, nowMs) >= GATHERER_AVOIDED_MS
    if (isOver || gatherers !== this.gatherers) this.skipped = 0
    this.gatherers = gatherers
    if (gatherers === 0 || this.failuresInRow >= GATHERER_FAILURES_MAX) return null
    return (gathererOf(isolate, gatherers) + this.skipped) % gatherers
  }

  private async callObject(request: ExchangeRequest): Promise<ExchangeAnswer> {
    const answer = await this.ports.call(request)
    this.failuresInRow = 0
    return answer
  }

  private async callGatherer(
    gather: () => Promise<GathererAnswer>,
    request: ExchangeRequest,
    nowMs: number,
  ): Promise<ExchangeAnswer> {
    const pending = { startMs: nowMs, isLate: false }
    this.latest = pending
    let answer: GathererAnswer
    try {
      answer = await gather()
    } catch (error) {
      if (isOverloaded(error)) this.skip(nowMs)
      else if (!pending.isLate) this.failed(nowMs)
      throw error
    } finally {
      if (this.latest === pending) this.latest = null
    }
    this.failuresInRow = 0
    if (!('refused' in answer)) return answer
    if (answer.refused === 'not-supported') return this.callObject(request)
    this.skip(nowMs)
    throw Object.assign(new Error(answer.message), { overloaded: answer.refused === 'overloaded' })
  }

  private failed(nowMs: number): void {
    this.failuresInRow++
    this.skip(nowMs)
  }

  private skip(nowMs: number): void {
    this.skipped++
    this.skippedMs = nowMs
  }
}
