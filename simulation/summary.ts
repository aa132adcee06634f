/** The figures of many runs. */
import { percentile } from './figures.ts'
import type { DrawnFirst } from './judges/draw.ts'
import type { Report } from './judges/judge.ts'

const FAILED_SHOWN_MAX = 20

export function summaryOf(reports: readonly Report[]) {
  const sum = (figure: (report: Report) => number) => reports.reduce((total, report) => total + figure(report), 0)
  const failed = reports.filter(({ violations }) => violations.length > 0)
  const delays = reports.flatMap(({ detectionMs }) => detectionMs).sort((a, b) => a - b)
  const seconds = (share: number) => percentile(delays, share) / 1000
  return {
    seeds: reports.length,
    failed: failed.length,
    failedSeeds: failed.map(({ seed }) => seed).slice(0, FAILED_SHOWN_MAX),
    visitors: sum(({ visitors }) => visitors),
    largestCrowd: Math.max(...reports.map(({ visitors }) => visitors)),
    admitted: sum(({ admitted }) => admitted),
    simulatedHours: Math.round(sum(({ simulatedSeconds }) => simulatedSeconds) / 360) / 10,
    objectCalls: sum(({ calls }) => calls),
    failedCalls: sum(({ failedCalls }) => failedCalls),
    crashes: sum(({ crashes }) => crashes),
    evictions: sum(({ evictions }) => evictions),
    /** Pairs admitted out of order, as a share of all pairs of tickets that were never absent. */
    kendallTauDistance:
      sum(({ inversions }) => inversions) /
      Math.max(
        1,
        sum(({ pairs }) => pairs),
      ),
    draws: drawsOf(reports.flatMap(({ draws }) => draws)),
    laneAdmissions: sum(({ laneAdmissions }) => laneAdmissions),
    drawsWithRandomness: sum(({ drawsWithRandomness }) => drawsWithRandomness),
    gathererCalls: sum(({ gathererCalls }) => gathererCalls),
    gatherersLost: sum(({ gatherersLost }) => gatherersLost),
    lentUsed: sum(({ lentUsed }) => lentUsed),
    capacityOvershoot: Math.max(...reports.map(({ overshoot }) => overshoot)),
    expiries: sum(({ expiries }) => expiries),
    falseExpiries: sum(({ falseExpiries }) => falseExpiries),
    /**
     * While the object is healthy: from a visitor's last message to the expiry, over all timeouts.
     */
    silenceFoundSeconds: {
      count: delays.length,
      min: seconds(0),
      median: seconds(0.5),
      p99: seconds(0.99),
      max: seconds(1),
    },
  }
}

const SHARES = 10

/**
 * Draws, and how evenly the first arrival of each lobby was placed: Pearson's chi-square over
 * tenths of the lobby, 9 degrees of freedom. An even draw exceeds 27.9 once in a thousand times.
 */
function drawsOf(firsts: readonly DrawnFirst[]) {
  const counts = new Array<number>(SHARES).fill(0)
  const expected = new Array<number>(SHARES).fill(0)
  for (const { rank, entries } of firsts) {
    const shareOf = (place: number) => Math.floor((place * SHARES) / entries)
    counts[shareOf(rank)] = (counts[shareOf(rank)] as number) + 1
    for (let place = 0; place < entries; place++) {
      expected[shareOf(place)] = (expected[shareOf(place)] as number) + 1 / entries
    }
  }
  const chiSquare = counts.reduce((sum, count, i) => {
    const mean = expected[i] as number
    return mean === 0 ? sum : sum + (count - mean) ** 2 / mean
  }, 0)
  return {
    count: firsts.length,
    largest: Math.max(0, ...firsts.map(({ entries }) => entries)),
    chiSquareOfFirst: Math.round(chiSquare * 10) / 10,
  }
}
