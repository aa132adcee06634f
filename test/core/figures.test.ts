import { describe, expect, it } from 'vitest'
import { ANALYSED, FIGURES, NO_TOTALS, SAMPLED, SAMPLED_TOTALS, TOTALS } from '../../src/core/figures.ts'
import { Line } from '../../src/core/line.ts'
import { lineStats } from '../../src/core/line-stats.ts'
import { mergeReports, OriginLatency } from '../../src/core/origin-report.ts'
import { isClosed } from '../../src/core/rules.ts'
import type { Sample } from '../../src/core/sample.ts'
import { aged, DrivenLine, START_MS } from './support/driven-line.ts'
import { rules } from './support/rules.ts'

const NO_COUNTS_OF_WAITS = new Array<number>(13).fill(0)
const NO_COUNTS_OF_LATENCY = new Array<number>(16).fill(0)

describe('the table of figures', () => {
  it('numbers the doubles of Analytics Engine from 2 without a gap, to 20 at most', () => {
    expect(ANALYSED.map((name) => FIGURES[name].sample.double)).toEqual(ANALYSED.map((_, i) => i + 2))
    expect(ANALYSED.length).toBeLessThan(20)
    expect(SAMPLED.slice(0, ANALYSED.length)).toEqual(ANALYSED)
  })

  it('uses each column and each metric once', () => {
    const columns = SAMPLED.map((name) => FIGURES[name].sample.column)
    const metrics = Object.values(FIGURES).flatMap((figure) => ('metric' in figure ? [figure.metric] : []))
    for (const names of [columns, metrics]) expect(new Set(names).size).toBe(names.length)
  })
})

describe('line stats', () => {
  it('report the rules, zeros and null percentiles for an empty line', () => {
    const line = Line.start(rules({ ratePerMinute: 90 }), 7, START_MS)
    expect(lineStats(line, START_MS + 5)).toEqual({
      run: 7,
      atMs: START_MS + 5,
      mode: 'open',
      closed: false,
      suspended: false,
      soldOut: false,
      capacity: 2,
      newUsersPerMinute: 90,
      admissionFactor: 1,
      active: 0,
      offered: 0,
      waiting: 0,
      absent: 0,
      lent: 0,
      nextNumber: 1,
      frontier: 1,
      admittedPerMinute: null,
      waitSecondsP50: null,
      waitSecondsP90: null,
      totals: NO_TOTALS,
      waits: { counts: NO_COUNTS_OF_WAITS, sumSeconds: 0 },
      abandonedWaits: { counts: NO_COUNTS_OF_WAITS, sumSeconds: 0 },
      siteTimes: { counts: new Array<number>(12).fill(0), sumSeconds: 0 },
      originLatency: { counts: NO_COUNTS_OF_LATENCY, sumMs: 0 },
      pagesWithoutBeacon: { amp: 0, charset: 0, coding: 0, head: 0, markup: 0, 'no-transform': 0, policy: 0 },
    })
    expect(Object.values(NO_TOTALS)).toEqual(TOTALS.map(() => 0))
  })

  it('count visitors by state and report the waits of the last admissions', () => {
    const line = new DrivenLine({ capacity: 2, mode: 'queue-all' })
    line.join(4)
    line.pass(10).hear([1, 2, 3, 4])
    line.operate((core) => core.admitByHand(2))
    line.claim(1)
    const stats = lineStats(line.line, line.nowMs)
    expect(stats).toMatchObject({ active: 2, offered: 1, waiting: 2, absent: 0, nextNumber: 5, frontier: 3 })
    // All four joined in the same second, so the waits are exact: the first two waited 10 s.
    expect(stats).toMatchObject({ mode: 'queue-all', waitSecondsP50: 10, waitSecondsP90: 10 })
    expect(stats.admittedPerMinute).toBeCloseTo(12)
    expect(stats.totals).toEqual({ ...NO_TOTALS, joined: 4, admitted: 2 })
    line.leave(1)
    // The stats are a copy.
    expect(stats.totals.left).toBe(0)
  })
})

describe('a closed room', () => {
  it('opens at exactly the set time, and stays closed without one', () => {
    const closed = (opensAtMs: number | null) => isClosed(rules({ closed: true, opensAtMs }), START_MS)
    expect([closed(null), closed(START_MS + 1), closed(START_MS), closed(START_MS - 1)]).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(isClosed(rules({ closed: false, opensAtMs: START_MS + 1 }), START_MS)).toBe(false)
  })
})

describe('a sample', () => {
  it('has gauges now and the events since the last sample', () => {
    const line = new DrivenLine({ capacity: 3 })
    line.join(5)
    line.leave(1)
    line.line.takeSample()
    line.join(2)
    line.leave(2, 3, 5)
    line.exchange({ failures: 4, origin: { requests: 3, errors: 2, latency: { counts: [3], sumMs: 60 } } })
    for (let i = 0; i < 3; i++) {
      line.pass(10).hear([4])
      line.tick()
    }
    // Number 6 lost its offer to silence, returns and gets it again. 7 stays away. One of 8 and 9
    // finds a free slot.
    line.hear([6])
    line.join(2)
    const others = SAMPLED_TOTALS.filter((name) => FIGURES[name].sample.double === null)
    expect(line.line.takeSample()).toEqual({
      ...Object.fromEntries(others.map((name) => [name, 0])),
      checksFailed: 0,
      joinedFromCrowdedNetworks: 0,
      atMs: line.nowMs,
      active: 3,
      capacity: 3,
      waiting: 1,
      absent: 1,
      admissionFactor: 1,
      joined: 4,
      admitted: 4,
      expired: 2,
      left: 3,
      returned: 1,
      roomErrors: 4,
      originRequests: 3,
      originErrors: 2,
      // 6 and 7 never came.
      noShows: 2,
      waitSecondsP50: 0,
      waitSecondsP90: 30,
      originLatencyMsP90: 45,
      distributions: {
        waits: [30, 3, 0, 1, ...new Array<number>(10).fill(0)],
        abandonedWaits: [0, 1, ...new Array<number>(12).fill(0)],
        siteTimes: [0, 2, ...new Array<number>(11).fill(0)],
      },
    })
  })

  it('counts each event once', () => {
    const line = new DrivenLine({ capacity: 1 })
    line.join(3)
    for (let i = 0; i < 3; i++) {
      line.pass(10).hear([1])
      line.tick()
    }
    line.exchange({
      presence: aged([2], 0),
      leaves: [1],
      failures: 4,
      origin: { requests: 3, errors: 2, latency: { counts: [3], sumMs: 60 } },
    })
    const figures = ({
      joined,
      admitted,
      expired,
      left,
      returned,
      roomErrors,
      originRequests,
      originErrors,
    }: Sample) => [joined, admitted, expired, left, returned, roomErrors, originRequests, originErrors]
    expect(figures(line.line.takeSample())).toEqual([3, 2, 2, 1, 1, 4, 3, 2])
    expect(figures(line.line.takeSample())).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('has null percentiles without admissions and origin requests', () => {
    const line = new DrivenLine()
    expect(line.line.takeSample()).toMatchObject({
      waitSecondsP50: null,
      waitSecondsP90: null,
      originLatencyMsP90: null,
    })
  })

  it('continues from the last sample after a restart', () => {
    const line = new DrivenLine()
    line.join(2)
    line.line.takeSample()
    line.join(1)
    line.crash()
    expect(line.line.takeSample()).toMatchObject({ joined: 1, admitted: 0 })
    expect(line.line.takeSample()).toMatchObject({ joined: 0, admitted: 0 })
  })
})

describe("the origin's latency", () => {
  it('merges reports, even with fewer buckets', () => {
    const a = { requests: 5, errors: 1, latency: { counts: [1, 2], sumMs: 100 } }
    const b = { requests: 7, errors: 4, latency: { counts: [3], sumMs: 11 } }
    expect(mergeReports(a, b)).toEqual({
      requests: 12,
      errors: 5,
      latency: { counts: [4, 2, ...new Array(14).fill(0)], sumMs: 111 },
    })
  })

  it('takes percentiles of the requests since the last sample and keeps the total histogram', () => {
    const latency = new OriginLatency({ counts: [1], sumMs: 10 })
    expect(latency.takePercentiles()(0.9)).toBeNull()
    latency.add({ counts: [0, 3], sumMs: 225 })
    // A third of the way from 50 to 100 ms, rounded.
    expect(latency.takePercentiles()(1 / 3)).toBe(67)
    expect(latency.takePercentiles()(0.9)).toBeNull()
    expect(latency.toStored()).toEqual({ counts: [1, 3, ...new Array(14).fill(0)], sumMs: 235 })
    expect(new OriginLatency().toStored()).toEqual({ counts: NO_COUNTS_OF_LATENCY, sumMs: 0 })
  })
})
