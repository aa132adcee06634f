import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf } from '../../src/core/histogram.ts'
import { ORIGIN_LATENCY_BUCKETS_MS } from '../../src/core/limits.ts'
import type { OriginReport } from '../../src/core/origin-report.ts'
import { takeSnapshot } from '../../src/core/snapshot.ts'
import { SnapshotView } from '../../src/core/snapshot-view.ts'
import { aged, DrivenLine } from './support/driven-line.ts'

/** Requests that take this long each. The first `errors` of them fail. */
function report(requests: number, errors: number, latencyMs = 20): OriginReport {
  const counts = new Array<number>(ORIGIN_LATENCY_BUCKETS_MS.length + 1).fill(0)
  counts[bucketOf(ORIGIN_LATENCY_BUCKETS_MS, latencyMs)] = requests
  return { requests, errors, latency: { counts, sumMs: requests * latencyMs } }
}

function together(...reports: OriginReport[]): OriginReport {
  const sum = (figure: (r: OriginReport) => number) => reports.reduce((total, r) => total + figure(r), 0)
  const counts = (reports[0] as OriginReport).latency.counts.map((_, i) => sum((r) => r.latency.counts[i] ?? 0))
  return {
    requests: sum((r) => r.requests),
    errors: sum((r) => r.errors),
    latency: { counts, sumMs: sum((r) => r.latency.sumMs) },
  }
}

const UNREACHABLE: OriginReport = { requests: 20, errors: 20, latency: { counts: [], sumMs: 0 } }

/** The factor after each of these ticks. */
function factors(line: DrivenLine, origins: (OriginReport | null)[], waiting: number[] = []): number[] {
  return origins.map((origin) => {
    line.pass(10).exchange(origin === null ? {} : { origin })
    line.hear(waiting)
    line.tick()
    return line.line.admissionFactor
  })
}

const guarded = (changes = {}) => new DrivenLine({ originErrorRatioMax: 0.2, capacity: 100, ...changes })
const BAD = report(20, 5)
const GOOD = report(20, 4)
const TO_A_STOP = [BAD, BAD, BAD, BAD]
const times = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value)

describe('the origin guard', () => {
  it('is off by default', () => {
    const line = new DrivenLine()
    expect(factors(line, [UNREACHABLE, report(100, 100, 60_000), BAD])).toEqual([1, 1, 1])
  })

  it('halves the rate with each bad tick, stops below a tenth, and adds a tenth with each good one', () => {
    const line = guarded()
    expect(factors(line, TO_A_STOP)).toEqual([0.5, 0.25, 0.125, 0])
    expect(factors(line, [BAD, GOOD, GOOD, BAD, GOOD])).toEqual([0, 0.1, 0.2, 0.1, 0.2])
    expect(factors(line, times(9, GOOD)).map((factor) => Math.round(factor * 10))).toEqual([
      3, 4, 5, 6, 7, 8, 9, 10, 10,
    ])
  })

  it('probes a site that has no visitors left', () => {
    const line = guarded()
    factors(line, TO_A_STOP)
    expect(factors(line, times(10, null)).at(-1)).toBe(1)
  })

  it('judges only enough requests, gathered over ticks for at most a minute', () => {
    const few = report(4, 4)
    expect(factors(guarded(), [few, few, few, few])).toEqual([1, 1, 0.5, 0.5])
    const line = guarded()
    factors(line, TO_A_STOP)
    expect(factors(line, [report(1, 1), ...times(6, null)])).toEqual([0, 0, 0, 0, 0, 0.1, 0.2])
  })

  it('calls a site slow if more than a tenth of the requests exceed the limit or get no answer', () => {
    const slow = { originErrorRatioMax: 0, originLatencyMaxMs: 1000 }
    expect(factors(guarded(slow), [together(report(90, 0, 1000), report(10, 0, 1001))])).toEqual([1])
    expect(factors(guarded(slow), [together(report(89, 0, 1000), report(11, 0, 1001))])).toEqual([0.5])
    expect(factors(guarded(slow), [UNREACHABLE])).toEqual([0.5])
    expect(factors(guarded({ ...slow, originErrorRatioMax: 0.2 }), [report(20, 5, 10)])).toEqual([0.5])
  })

  it('does not call a site slow for requests without a latency, such as uploads', () => {
    const slow = { originErrorRatioMax: 0, originLatencyMaxMs: 1000 }
    const uploads: OriginReport = { ...UNREACHABLE, errors: 0 }
    expect(factors(guarded(slow), [uploads, together(report(10, 0, 20), uploads)])).toEqual([1, 1])
    expect(factors(guarded(slow), [together(report(10, 0, 2000), uploads)])).toEqual([0.5])
    // Requests that failed without a time count as before.
    expect(factors(guarded(slow), [together(report(80, 0, 20), { ...UNREACHABLE, errors: 10 })])).toEqual([0.5])
  })

  it('keeps its factor over a crash, and starts at the full rate with data of an older version', () => {
    const line = guarded()
    line.join(1)
    factors(line, [BAD, BAD])
    line.crash()
    expect(line.line.admissionFactor).toBe(0.25)
    line.forget('originGuard')
    line.crash()
    expect(line.line.admissionFactor).toBe(1)
  })

  it('keeps its factor over a reset', () => {
    const line = guarded()
    factors(line, TO_A_STOP)
    const next = line.line.startOver(line.line.run + 1, line.nowMs)
    expect([next.admissionFactor, next.pace.ratePerMinute]).toEqual([0, 0])
    next.beginCall(line.nowMs)
    expect(next.places.join('early')).toMatchObject({ state: 'waiting', number: 1 })
  })

  it('restores the full rate at once when it is turned off', () => {
    const line = guarded()
    line.join(1)
    factors(line, TO_A_STOP)
    line.crash({ originErrorRatioMax: 0 })
    expect(line.line.admissionFactor).toBe(1)
  })
})

describe('a room whose site fails', () => {
  it('admits nobody despite free slots and saved credit, keeps visitors on the site, and reports it', () => {
    const line = guarded({ capacity: 5, ratePerMinute: 600 })
    expect(line.join(2)).toEqual([1, 2])
    for (const number of [1, 2]) line.claim(number)
    factors(line, TO_A_STOP, [1, 2])
    expect(line.join(2)).toEqual([3, 4])
    expect(line.states(1, 2, 3, 4)).toEqual(['active', 'active', 'waiting', 'waiting'])
    line.pass(9).hear([1, 2, 3, 4])
    expect(line.states(3, 4)).toEqual(['waiting', 'waiting'])
    // The room is not stalled: it is supposed to admit nobody.
    expect(line.line.isStalled(line.nowMs + 60_000)).toBe(false)
    const snapshot = takeSnapshot(line.line, line.nowMs)
    expect(snapshot).toMatchObject({ ratePerMinute: 0, admissionFactor: 0 })
    expect(new SnapshotView({ ...snapshot, admittedPerMinute: 60 }).estimate(1)).toBeNull()
    factors(line, [GOOD], [1, 2, 3, 4])
    line.pass(1).hear([3, 4])
    expect(line.states(3, 4)).toEqual(['offered', 'waiting'])
  })

  it('shows the longer wait at once when admission slows', () => {
    const line = guarded({ capacity: 1000, ratePerMinute: 60 })
    line.join(60)
    const wait = () => new SnapshotView(takeSnapshot(line.line, line.nowMs)).estimate(30)?.likelySeconds
    const all = Array.from({ length: 60 }, (_, i) => i + 1)
    factors(line, [GOOD, GOOD], all)
    expect(wait()).toBe(30)
    factors(line, [BAD], all)
    expect(wait()).toBe(60)
  })
})

describe('under any behaviour of the site', () => {
  const outcome = fc.oneof(
    fc.constant(null),
    fc.record({ requests: fc.nat({ max: 40 }), errors: fc.nat({ max: 40 }), latencyMs: fc.nat({ max: 40_000 }) }),
  )
  const turn = fc.record({ outcome, joins: fc.nat({ max: 3 }), leaves: fc.boolean(), crash: fc.boolean() })
  const settings = fc.record({
    capacity: fc.integer({ min: 1, max: 4 }),
    ratePerMinute: fc.constantFrom(6, 30, 600),
    originErrorRatioMax: fc.constantFrom(0, 0.05, 0.5),
    originLatencyMaxMs: fc.constantFrom(0, 500, 5000),
  })

  it('keeps the factor within 0 and 1 and all rules, and admits everyone after recovery', () => {
    fc.assert(
      fc.property(settings, fc.array(turn, { minLength: 1, maxLength: 12 }), (changes, turns) => {
        const line = new DrivenLine(changes)
        const living = () => Array.from({ length: line.line.tickets.next - 1 }, (_, i) => i + 1)
        for (const { outcome, joins, leaves, crash } of turns) {
          const origin =
            outcome && report(outcome.requests, Math.min(outcome.errors, outcome.requests), outcome.latencyMs)
          line.pass(10)
          line.exchange({
            joins: Array.from({ length: joins }, (_, i) => `${line.nowMs} ${i}`),
            presence: aged(living(), 0),
            ...(origin === null ? {} : { origin }),
          })
          const onSite = living().find((number) => line.state(number) === 'active')
          if (leaves && onSite !== undefined) line.leave(onSite)
          const before = line.line.tickets.occupied
          line.tick()
          if (crash) line.crash()
          const { admissionFactor } = line.line
          expect(admissionFactor).toBeGreaterThanOrEqual(0)
          expect(admissionFactor).toBeLessThanOrEqual(1)
          expect(line.line.pace.ratePerMinute).toBeLessThanOrEqual(changes.ratePerMinute)
          // No session ended.
          expect(line.line.tickets.occupied).toBeGreaterThanOrEqual(before)
          expect(line.line.tickets.occupied).toBeLessThanOrEqual(changes.capacity)
        }
        // Recovery: ten ticks, plus the remaining evidence.
        for (let i = 0; i < 16; i++) {
          line.pass(10).hear(living())
          line.tick()
        }
        expect(line.line.admissionFactor).toBe(1)
        const order: number[] = []
        for (let i = 0; line.line.tickets.waiting > 0 && i < 1000; i++) {
          line.pass(10).hear(living())
          const onSite = living().filter((number) => ['active', 'offered'].includes(line.state(number)))
          order.push(...onSite)
          line.leave(...onSite)
          line.tick()
        }
        expect(line.line.tickets.waiting).toBe(0)
        const waited = [...new Set(order)]
        expect(waited).toEqual(waited.toSorted((a, b) => a - b))
      }),
      { numRuns: 25 },
    )
  })
})
