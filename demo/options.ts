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
  /** An event with a lobby, a draw, and admission by rank. */
  readonly event: boolean
  /** People on the site at once; also the licences of the origin. */
  readonly capacity: number
  /** Admissions per minute. */
  readonly ratePerMinute: number
  /** Visitors present at once (in the smoke run: all visitors). */
  readonly visitors: number
  /** Port of the waiting room, null for a free one. */
  readonly port: number | null
}

type Size = Pick<Options, 'capacity' | 'ratePerMinute' | 'visitors'>

const CAPACITY = { min: 1, max: 500 }
const RATE = { min: 1, max: 6_000 }
const VISITORS = { min: 1, max: 500 }
/** Each entry of the draw is checked on its own. */
const EVENT_VISITORS = { min: 1, max: 150 }
const PORT = { min: 1_024, max: 65_535 }

const DEFAULTS: Size = { capacity: 5, ratePerMinute: 60, visitors: 25 }
const EVENT_DEFAULTS: Size = { capacity: 10, ratePerMinute: 120, visitors: 40 }
/** The rate is high enough for slots alone to limit admission: the run must end within 120 s. */
const SMOKE: Size = { capacity: 5, ratePerMinute: 600, visitors: 30 }
const EVENT_SMOKE: Size = { capacity: 10, ratePerMinute: 600, visitors: 40 }

/** An error on the command line; the message names the option and its bounds. */
export class OptionError extends Error {}

export const HELP = `Usage: npm run demo -- [options]

A small origin with few licences, the waiting room in front of it, and a crowd. Runs until Ctrl-C.

  --capacity N   people on the site at once, ${CAPACITY.min} to ${CAPACITY.max} (default ${DEFAULTS.capacity})
  --rate N       admissions per minute, ${RATE.min} to ${RATE.max} (default ${DEFAULTS.ratePerMinute})
  --visitors N   visitors of the crowd present at once, ${VISITORS.min} to ${VISITORS.max} (default ${DEFAULTS.visitors})
  --port N       port of the waiting room, ${PORT.min} to ${PORT.max} (default: a free one)
  --event        an event: everyone waits in a lobby, the order is drawn, and each rank is recomputed by an
                 independent script (${EVENT_DEFAULTS.visitors} visitors, at most ${EVENT_VISITORS.max}; capacity ${EVENT_DEFAULTS.capacity}, ${EVENT_DEFAULTS.ratePerMinute} admissions a minute)
  --smoke        ${SMOKE.visitors} visitors, capacity ${SMOKE.capacity} (with --event ${EVENT_SMOKE.visitors} and ${EVENT_SMOKE.capacity}); ends by itself within 120 s, prints one
                 JSON summary on standard output and exits 1 when a promise was broken
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
        event: { type: 'boolean', default: false },
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
  const { help, smoke, event } = values
  const given = {
    capacity: numberOption('capacity', values.capacity, CAPACITY),
    rate: numberOption('rate', values.rate, RATE),
    visitors: numberOption('visitors', values.visitors, event ? EVENT_VISITORS : VISITORS),
  }
  const port = numberOption('port', values.port, PORT)
  if (smoke) {
    for (const [name, value] of Object.entries(given)) {
      if (value !== null) throw new OptionError(`--${name} does not go with --smoke, whose size is fixed`)
    }
    return { help, smoke, event, ...(event ? EVENT_SMOKE : SMOKE), port }
  }
  const defaults = event ? EVENT_DEFAULTS : DEFAULTS
  return {
    help,
    smoke,
    event,
    capacity: given.capacity ?? defaults.capacity,
    ratePerMinute: given.rate ?? defaults.ratePerMinute,
    visitors: given.visitors ?? defaults.visitors,
    port,
  }
}
