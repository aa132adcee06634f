/**
 * The one call of the hot path: what isolates send to the object and what it answers, and how the line takes it in.
 *
 * Plain data, so that it crosses an RPC. Fields may only be added, and readers must do without them: isolates and objects
 * of two deploys talk to each other for minutes.
 */
import type { ClaimAnswer, ClaimDetails, JoinAnswer } from './answers.ts'
import { countObstacles, type ObstacleCounts } from './beacon-obstacles.ts'
import type { Line } from './line.ts'
import type { OriginReport } from './origin-latency.ts'
import type { Snapshot } from './snapshot.ts'

/** A number and how long ago its visitor was heard, ms. */
export interface AgedNumbers {
  readonly numbers: Uint32Array
  readonly agesMs: Uint32Array
}

export interface ClaimRequest extends ClaimDetails {
  readonly number: number
  /** How long ago its visitor asked. */
  readonly ageMs?: number
}

/** What an isolate counted since its last call that was answered. */
export interface CallCounts {
  /** Calls that failed, and passes honoured without an answer. */
  readonly failures: number
  readonly honoured: number
  /** Newcomers that the join limit refused. */
  readonly limited?: number
  /** Tokens that came from another client than they were given to. */
  readonly foreign?: number
}

export interface ExchangeRequest extends CallCounts {
  readonly room: string
  /** A random id of the isolate's memory, for pacing. */
  readonly isolate: string
  /** The run that all numbers here belong to, 0 when the isolate knows none yet. */
  readonly run: number
  /** One random key per newcomer. */
  readonly joins: readonly string[]
  readonly claims: readonly ClaimRequest[]
  /** Numbers given up for good. */
  readonly leaves: readonly number[]
  /** Numbers whose page said goodbye. */
  readonly departures: AgedNumbers
  readonly presence: AgedNumbers
  /** Numbers whose session was used: `idle_timeout_seconds` begins anew. Missing: none, or an older version calls. */
  readonly touches?: AgedNumbers
  /** How the origin did since the last call that was answered; missing: nothing was asked of it, or an older version calls. */
  readonly origin?: OriginReport
  /** Pages that got no beacon script, by reason, since the last call that was answered. */
  readonly pagesWithoutBeacon?: Partial<ObstacleCounts>
}

export type ExchangeClaimAnswer = ClaimAnswer | { readonly state: 'void' }

/** `joins` and `claims` are answered in the order they were asked. */
export interface LineAnswer {
  readonly run: number
  readonly joins: readonly JoinAnswer[]
  readonly claims: readonly ExchangeClaimAnswer[]
}

export interface ExchangeAnswer extends LineAnswer {
  readonly snapshot: Snapshot
  /** The isolate's next call starts no sooner than this after the start of the one answered. */
  readonly nextCallAfterMs: number
}

/**
 * One isolate's call, in this order: those heard come back before anyone is admitted; slots given up go to those who wait
 * before a newcomer may have one; a claim sees the admissions of its own call. Numbers of another run touch nothing.
 */
export function applyExchange(line: Line, request: ExchangeRequest): LineAnswer {
  const sameRun = request.run === line.run
  if (sameRun) {
    forEachAged(request.presence, (number, ageMs) => line.hear(number, ageMs))
    if (request.touches !== undefined) forEachAged(request.touches, (number, ageMs) => line.touch(number, ageMs))
    forEachAged(request.departures, (number, ageMs) => line.depart(number, ageMs))
    for (const number of request.leaves) line.leave(number)
    for (const { number, ageMs } of request.claims) line.hear(number, ageMs ?? 0)
  }
  line.totals.roomErrors += request.failures
  line.totals.honoured += request.honoured
  if (request.origin !== undefined) line.noteOrigin(request.origin)
  countObstacles(line.pagesWithoutBeacon, request.pagesWithoutBeacon)
  line.totals.limited += request.limited ?? 0
  line.totals.foreign += request.foreign ?? 0
  line.admit()
  return {
    run: line.run,
    claims: request.claims.map((claim) => (sameRun ? line.claim(claim.number, claim) : { state: 'void' })),
    joins: request.joins.map((key) => line.join(key)),
  }
}

function forEachAged({ numbers, agesMs }: AgedNumbers, hear: (number: number, ageMs: number) => void): void {
  for (let i = 0; i < numbers.length; i++) hear(numbers[i] as number, agesMs[i] ?? 0)
}
