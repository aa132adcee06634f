/** The figures of many runs. */
import { percentile } from './figures.ts'
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
