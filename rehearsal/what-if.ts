/** The crowd of a rehearsal again, at other capacities. */
import { type Arrival, type WhatIf, whatIf } from '../simulation/what-if.ts'
import { lineRules } from '../src/settings/rooms.ts'
import type { VisitRecord } from './record.ts'
import type { RoomLimits } from './room-figures.ts'

const SHARES = [0.5, 0.75, 1, 1.5, 2]

export function otherCapacities({ capacity, ratePerMinute }: RoomLimits, records: readonly VisitRecord[]): WhatIf[] {
  const arrivals = arrivalsOf(records)
  const capacities = [...new Set(SHARES.map((share) => Math.max(1, Math.round(capacity * share))))]
  return capacities.map((each) => whatIf({ ...lineRules(undefined), capacity: each, ratePerMinute }, arrivals))
}

/** Visitors who took a place, in the order in which they came. */
function arrivalsOf(records: readonly VisitRecord[]): Arrival[] {
  const joined = records.filter(({ number }) => number !== null)
  const startMs = Math.min(...joined.map(({ arrivedMs }) => arrivedMs))
  return joined
    .map(({ arrivedMs, patienceMs, stayMs }) => ({
      seconds: (arrivedMs - startMs) / 1000,
      patienceSeconds: patienceMs / 1000,
      staySeconds: stayMs / 1000,
    }))
    .sort((a, b) => a.seconds - b.seconds)
}
