/**
 * The one call of the hot path: the request of an isolate, the answer of the object, and how the
 * line applies it.
 *
 * Plain data, so that it crosses an RPC. Fields may only be added and readers must not rely on new
 * ones: during a deploy, isolates and objects of two versions talk to each other for minutes.
 */
import { type AccessClaim, AccessRows } from './access.ts'
import { joinWithKey } from './access-joins.ts'
import type { TotalName } from './figures.ts'
import type { Lease } from './lending.ts'
import type { Line } from './line.ts'
import { countObstacles, type ObstacleCounts, type OriginReport } from './origin-report.ts'
import type { ClaimAnswer, ClaimDetails, JoinAnswer, Newcomer } from './places.ts'
import type { Snapshot } from './snapshot.ts'

/** Numbers, and how long ago each visitor was heard. */
export interface AgedNumbers {
  readonly numbers: Uint32Array
  readonly agesMs: Uint32Array
}

export interface ClaimRequest extends ClaimDetails {
  readonly number: number
  /** Which device asks: see holders.ts. Missing: an older version calls. */
  readonly holder?: number
  /** How long ago the visitor asked. */
  readonly ageMs?: number
}

/** One newcomer, as far as the isolate knows. Fields may only be added: see above. */
export interface JoinDetails extends Newcomer {
  /** The access key that is redeemed with the join. */
  readonly access?: AccessClaim
}

/** Counts of isolates that are added to the total of the same name, which figures.ts explains. */
export const CARRIED_TOTALS = [
  'honoured',
  'limited',
  'limitedByNetwork',
  'limitedByClient',
  'foreign',
  'checksPassed',
  'checksFailed',
  'checksOverlooked',
  'checksUnreachable',
  'infiniteAnswers',
  'proofsSolved',
  'proofsRefused',
  'slowJoins',
  'keysRefused',
  'keysMissing',
  'keyPasses',
  'fullAnswers',
] as const satisfies readonly TotalName[]

/** Counts of an isolate since its last answered call. Older versions leave some out. */
export interface CallCounts extends Readonly<Partial<Record<(typeof CARRIED_TOTALS)[number], number>>> {
  /** Calls that failed. */
  readonly failures: number
  readonly honoured: number
}

export interface ExchangeRequest extends CallCounts {
  readonly room: string
  /** A random id of the isolate, for pacing. */
  readonly isolate: string
  /** The run of all numbers below, 0 if the isolate knows none yet. */
  readonly run: number
  /** `gatherers` of the newest snapshot that the isolate knows. Missing: none. */
  readonly gatherers?: number
  /** The isolate knows an authentic token of this run, newer than `run`. Missing: none. */
  readonly needsRun?: number
  /** One random key per newcomer. */
  readonly joins: readonly string[]
  /** In the order of `joins`. Missing: nothing is known, or an older version calls. */
  readonly joinDetails?: readonly JoinDetails[]
  readonly claims: readonly ClaimRequest[]
  /** Numbers whose visitors gave up their place for good. */
  readonly leaves: readonly number[]
  /** Which device gives each of them up, in the order of `leaves`. Missing: the first one. */
  readonly leaveHolders?: readonly number[]
  /** Numbers whose page was left. */
  readonly departures: AgedNumbers
  /** Which device left each of them, in the order of `departures`. Missing: the first one. */
  readonly departureHolders?: readonly number[]
  readonly presence: AgedNumbers
  /**
   * Numbers whose session was used, which restarts `idle_timeout_seconds`. Missing: none, or an
   * older version calls.
   */
  readonly touches?: AgedNumbers
  /**
   * The origin since the last answered call. Missing: no request was forwarded, or an older version
   * calls.
   */
  readonly origin?: OriginReport
  /**
   * Newcomers whom the isolate expects within the life of a lease, and who could be admitted with
   * lent numbers. Missing: none, or an older version calls.
   */
  readonly wantsLease?: number
  /**
   * Lent numbers that were given to visitors, and how long ago. Repeated until a call is answered.
   */
  readonly leased?: AgedNumbers
  /** In the order of `leased`. */
  readonly leasedDetails?: readonly JoinDetails[]
  /** Lent numbers that were not used and will not be. Repeated until a call is answered. */
  readonly unusedLent?: Uint32Array
  /** Pages that got no beacon script since the last answered call, by reason. */
  readonly pagesWithoutBeacon?: Partial<ObstacleCounts>
}

/** `moved`: another device holds the place. Only claims with a `holder` get it. */
export type ExchangeClaimAnswer = ClaimAnswer | { readonly state: 'void' } | { readonly state: 'moved' }

/** `joins` and `claims` are in the order of the request. */
export interface LineAnswer {
  readonly run: number
  readonly joins: readonly JoinAnswer[]
  readonly claims: readonly ExchangeClaimAnswer[]
  /** Missing: nothing was lent, or an older version answers. */
  readonly lease?: Lease
}

export interface ExchangeAnswer extends LineAnswer {
  readonly snapshot: Snapshot
  /** The isolate's next call starts no sooner than this after the start of this one. */
  readonly nextCallAfterMs: number
}

/** Applies one call of an isolate: see `applyExchanges`. */
export function applyExchange(line: Line, request: ExchangeRequest, rows = new AccessRows()): LineAnswer {
  return applyExchanges(line, [request], rows)[0] as LineAnswer
}

/**
 * Applies the requests of one event in their order, then lends what is left to the isolates that
 * want it.
 * @param rows those that `accessSubjects` names; changed ones must be stored with the line
 */
export function applyExchanges(line: Line, requests: readonly ExchangeRequest[], rows: AccessRows): LineAnswer[] {
  const answers = requests.map((request) => applyRequest(line, request, rows))
  return answers.map((answer, i) => {
    const { isolate, wantsLease } = requests[i] as ExchangeRequest
    const lease = line.lending.lend(isolate, wantsLease ?? 0)
    return lease === null ? answer : { ...answer, lease }
  })
}

/**
 * Applies one request. The order matters: visitors who were heard return before tickets are
 * admitted, freed slots go to waiting tickets before newcomers, and claims see the admissions of
 * their own call. Numbers of another run change nothing.
 *
 * Calls carry issued numbers; the line orders by line numbers (draw-result.ts). This is the place
 * that translates, so a call that an isolate sent before it knew of a draw is understood.
 */
function applyRequest(line: Line, request: ExchangeRequest, rows: AccessRows): LineAnswer {
  const sameRun = request.run === line.run
  const { presence, course, holders } = line
  if (sameRun) {
    takePresented(line, request)
    forEachAged(request.presence, (number, ageMs) => presence.hear(course.lineNumber(number), ageMs))
    if (request.touches !== undefined)
      forEachAged(request.touches, (number, ageMs) => presence.touch(course.lineNumber(number), ageMs))
    // A device that no longer holds the place cannot make it fall silent sooner.
    forEachAged(request.departures, (number, ageMs, i) => {
      if (!holders.hasMovedOn(number, request.departureHolders?.[i] ?? 0))
        presence.depart(course.lineNumber(number), ageMs)
    })
    for (const [i, number] of request.leaves.entries()) {
      if (!holders.hasMovedOn(number, request.leaveHolders?.[i] ?? 0)) line.places.leave(course.lineNumber(number))
    }
    for (const { number, holder, ageMs } of request.claims) {
      if (!holders.hasMovedOn(number, holder)) presence.hear(course.lineNumber(number), ageMs ?? 0)
    }
  }
  line.totals.roomErrors += request.failures
  for (const total of CARRIED_TOTALS) line.totals[total] += request[total] ?? 0
  if (request.origin !== undefined) line.noteOrigin(request.origin)
  countObstacles(line.pagesWithoutBeacon, request.pagesWithoutBeacon)
  line.admit()
  const claims = request.claims.map(
    (claim): ExchangeClaimAnswer => (sameRun ? answerClaim(line, claim) : { state: 'void' }),
  )
  const joins = request.joins.map((key, i) => answerJoin(line, key, request.joinDetails?.[i], rows))
  return { run: line.run, claims, joins }
}

/**
 * Lent numbers that visitors hold, as the isolate reports or as their own messages show; then those
 * that came back.
 */
function takePresented({ lending, presence, course }: Line, request: ExchangeRequest): void {
  const { leased, leasedDetails, unusedLent } = request
  // A report may arrive after the visitor's first messages, or twice.
  for (const [i, issued] of (leased?.numbers ?? []).entries()) {
    const number = course.lineNumber(issued)
    lending.take(number, leasedDetails?.[i]?.network)
    presence.hear(number, leased?.agesMs[i] ?? 0)
  }
  if (lending.count === 0) return
  const take = (issued: number) => lending.take(course.lineNumber(issued))
  for (const { numbers } of [request.presence, request.departures]) for (const number of numbers) take(number)
  for (const { number } of request.claims) take(number)
  for (const number of request.leaves) take(number)
  if (unusedLent !== undefined) lending.giveBack(unusedLent)
}

function answerClaim(line: Line, claim: ClaimRequest): ExchangeClaimAnswer {
  if (line.holders.hasMovedOn(claim.number, claim.holder)) return { state: 'moved' }
  return line.places.claim(line.course.lineNumber(claim.number), claim)
}

function answerJoin(line: Line, key: string, details: JoinDetails | undefined, rows: AccessRows): JoinAnswer {
  const { access } = details ?? {}
  return access === undefined ? line.places.join(key, details) : joinWithKey(line, key, { ...details, access }, rows)
}

function forEachAged({ numbers, agesMs }: AgedNumbers, hear: (number: number, ageMs: number, i: number) => void): void {
  for (let i = 0; i < numbers.length; i++) hear(numbers[i] as number, agesMs[i] ?? 0, i)
}
