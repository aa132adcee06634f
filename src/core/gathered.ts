/**
 * One call for many isolates: what a gatherer sends to the room's object, and the answer.
 *
 * A gatherer passes on whole requests, so joins, claims and reports work as in a direct call.
 * Losing a gatherer means losing a call, which isolates repeat like any other. Fields may only be
 * added, as in exchange.ts.
 */
import type { AgedNumbers, ExchangeRequest, LineAnswer } from './exchange.ts'
import type { Snapshot } from './snapshot.ts'

export interface GatheredRequest {
  readonly room: string
  /** A random id of the gatherer's instance, for pacing. */
  readonly gatherer: string
  /** In the order of their arrival. Ages include the time spent in the gatherer. */
  readonly requests: readonly ExchangeRequest[]
  /**
   * Hashes (`isolateHash`) of the isolates that the gatherer has answered from its copy since its
   * last answered call.
   */
  readonly heard: Uint32Array
}

export interface GatheredAnswer {
  /** In the order of the requests. */
  readonly answers: readonly LineAnswer[]
  readonly snapshot: Snapshot
  /** The gatherer's next call starts no sooner than this after the start of this one. */
  readonly nextCallAfterMs: number
}

/** The parts of a request that say who calls, and what the caller knows. */
const CALLER_FIELDS: ReadonlySet<string> = new Set<keyof ExchangeRequest>([
  'room',
  'isolate',
  'run',
  'gatherers',
  'needsRun',
])

/**
 * Whether a request asks for a snapshot and nothing else. An unknown field counts as something else
 * unless it is empty.
 */
export function asksOnlyForSnapshot(request: ExchangeRequest): boolean {
  return Object.entries(request).every(([field, value]) => CALLER_FIELDS.has(field) || isNothing(value))
}

function isNothing(value: unknown): boolean {
  if (value === 0 || value === undefined) return true
  if (Array.isArray(value) || value instanceof Uint32Array) return value.length === 0
  return value !== null && typeof value === 'object' && Object.values(value).every(isNothing)
}

/** A request whose ages have grown by the time that it waited. */
export function agedRequest(request: ExchangeRequest, waitedMs: number): ExchangeRequest {
  if (!(waitedMs > 0)) return request
  const { presence, departures, touches, leased, claims } = request
  return {
    ...request,
    presence: aged(presence, waitedMs),
    departures: aged(departures, waitedMs),
    ...(touches === undefined ? {} : { touches: aged(touches, waitedMs) }),
    ...(leased === undefined ? {} : { leased: aged(leased, waitedMs) }),
    claims: claims.map((claim) => ({ ...claim, ageMs: (claim.ageMs ?? 0) + waitedMs })),
  }
}

function aged({ numbers, agesMs }: AgedNumbers, waitedMs: number): AgedNumbers {
  return { numbers, agesMs: agesMs.map((ageMs) => ageMs + waitedMs) }
}

/** Joins, claims and reports of a request, by which a call is bounded. */
export function sizeOf(request: ExchangeRequest): number {
  const { joins, claims, leaves, presence, departures, touches, leased, unusedLent } = request
  const aged = [presence, departures, touches, leased].reduce((sum, part) => sum + (part?.numbers.length ?? 0), 0)
  return joins.length + claims.length + leaves.length + (unusedLent?.length ?? 0) + aged
}
