/**
 * npm run simulate -- --seeds N [--seed S] [--trace]: runs N seeds from S on, and prints figures
 * and the violations of failed seeds.
 */
import { parseArgs } from 'node:util'
import './load.ts'
import { percentile } from './figures.ts'
import type { Report } from './judges/judge.ts'

const { runSeed } = await import('./world.ts')
const { calibrate } = await import('./calibration.ts')
const { SCENARIOS } = await import('./scenarios.ts')

const SEEDS_MAX = 1_000_000
const FAILED_SHOWN_MAX = 20
const HELP = `npm run simulate -- [--seeds N] [--seed S] [--trace]
  runs N seeds (200) beginning with S (1); the same seed gives the same run
  --trace  prints every step; for one seed
  Then it measures the estimated wait on crowds without faults.`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit(0)
}
const seeds = wholeOption('seeds', values.seeds, 1, SEEDS_MAX)
const first = wholeOption('seed', values.seed, 0, 2 ** 32 - 1)
if (values.trace && seeds > 1) refuse('--trace is for one seed: add --seeds 1 --seed S')

const reports: Report[] = []
for (let seed = first; seed < first + seeds; seed++) {
  const report = await runSeed(seed, values.trace ? { trace: (line) => console.log(line) } : {})
  reports.push(report)
  for (const violation of report.violations) console.error(`seed ${seed} (${report.profile}): ${violation}`)
  if (process.stderr.isTTY && reports.length % 50 === 0) process.stderr.write(`\r${reports.length} of ${seeds} seeds`)
}
const calibration = values.trace ? [] : SCENARIOS.map((scenario) => calibrate(scenario, first))
console.log(JSON.stringify({ ...summaryOf(reports), calibration: calibration.map(rounded) }, null, 2))
process.exitCode = reports.some(({ violations }) => violations.length > 0) ? 1 : 0

/** The figures of many runs. */
function summaryOf(reports: readonly Report[]) {
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

function rounded(figures: object): object {
  return Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [
      key,
      typeof value === 'number' ? Math.round(value * 1000) / 1000 : value,
    ]),
  )
}

function wholeOption(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  refuse(`--${name} must be a whole number from ${min} to ${max}`)
}

function refuse(problem: string): never {
  console.error(problem)
  process.exit(2)
}
