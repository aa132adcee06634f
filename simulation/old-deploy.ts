/**
 * The exchange of the first deploy: fields added since then do not cross between old and new code,
 * whichever side is old.
 */
import type { ExchangeAnswer, ExchangeRequest } from '../src/core/exchange.ts'
import type { Snapshot } from '../src/core/snapshot.ts'

export function ofOldDeploy(request: ExchangeRequest): ExchangeRequest {
  const { room, isolate, run, joins, claims, leaves, departures, presence, failures, honoured } = request
  const oldClaims = claims.map(({ number, beacon, touched }) => ({ number, beacon, touched }))
  return { room, isolate, run, joins, claims: oldClaims, leaves, departures, presence, failures, honoured }
}

const SNAPSHOT_FIELDS: readonly (keyof Snapshot)[] = [
  'run',
  'atMs',
  'mode',
  'frontier',
  'next',
  'head',
  'waiting',
  'active',
  'capacity',
  'ratePerMinute',
  'full',
  'blockRuns',
  'blockCounts',
  'headBlock',
  'headBits',
  'frontBlock',
  'frontBits',
  'admittedPerMinute',
  'observedAdmissions',
  'leaverSharePerMinute',
  'heartbeatTimeoutSeconds',
  'sessionTimeoutSeconds',
  'reclaimGraceSeconds',
]

export function toOldDeploy({ run, joins, claims, snapshot, nextCallAfterMs }: ExchangeAnswer): ExchangeAnswer {
  const fields = SNAPSHOT_FIELDS.map((field) => [field, snapshot[field]])
  return { run, joins, claims, snapshot: Object.fromEntries(fields) as Snapshot, nextCallAfterMs }
}
