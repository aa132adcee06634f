/** The command line of `npm run rehearse`: parsed once, every value bounded, every error named. */
import { parseArgs } from 'node:util'

/** Seconds, both included. */
export interface Span {
  readonly low: number
  readonly high: number
}

export interface Options {
  readonly help: boolean
  readonly url: URL
  /** Null: the only room of the host. */
  readonly room: string | null
  readonly visitors: number
  /** `burst`, `ramp`, or a file with one arrival per line. */
  readonly arrivals: string
  readonly overSeconds: number
  /** Null: everyone waits until the end. */
  readonly patience: Span | null
  readonly stay: Span
  readonly browsers: number
  readonly minutes: number
  readonly errorShareMax: number
  readonly seed: number
  readonly folder: string
}

export const VISITORS_MAX = 2_000
const BROWSERS_MAX = 10
const MINUTES_MAX = 60
const SECONDS_MAX = 3_600

/** An error on the command line, or a host that must not be rehearsed. The exit code is 2. */
export class UsageError extends Error {}

export const HELP = `Usage: npm run rehearse -- --url URL [options]

A crowd of real HTTP clients against a staging room, and a report of how it went (docs/rehearsal.md).

  --url URL          a page that the room covers, for example https://staging.example.com/
  --room NAME        the room, if the host has several
  --visitors N       1 to ${VISITORS_MAX} (default 100)
  --arrivals HOW     burst: all within seconds; ramp: evenly; or a FILE with an arrival per line, in seconds
                     since the start or as ISO times (default burst)
  --over SECONDS     how long arrivals take: 0 to ${SECONDS_MAX} (default: burst 2, ramp 60)
  --patience WAIT    seconds, or LOW-HIGH: visitors who wait longer leave the line; none (default): nobody leaves
  --stay SECONDS     how long visitors stay on the site: seconds, or LOW-HIGH (default 20-40)
  --browsers N       real browsers besides the clients, 0 to ${BROWSERS_MAX} (default 0)
  --minutes N        when the rehearsal ends, 1 to ${MINUTES_MAX} (default 15)
  --max-errors SHARE share of all requests that may fail, 0 to 1 (default 0.01)
  --seed N           decides the patience and the stay of each visitor (default 1)
  --report FOLDER    where the report goes (default rehearsal-report)
  --help             this text

Environment: REHEARSAL_TOKEN (required) is the secret of the room's deployment; a host that does not prove
that it knows this secret is refused. ADMIN_TOKEN, an operator's token, adds to the report the room's own
figures, and what would have happened at other capacities.

Exit code: 0 passed; 1 someone was admitted out of order, too many errors, or the room's figures differ;
2 wrong usage, or the host does not allow rehearsals.
`

function number(name: string, text: string | undefined, fallback: number, low: number, high: number): number {
  if (text === undefined) return fallback
  const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN
  if (value >= low && value <= high) return value
  throw new UsageError(`--${name} must be a number from ${low} to ${high}, not '${text}'`)
}

function whole(name: string, text: string | undefined, fallback: number, low: number, high: number): number {
  const value = number(name, text, fallback, low, high)
  if (Number.isInteger(value)) return value
  throw new UsageError(`--${name} must be a whole number, not '${text}'`)
}

function span(name: string, text: string): Span {
  const [, low, , high] = /^(\d{1,4}(\.\d+)?)(?:-(\d{1,4}(?:\.\d+)?))?$/.exec(text) ?? []
  const range = { low: Number(low), high: Number(high ?? low) }
  if (low !== undefined && range.low <= range.high && range.high <= SECONDS_MAX) return range
  throw new UsageError(`--${name} must be seconds or LOW-HIGH, at most ${SECONDS_MAX}, not '${text}'`)
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        ...{ url: text, room: text, visitors: text, arrivals: text, over: text, patience: text, stay: text },
        ...{ browsers: text, minutes: text, 'max-errors': text, seed: text, report: text },
      },
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @throws UsageError if an option is unknown or out of bounds */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args)
  const { help, url: address = '', arrivals = 'burst', patience = 'none' } = values
  const isWeb = URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)
  if (!help && !isWeb) throw new UsageError(`--url must be an http or https address, not '${address}'`)
  return {
    help,
    url: isWeb ? new URL(address) : new URL('http://localhost/'),
    room: values.room ?? null,
    visitors: whole('visitors', values.visitors, 100, 1, VISITORS_MAX),
    arrivals,
    overSeconds: number('over', values.over, arrivals === 'ramp' ? 60 : 2, 0, SECONDS_MAX),
    patience: patience === 'none' ? null : span('patience', patience),
    stay: span('stay', values.stay ?? '20-40'),
    browsers: whole('browsers', values.browsers, 0, 0, BROWSERS_MAX),
    minutes: number('minutes', values.minutes, 15, 0.1, MINUTES_MAX),
    errorShareMax: number('max-errors', values['max-errors'], 0.01, 0, 1),
    seed: whole('seed', values.seed, 1, 0, 999_999_999),
    folder: values.report ?? 'rehearsal-report',
  }
}
