/** The figures of a rehearsal: order, waits against estimates, errors, latency, leavers. */
import { percentile } from '../simulation/figures.ts'
import type { VisitRecord } from './record.ts'

/**
 * A poll is answered from a snapshot, which may be this old: a visitor who was told "not yet" may
 * have been admitted this long before.
 */
const SNAPSHOT_AGE_MS = 6_000

export interface Distribution {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly max: number
}

export interface Violation {
  readonly number: number
  readonly overtakenBy: number
}

export interface Analysis {
  readonly visitors: number
  readonly outcomes: Readonly<Record<string, number>>
  /** Visitors who got a number. */
  readonly joined: number
  readonly changedNumber: number
  readonly violations: readonly Violation[]
  /** From the arrival until the answer that lets in, seconds. */
  readonly waits: Distribution
  /** Time in line of those who left it, seconds. */
  readonly leaversWaits: Distribution
  readonly longestLine: number
  readonly estimates: {
    readonly shown: number
    /** The share whose range held. Null: none was shown to a visitor who was admitted. */
    readonly insideShare: number | null
    /** How far the wait was from the range, seconds; 0 inside. */
    readonly missSeconds: Distribution
  }
  readonly requests: number
  readonly errors: Readonly<Record<string, number>>
  readonly errorShare: number
  readonly siteMs: Distribution
}

export function analyse(records: readonly VisitRecord[]): Analysis {
  const requests = total(records, ({ requests: count }) => count)
  const errors = countBy(records.flatMap(({ errors: each }) => [...each]))
  const served = records.filter(({ admittedMs }) => admittedMs !== null)
  const leavers = records.filter(({ outcome }) => outcome === 'gave-up')
  const misses = served.flatMap(missesOf)
  const outcomes = countBy(records.map(({ outcome }) => [outcome ?? 'cut-off', 1]))
  return {
    visitors: records.length,
    outcomes,
    joined: records.filter(({ number }) => number !== null).length,
    changedNumber: records.filter(({ hasChangedNumber }) => hasChangedNumber).length,
    violations: violations(records),
    waits: distribution(served.map(({ admittedMs, arrivedMs }) => ((admittedMs as number) - arrivedMs) / 1000)),
    leaversWaits: distribution(leavers.map(({ leftMs, arrivedMs }) => ((leftMs ?? arrivedMs) - arrivedMs) / 1000)),
    longestLine: Math.max(0, ...course(records, timeInLine).map(([, count]) => count)),
    estimates: {
      shown: misses.length,
      insideShare: misses.length === 0 ? null : misses.filter((miss) => miss === 0).length / misses.length,
      missSeconds: distribution(misses),
    },
    requests,
    errors,
    errorShare: requests === 0 ? 0 : total(Object.values(errors), (count) => count) / requests,
    siteMs: distribution(records.flatMap(({ siteMs }) => siteMs)),
  }
}

/**
 * Visitors who certainly still waited when one with a higher number had certainly been let in. Both
 * times are the client's, so a violation is certain, while one within a poll goes unseen. Those who
 * took another number are left out.
 */
export function violations(records: readonly VisitRecord[]): Violation[] {
  const known = records.filter(({ number, hasChangedNumber }) => number !== null && !hasChangedNumber)
  const byNumber = known.sort((a, b) => (b.number as number) - (a.number as number))
  const found: Violation[] = []
  // The earliest admission among all higher numbers.
  let first: VisitRecord | null = null
  for (const record of byNumber) {
    const { lastWaitingMs, number } = record
    const isOvertaken =
      first !== null && lastWaitingMs !== null && lastWaitingMs > (first.admittedMs as number) + SNAPSHOT_AGE_MS
    if (isOvertaken) found.push({ number: number as number, overtakenBy: first?.number as number })
    if (record.admittedMs !== null && record.admittedMs < (first?.admittedMs ?? Number.POSITIVE_INFINITY))
      first = record
  }
  return found
}

function missesOf({ admittedMs, estimates }: VisitRecord): number[] {
  return estimates.map(({ atMs, lowSeconds, highSeconds }) => {
    const seconds = ((admittedMs as number) - atMs) / 1000
    return Math.max(0, lowSeconds - seconds, seconds - highSeconds)
  })
}

/** As the client saw it. Null: the visitor never waited. */
export function timeInLine({ lastWaitingMs, arrivedMs, admittedMs, leftMs }: VisitRecord): [number, number] | null {
  return lastWaitingMs === null ? null : [arrivedMs, admittedMs ?? leftMs ?? lastWaitingMs]
}

/** How many are inside their interval, at each change. */
export function course(
  records: readonly VisitRecord[],
  intervalOf: (record: VisitRecord) => readonly [number, number] | null,
): [number, number][] {
  const steps = records.flatMap((record) => {
    const interval = intervalOf(record)
    return interval === null ? [] : [[interval[0], 1] as const, [interval[1], -1] as const]
  })
  let now = 0
  return steps
    .sort(([a], [b]) => a - b)
    .map(([ms, step]) => {
      now += step
      return [ms, now]
    })
}

export function distribution(values: readonly number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
    max: sorted.at(-1) ?? 0,
  }
}

function total<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0)
}

function countBy(counts: readonly (readonly [string, number])[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [name, count] of counts) sums[name] = (sums[name] ?? 0) + count
  return sums
}
