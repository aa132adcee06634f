/**
 * npm run simulate -- --seeds N [--seed S] [--trace]: runs N seeds from S on, and prints figures
 * and the violations of failed seeds. With --bots: the table of bots and people at one sale. With
 * --isolates: the table of many isolates.
 */
import { parseArgs } from 'node:util'
import './load.ts'
import type { Report } from './judges/judge.ts'

const { runSeed } = await import('./world.ts')
const { summaryOf } = await import('./summary.ts')
const { calibrate } = await import('./calibration.ts')
const { SCENARIOS } = await import('./scenarios.ts')

const SEEDS_MAX = 1_000_000
/** Of a sale with bots: enough to take all its places, and what fits into memory. */
const PEOPLE_MIN = 1_000
const PEOPLE_MAX = 100_000
const ISOLATES_MAX = 100_000
const VISITORS_MAX = 10_000_000
const ALL_CASES = 'all'
const HELP = `npm run simulate -- [--seeds N] [--seed S] [--events] [--lanes] [--gatherers] [--held] [--trace]
  runs N seeds (200) beginning with S (1); the same seed gives the same run
  --events the room has an event: a lobby, mostly with a draw, and faults around its borders
  --lanes  the room has lanes, which some visitors join and deploys change; also with --events
  --gatherers  gatherers stand between the isolates and the object, and are lost now and then; also
           with --events and --lanes
  --held   the room holds slots for visitors who do not look at the page, and some visitors do not
  --trace  prints every step; for one seed
  Then it measures the estimated wait on crowds without faults.
npm run simulate -- --bots [--people N] [--seeds N] [--seed S] [--write]
  runs a sale with bots among the people under each defence, with N people (10000) and N seeds (3),
  and prints the tables of docs/fairness.md; --write updates them there

npm run simulate -- --isolates [N --visitors M --minutes T] [--seed S]
  runs one room with many isolates and prints a row for each standard case, up to 50,000 isolates and
  10,000,000 visitors (about 45 minutes of one core, 8 GB); or the one case of N isolates (1 to 100,000), M
  visitors (1 to 10,000,000; 100000) and T minutes (0.2 to 60; 2)`

const { values } = parseArgs({
  args: process.argv.slice(2).flatMap(withAllIsolates),
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    events: { type: 'boolean', default: false },
    lanes: { type: 'boolean', default: false },
    held: { type: 'boolean', default: false },
    gatherers: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    bots: { type: 'boolean', default: false },
    isolates: { type: 'string' },
    visitors: { type: 'string', default: '100000' },
    minutes: { type: 'string', default: '2' },
    people: { type: 'string', default: '10000' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit(0)
}
const seeds = wholeOption('seeds', values.seeds ?? (values.bots ? '3' : '200'), 1, SEEDS_MAX)
const first = wholeOption('seed', values.seed, 0, 2 ** 32 - 1)
if (values.bots) {
  await printBots()
  process.exit(0)
}
if (values.isolates !== undefined) {
  await printIsolates(values.isolates)
  process.exit()
}
if (values.trace && seeds > 1) refuse('--trace is for one seed: add --seeds 1 --seed S')

const { events, lanes, gatherers, held } = values
const reports: Report[] = []
for (let seed = first; seed < first + seeds; seed++) {
  const trace = values.trace ? { trace: (line: string) => console.log(line) } : {}
  const report = await runSeed(seed, { events, lanes, gatherers, held, ...trace })
  reports.push(report)
  for (const violation of report.violations) console.error(`seed ${seed} (${report.profile}): ${violation}`)
  if (process.stderr.isTTY && reports.length % 50 === 0) process.stderr.write(`\r${reports.length} of ${seeds} seeds`)
}
const calibration =
  values.trace || events || lanes || gatherers || held ? [] : SCENARIOS.map((scenario) => calibrate(scenario, first))
console.log(JSON.stringify({ ...summaryOf(reports), calibration: calibration.map(rounded) }, null, 2))
process.exitCode = reports.some(({ violations }) => violations.length > 0) ? 1 : 0

/** `--isolates` without a number means all standard cases. */
function withAllIsolates(arg: string, i: number, args: readonly string[]): string[] {
  const hasNumber = args[i + 1] !== undefined && !args[i + 1]?.startsWith('--')
  return arg === '--isolates' && !hasNumber ? [arg, ALL_CASES] : [arg]
}

async function printIsolates(isolates: string): Promise<void> {
  const { problemsOf, singleCase, STANDARD_CASES, tableHead, tableRow } = await import('./isolates/report.ts')
  const { simulateIsolates } = await import('./isolates/simulate.ts')
  const single = () => {
    const count = wholeOption('isolates', isolates, 1, ISOLATES_MAX)
    const visitors = wholeOption('visitors', values.visitors, 1, VISITORS_MAX)
    const minutes = Number(values.minutes)
    if (!(minutes >= 0.2 && minutes <= 60)) refuse('--minutes must be a number from 0.2 to 60')
    return singleCase(count, visitors, minutes, first)
  }
  const cases = isolates === ALL_CASES ? STANDARD_CASES.map((each) => ({ ...each, seed: first })) : [single()]
  console.log(tableHead())
  for (const each of cases) {
    const figures = await simulateIsolates(each)
    console.log(tableRow(figures))
    for (const problem of problemsOf(figures, each)) {
      console.error(problem)
      process.exitCode = 1
    }
  }
}

async function printBots(): Promise<void> {
  const { runTable } = await import('./bots/report.ts')
  const { sectionOf, writeSection } = await import('./bots/markdown.ts')
  const { PLACES } = await import('./bots/settings.ts')
  const people = wholeOption('people', values.people, PEOPLE_MIN, PEOPLE_MAX)
  const onProgress = (done: number, all: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${all} cells`)
  }
  const section = sectionOf(
    await runTable({ people, places: PLACES, firstSeed: first, seeds, onProgress }),
    people,
    seeds,
  )
  console.log(section)
  if (values.write) writeSection(section)
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
