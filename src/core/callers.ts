/**
 * The callers of a room's object, isolates and gatherers: how often each may call, and how many
 * gatherers there are.
 *
 * Both are paced alike, and each leaves room for the other's calls. A share of the calls is kept
 * for gatherers: each stands for many isolates, and must not wait because all isolates are new at
 * once.
 */
import type { ExchangeRequest } from './exchange.ts'
import type { GatheredRequest } from './gathered.ts'
import { GathererTier, isolateHash } from './gatherers.ts'
import { CALLS_PER_SECOND_TARGET } from './limits.ts'
import { Pacing } from './pacing.ts'

/** At least this many calls a second are for gatherers. */
const GATHERED_PER_SECOND_MIN = CALLS_PER_SECOND_TARGET / 4

export class Callers {
  private readonly tier: GathererTier
  private readonly isolates = new Pacing()
  private readonly gatherers = new Pacing(GATHERED_PER_SECOND_MIN)
  private received = 0
  private gatheredCount = 0

  constructor(tier = new GathererTier()) {
    this.tier = tier
  }

  /** Calls since the object started. */
  get calls(): number {
    return this.received
  }

  /** Calls of isolates that came through gatherers since then. */
  get gatheredCalls(): number {
    return this.gatheredCount
  }

  /** The number of gatherers for the snapshot. */
  gatherersNow(nowMs: number): number {
    return this.tier.count(nowMs)
  }

  /** An isolate called. Returns how long after it the isolate may call again, ms. */
  direct(request: ExchangeRequest, nowMs: number): number {
    this.received++
    this.hear(request, nowMs)
    this.gatherers.leaveRoom(nowMs)
    const nextCallAfterMs = this.isolates.nextCallAfterMs(request.isolate, nowMs)
    if (this.isolates.isRush) this.tier.expectMany(nowMs)
    return nextCallAfterMs
  }

  /** A gatherer called. Returns how long after it the gatherer may call again, ms. */
  gathered({ gatherer, requests, heard }: GatheredRequest, nowMs: number): number {
    this.received++
    this.gatheredCount += requests.length
    for (const request of requests) this.hear(request, nowMs)
    for (const hash of heard) this.tier.hear(hash, 0, nowMs)
    this.isolates.leaveRoom(nowMs)
    return this.gatherers.nextCallAfterMs(gatherer, nowMs)
  }

  private hear({ isolate, gatherers }: ExchangeRequest, nowMs: number): void {
    this.tier.hear(isolateHash(isolate), gatherers ?? 0, nowMs)
  }
}
