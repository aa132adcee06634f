/**
 * The demo's command line: parsed once, every value bounded, every error named with its option.
 * Owns the demo's defaults and the fixed size of the smoke run.
 */
import { parseArgs } from 'node:util'

/** The options of one run. */
export interface Options {
  readonly help: boolean
  /** Ends by itself and judges its own figures. */
  readonly smoke: boolean
  /** People on the site at once; also the licences of the origin. */
  readonly capacity: number
  /** Admissions per minute. */
  readonly ratePerMinute: number
  /** Visitors present at once (in the smoke run: all visitors). */
  readonly visitors: number
  /** Port of the waiting room, null for a free one. */
  readonly port: number | null
}

interface NumberOption {
  readonly min: number
  readonly max: number
  readonly fallback: number
}

const CAPACITY: NumberOption = { min: 1, max: 500, fallback: 5 }
const RATE: NumberOption = { min: 1, max: 6_000, fallback: 60 }
const VISITORS: NumberOption = { min: 1, max: 500, fallback: 25 }
const PORT = { min: 1_024, max: 65_535 }

const SMOKE_CAPACITY = 5
/** High enough for slots alone to limit admission: the run must end within 120 s. */
const SMOKE_RATE_PER_MINUTE = 600
const SMOKE_VISITORS = 30

/** An error on the command line; the message names the option and its bounds. */
export class OptionError extends Error {}

export const HELP = `Usage: npm run demo -- [options]

A small origin with few licences, the waiting room in front of it, and a crowd. Runs until Ctrl-C.

  --capacity N   people on the site at once, ${CAPACITY.min} to ${CAPACITY.max} (default ${CAPACITY.fallback})
  --rate N       admissions per minute, ${RATE.min} to ${RATE.max} (default ${RATE.fallback})
  --visitors N   visitors of the crowd present at once, ${VISITORS.min} to ${VISITORS.max} (default ${VISITORS.fallback})
  --port N       port of the waiting room, ${PORT.min} to ${PORT.max} (default: a free one)
  --smoke        ${SMOKE_VISITORS} visitors, capacity ${SMOKE_CAPACITY}; ends by itself within 120 s, prints one JSON summary
                 on standard output and exits 1 when a promise was broken
  --help         this text
`

function numberOption(name: string, text: string | undefined, bounds: { min: number; max: number }): number | null {
  if (text === undefined) return null
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (value >= bounds.min && value <= bounds.max) return value
  throw new OptionError(`--${name} must be a whole number from ${bounds.min} to ${bounds.max}, not '${text}'`)
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        smoke: { type: 'boolean', default: false },
        capacity: { type: 'string' },
        rate: { type: 'string' },
        visitors: { type: 'string' },
        port: { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error))
  }
}

/**
 * Reads the arguments after the script's name.
 * @throws OptionError if an option is unknown, out of bounds, or conflicts with another.
 */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args)
  const capacity = numberOption('capacity', values.capacity, CAPACITY)
  const ratePerMinute = numberOption('rate', values.rate, RATE)
  const visitors = numberOption('visitors', values.visitors, VISITORS)
  const port = numberOption('port', values.port, PORT)
  if (!values.smoke) {
    return {
      help: values.help,
      smoke: false,
      capacity: capacity ?? CAPACITY.fallback,
      ratePerMinute: ratePerMinute ?? RATE.fallback,
      visitors: visitors ?? VISITORS.fallback,
      port,
    }
  }
  for (const [name, value] of Object.entries({ capacity, rate: ratePerMinute, visitors })) {
    if (value !== null) throw new OptionError(`--${name} does not go with --smoke, whose size is fixed`)
  }
  return {
    help: values.help,
    smoke: true,
    capacity: SMOKE_CAPACITY,
    ratePerMinute: SMOKE_RATE_PER_MINUTE,
    visitors: SMOKE_VISITORS,
    port,
  }
}
