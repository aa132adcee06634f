/** The arguments of `npm run cost`, checked. */
import { parseArgs } from 'node:util'
import { NEAR_POLL_MAX_SECONDS, POLL_INTERVAL_MAX_SECONDS } from '../../src/core/limits.ts'
import { didYouMean } from '../checks/did-you-mean.ts'
import { LOG_BYTES_PER_REQUEST } from './tables.ts'
import { type Costing, type Crowd, DEFAULT_COSTING, DEFAULT_POLL_SECONDS } from './usage.ts'

export const HELP = `npm run --silent cost -- --visitors N --hours H --capacity C [options]
  --visitors N      people who wait at any time, 1 to 100,000,000
  --hours H         how long, 0.01 to 720
  --capacity C      people on the site at any time, 0 to 10,000,000
  --stay MINUTES    how long one stays on the site, 0.1 to 1440 (default 5); with the capacity it gives the rate
  --poll SECONDS    poll_interval_max_seconds, ${NEAR_POLL_MAX_SECONDS} to ${POLL_INTERVAL_MAX_SECONDS} (default ${DEFAULT_POLL_SECONDS}); it is compared with ${NEAR_POLL_MAX_SECONDS} s
  --isolates N      isolates that serve the crowd, 1 to 1,000,000 (default: one for 67 requests a second)
  --regions N       regions of the world, each with its own gatherers, 1 to 7 (default 1); from 1,001 isolates on
  --cpu-ms MS       processor time of a request, 0.01 to 100 (default ${DEFAULT_COSTING.cpuMsPerRequest})
  --log-bytes N     bytes in Cloudflare's log for each request, 0 to 100,000 (default 0: invocation_logs = false;
                    about ${LOG_BYTES_PER_REQUEST.toLocaleString('en-US')} otherwise)
  --json            the usage and the dollars as JSON
  --write           instead of all that, update the tables of docs/scale.md
docs/scale.md states the prices, their date and their sources.`

/** A problem with the arguments; the message has the remedy. */
export class CostError extends Error {}

export interface Options {
  readonly crowd: Crowd
  readonly costing: Costing
  readonly json: boolean
}

const NUMBERS = {
  visitors: { min: 1, max: 100_000_000, whole: true },
  hours: { min: 0.01, max: 720, whole: false },
  capacity: { min: 0, max: 10_000_000, whole: true },
  stay: { min: 0.1, max: 1440, whole: false },
  poll: { min: NEAR_POLL_MAX_SECONDS, max: POLL_INTERVAL_MAX_SECONDS, whole: true },
  isolates: { min: 1, max: 1_000_000, whole: true },
  regions: { min: 1, max: 7, whole: true },
  'cpu-ms': { min: 0.01, max: 100, whole: false },
  'log-bytes': { min: 0, max: 100_000, whole: true },
} as const

type NumberOption = keyof typeof NUMBERS

const FLAGS = ['json', 'write', 'help'] as const
const NEEDED = ['visitors', 'hours', 'capacity'] as const

/** @param args without the program's name */
export function readOptions(args: readonly string[]): Options | 'help' | 'write' {
  const values = parsed(args)
  if (values.help === true) return 'help'
  const given = (Object.keys(NUMBERS) as NumberOption[]).filter((name) => values[name] !== undefined)
  if (values.write === true) {
    if (given.length > 0 || values.json === true) {
      throw new CostError('--write updates docs/scale.md, whose crowds are fixed: leave out the other options.')
    }
    return 'write'
  }
  const missing = NEEDED.filter((name) => values[name] === undefined)
  if (missing.length > 0) throw new CostError(`Missing: ${missing.map((name) => `--${name}`).join(', ')}.\n${HELP}`)
  const number = (name: NumberOption, otherwise: number) => numberOf(name, values[name]) ?? otherwise
  return {
    crowd: {
      visitors: number('visitors', 0),
      hours: number('hours', 0),
      capacity: number('capacity', 0),
      stayMinutes: number('stay', 5),
    },
    costing: {
      pollSeconds: number('poll', DEFAULT_POLL_SECONDS),
      cpuMsPerRequest: number('cpu-ms', DEFAULT_COSTING.cpuMsPerRequest),
      isolates: numberOf('isolates', values.isolates) ?? null,
      regions: number('regions', DEFAULT_COSTING.regions),
      logBytesPerRequest: number('log-bytes', 0),
    },
    json: values.json === true,
  }
}

function parsed(args: readonly string[]): Record<string, string | boolean | undefined> {
  const options = {
    ...Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, { type: 'string' as const }])),
    ...Object.fromEntries(FLAGS.map((name) => [name, { type: 'boolean' as const }])),
  }
  try {
    return parseArgs({ args: [...args], options }).values as Record<string, string | boolean | undefined>
  } catch (error) {
    const unknown = args.find(
      (arg) => arg.startsWith('--') && !Object.hasOwn(options, arg.slice(2).split('=')[0] ?? ''),
    )
    if (unknown !== undefined) {
      const name = unknown.slice(2).split('=')[0] ?? ''
      throw new CostError(`There is no option --${name}${didYouMean(name, Object.keys(options))}.\n${HELP}`)
    }
    throw new CostError(`${(error as Error).message}\n${HELP}`)
  }
}

/** Numbers may have separators: `1,000,000` and `1_000_000`. */
function numberOf(name: NumberOption, text: string | boolean | undefined): number | undefined {
  if (typeof text !== 'string') return undefined
  const { min, max, whole } = NUMBERS[name]
  const value = /^\d[\d_,]*(\.\d+)?$/.test(text) ? Number(text.replace(/[_,]/g, '')) : Number.NaN
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  const bounds = `${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`
  throw new CostError(`--${name} ${text}: write a ${whole ? 'whole ' : ''}number from ${bounds}.`)
}
