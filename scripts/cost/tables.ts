/** The estimates as tables: on the terminal, and in docs/scale.md. */
import { NEAR_POLL_MAX_SECONDS, POLL_INTERVAL_MAX_SECONDS } from '../../src/core/limits.ts'
import { BASE_DOLLARS, billDollars, COUNTERS, dollarsFor, PRICES, PRICES_READ } from './prices.ts'
import {
  type Costing,
  type Crowd,
  callPerPollEstimate,
  DEFAULT_COSTING,
  DEFAULT_POLL_SECONDS,
  type Estimate,
  OBJECT_CALLS_PER_SECOND_MAX,
  roomEstimate,
} from './usage.ts'

/** The crowd of the tables in docs/scale.md. */
const DOCUMENTED: Crowd = { visitors: 1_000_000, hours: 1, capacity: 1_000, stayMinutes: 5 }

const DOCUMENTED_VISITORS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
const DOCUMENTED_CAPACITIES = [1_000, 10_000, 100_000]
const DOCUMENTED_POLLS = [NEAR_POLL_MAX_SECONDS, 15, DEFAULT_POLL_SECONDS, 45, POLL_INTERVAL_MAX_SECONDS]

/** About what the log has of one request. A guess: 1.5 KB of fields and headers. */
export const LOG_BYTES_PER_REQUEST = 1_500

const COMPACT = [
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

/** Three digits: `1.55 M`, `461`. */
export function compact(amount: number): string {
  if (amount > 0 && amount < 0.01) return 'under 0.01'
  const [unit, letter] = COMPACT.find(([least]) => amount >= least) ?? [1, '']
  const text = (amount / unit).toLocaleString('en-US', { maximumSignificantDigits: 3 })
  return letter === '' ? text : `${text} ${letter}`
}

/** Whole dollars from 100 on, otherwise cents. */
export function dollars(amount: number): string {
  const digits = amount >= 99.995 ? 0 : 2
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

export function priceTable(): string {
  return table([
    ['counted', 'included a month', 'beyond that', 'source'],
    ['Workers Paid plan', '', `${dollars(BASE_DOLLARS)} a month`, `[pricing](${PRICES.workerRequests.source})`],
    ...COUNTERS.map((counter) => {
      const { counted, unit, included, dollars: price, per, source } = PRICES[counter]
      const perUnits = per === 1 ? unit : `million ${unit}`
      return [counted, `${compact(included)} ${unit}`, `$${price} per ${perUnits}`, `[pricing](${source})`]
    }),
  ])
}

export interface Way {
  readonly name: string
  readonly estimate: Estimate
}

/** The designs that are compared: the room with each of the intervals, and a call for each poll. */
export function ways(crowd: Crowd, costing: Costing, pollSeconds: readonly number[]): Way[] {
  return [
    ...pollSeconds.map((longest) => ({
      name: longest === NEAR_POLL_MAX_SECONDS ? 'everyone polls every 5 to 7 s' : `polls up to ${longest} s apart`,
      estimate: roomEstimate(crowd, { ...costing, pollSeconds: longest }),
    })),
    {
      name: 'a call of an object for each poll',
      estimate: callPerPollEstimate(crowd, { ...costing, pollSeconds: NEAR_POLL_MAX_SECONDS }),
    },
  ]
}

/** A bill; `*`: one object cannot take that many calls. */
function bill({ usage, callsPerSecond }: Estimate): string {
  return `${dollars(billDollars(usage))}${callsPerSecond > OBJECT_CALLS_PER_SECOND_MAX ? ' \\*' : ''}`
}

/** Each counter: the amount, and the dollars beyond what the plan includes. */
export function detailTable(compared: readonly Way[]): string {
  return table([
    ['', ...compared.map(({ name }) => name)],
    ...COUNTERS.filter((counter) => compared.some(({ estimate }) => estimate.usage[counter] > 0)).map((counter) => [
      PRICES[counter].counted,
      ...compared.map(
        ({ estimate: { usage } }) => `${compact(usage[counter])}: ${dollars(dollarsFor(counter, usage[counter]))}`,
      ),
    ]),
    ['base price', ...compared.map(() => dollars(BASE_DOLLARS))],
    ['**together**', ...compared.map(({ estimate }) => `**${bill(estimate)}**`)],
    ['calls a second and object; objects', ...compared.map(({ estimate }) => loadOf(estimate))],
  ])
}

function loadOf({ callsPerSecond, objects }: Estimate): string {
  return `${compact(callsPerSecond)}; ${objects}`
}

function documentedWays(change: Partial<Crowd>): Way[] {
  return ways({ ...DOCUMENTED, ...change }, DEFAULT_COSTING, [DEFAULT_POLL_SECONDS, NEAR_POLL_MAX_SECONDS])
}

/** Bills by one number of the crowd. */
function billTable(head: string, key: 'visitors' | 'capacity', values: readonly number[]): string {
  const rows = values.map((value) => ({ value, compared: documentedWays({ [key]: value }) }))
  return table([
    [head, ...(rows[0]?.compared ?? []).map(({ name }) => name)],
    ...rows.map(({ value, compared }) => [
      value.toLocaleString('en-US'),
      ...compared.map(({ estimate }) => bill(estimate)),
    ]),
  ])
}

/** Bills by the longest interval, without and with a log entry for each request. */
function pollTable(): string {
  const withLogs = (pollSeconds: number, logBytesPerRequest: number) =>
    bill(roomEstimate(DOCUMENTED, { ...DEFAULT_COSTING, pollSeconds, logBytesPerRequest }))
  return table([
    ['longest interval', 'as shipped', 'with `invocation_logs = true`'],
    ...DOCUMENTED_POLLS.map((seconds) => [
      `${seconds} s`,
      withLogs(seconds, 0),
      withLogs(seconds, LOG_BYTES_PER_REQUEST),
    ]),
  ])
}

/** The generated part of docs/scale.md. */
export function costSection(): string {
  return `Prices as published, read on ${PRICES_READ}:

${priceTable()}
People who wait for an hour, with 1,000 on the site who stay 5 minutes each, in a month in which nothing else happens:

${billTable('people', 'visitors', DOCUMENTED_VISITORS)}
A million people for that hour in detail, amounts and dollars beyond what the plan includes:

${detailTable(documentedWays({}))}
The same million, by the capacity of the site: more visitors are near the front, and more pages report from the site.

${billTable('on the site', 'capacity', DOCUMENTED_CAPACITIES)}
The same million, by the longest interval between two polls:

${pollTable()}`
}
