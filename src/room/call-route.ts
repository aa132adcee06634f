/**
 * Where an isolate's calls go: to the room's object, or to one of the gatherers before it.
 *
 * The id of an isolate decides its gatherer. After a failed or late call the isolate calls the next
 * gatherer, and returns some time later. After several failures in a row, or a longer silence of
 * all gatherers, it calls the object, until one call succeeds. A failure of the object itself, or a
 * gatherer with too much to do, never leads there: all isolates would call an object in trouble at
 * once. An object with too much to do leads to the gatherers, even an isolate that knows none.
 */
import { ageMs } from '../core/age.ts'
import type { ExchangeAnswer, ExchangeRequest } from '../core/exchange.ts'
import { gathererOf } from '../core/gatherers.ts'
import { isOverloaded } from './call-errors.ts'
import type { GathererAnswer } from './gatherer-object.ts'
import { GATHERER_AVOIDED_MS, GATHERER_FAILURES_MAX, GATHERERS_GUESSED, GATHERERS_SILENT_MS } from './limits.ts'

/** The calls that an isolate can make. */
export interface CallPorts {
  /** One call of the object. An error with `overloaded` forbids a retry. */
  call(request: ExchangeRequest): Promise<ExchangeAnswer>
  /** One call of a gatherer, 0 to the number of gatherers - 1. Missing: there are none. */
  gather?(request: ExchangeRequest, gatherer: number): Promise<GathererAnswer>
}

type Gather = NonNullable<CallPorts['gather']>

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
  /** The number of gatherers while the isolate knows none and the object has too much to do. */
  private guessed = 0
  private failuresInRow = 0
  private latest: Pending | null = null
  /** The start of the first call since gatherers last answered or failed; null: none is open. */
  private silentSinceMs: number | null = null

  constructor(ports: CallPorts) {
    this.ports = ports
  }

  /**
   * Makes a call.
   * @param patienceMs an earlier call without an answer for this long leads to another gatherer
   */
  async call(request: ExchangeRequest, nowMs: number, patienceMs: number): Promise<ExchangeAnswer> {
    const { gather } = this.ports
    if (gather === undefined) return this.ports.call(request)
    const gatherer = this.choose(request, nowMs, patienceMs)
    return gatherer === null
      ? this.callObject(gather, request, nowMs)
      : this.callGatherer(gather, gatherer, request, nowMs)
  }

  /** Null: the object. */
  private choose({ isolate, gatherers = 0 }: ExchangeRequest, nowMs: number, patienceMs: number): number | null {
    if (this.latest !== null && !this.latest.isLate && ageMs(this.latest.startMs, nowMs) >= patienceMs) {
      this.latest.isLate = true
      this.skip(nowMs)
    }
    const count = gatherers === 0 ? this.guessed : gatherers
    const isOver = this.skipped > 0 && ageMs(this.skippedMs, nowMs) >= GATHERER_AVOIDED_MS
    if (isOver || count !== this.gatherers) this.skipped = 0
    this.gatherers = count
    const isSilent = this.silentSinceMs !== null && ageMs(this.silentSinceMs, nowMs) >= GATHERERS_SILENT_MS
    if (count === 0 || this.failuresInRow >= GATHERER_FAILURES_MAX || isSilent) return null
    return (gathererOf(isolate, count) + this.skipped) % count
  }

  private async callObject(gather: Gather, request: ExchangeRequest, nowMs: number): Promise<ExchangeAnswer> {
    try {
      const answer = await this.ports.call(request)
      this.succeeded()
      return answer
    } catch (error) {
      if (!isOverloaded(error)) throw error
      this.failuresInRow = 0
      this.silentSinceMs = null
      this.guessed = GATHERERS_GUESSED
      const count = this.gatherers === 0 ? this.guessed : this.gatherers
      return this.callGatherer(gather, gathererOf(request.isolate, count), request, nowMs)
    }
  }

  private async callGatherer(
    gather: Gather,
    gatherer: number,
    request: ExchangeRequest,
    nowMs: number,
  ): Promise<ExchangeAnswer> {
    const pending = { startMs: nowMs, isLate: false }
    this.latest = pending
    this.silentSinceMs ??= nowMs
    let answer: GathererAnswer
    try {
      answer = await gather(request, gatherer)
    } catch (error) {
      if (!isOverloaded(error)) this.failuresInRow++
      if (!pending.isLate) this.skip(nowMs)
      throw error
    } finally {
      if (this.latest === pending) this.latest = null
      this.silentSinceMs = null
    }
    if (!('refused' in answer)) {
      this.succeeded()
      return answer
    }
    this.failuresInRow = 0
    if (answer.refused === 'not-supported') return this.ports.call(request)
    this.skip(nowMs)
    throw Object.assign(new Error(answer.message), { overloaded: answer.refused === 'overloaded' })
  }

  private succeeded(): void {
    this.failuresInRow = 0
    this.guessed = 0
    this.silentSinceMs = null
  }

  private skip(nowMs: number): void {
    this.skipped++
    this.skippedMs = nowMs
  }
}
