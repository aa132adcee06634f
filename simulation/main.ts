/**
 * npm run simulate -- --seeds N [--seed S]: runs N seeds from S on, prints figures, and for a seed that fails what broke.
 */
import { parseArgs } from 'node:util'
import { type Report, runSeed } from './world.ts'

const SEEDS_MAX = 1_000_000

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  console.log(
    'npm run simulate -- [--seeds N] [--seed S]\n  runs N seeds (200) beginning with S (1); the same seed gives the same run',
  )
  process.exit(0)
}
const seeds = wholeOption('seeds', values.seeds, 1, SEEDS_MAX)
const first = wholeOption('seed', values.seed, 0, 2 ** 32 - 1)

const reports: Report[] = []
for (let seed = first; seed < first + seeds; seed++) {
  const report = await runSeed(seed)
  reports.push(report)
  for (const violation of report.violations) console.error(`seed ${seed}: ${violation}`)
  if (process.stderr.isTTY && reports.length % 50 === 0) process.stderr.write(`\r${reports.length} of ${seeds} seeds`)
}
const failed = reports.filter(({ violations }) => violations.length > 0)
const sum = (figure: (report: Report) => number) => reports.reduce((total, report) => total + figure(report), 0)
const delays = reports.flatMap(({ detectionMs }) => detectionMs).sort((a, b) => a - b)
console.log(
  JSON.stringify({
    seeds,
    failed: failed.map(({ seed }) => seed).slice(0, 20),
    visitors: sum(({ visitors }) => visitors),
    admitted: sum(({ admitted }) => admitted),
    crashes: sum(({ crashes }) => crashes),
    objectCalls: sum(({ calls }) => calls),
    simulatedHours: Math.round(sum(({ simulatedSeconds }) => simulatedSeconds) / 360) / 10,
    leaverDetectionSeconds: {
      min: (delays[0] ?? 0) / 1000,
      median: (delays[delays.length >> 1] ?? 0) / 1000,
      max: (delays.at(-1) ?? 0) / 1000,
    },
  }),
)
process.exitCode = failed.length === 0 ? 0 : 1

function wholeOption(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  console.error(`--${name} must be a whole number from ${min} to ${max}`)
  process.exit(2)
}
