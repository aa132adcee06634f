/**
 * The figures of a room, one entry each. Everything that lists figures derives from this table: the
 * totals, the sample, its SQL column, the history, the Analytics Engine data point, the API's
 * schemas, the metrics and the table in docs/figures.md. Those of newcomers are listed in
 * entrance-figures.ts.
 *
 * A new figure is a new entry. A migration adds its column to existing databases if it has one,
 * and if Analytics Engine should have it, it takes one of the 20 doubles.
 */
import { ENTRANCE_FIGURES } from './entrance-figures.ts'
import type { Durations, Gauge, GaugedLine, Load, Percentile, SampleColumn, Total } from './figure-kinds.ts'
import { SITE_TIME_BUCKETS_SECONDS, WAIT_BUCKETS_SECONDS } from './limits.ts'

export const FIGURES = {
  active: {
    kind: 'gauge',
    unit: 'count',
    read: ({ tickets }) => tickets.occupied,
    metric: 'active',
    sample: { column: 'active', double: 2 },
    help: 'Slots taken: visitors on the site or admitted and on their way, and lent slots.',
  },
  offered: {
    kind: 'gauge',
    unit: 'count',
    read: ({ tickets }) => tickets.offered,
    metric: 'offered',
    help: 'Visitors admitted who have not arrived on the site yet, and lent slots.',
  },
  lent: {
    kind: 'gauge',
    unit: 'count',
    read: ({ lending }) => lending.count,
    metric: 'lent',
    help: 'Slots lent to isolates whose visitors are not known yet (lease_below).',
  },
  waiting: {
    kind: 'gauge',
    unit: 'count',
    read: ({ tickets }) => tickets.waiting,
    metric: 'waiting',
    sample: { column: 'waiting', double: 4 },
    help: 'Visitors waiting in line.',
  },
  absent: {
    kind: 'gauge',
    unit: 'count',
    read: ({ tickets }) => tickets.absent,
    metric: 'absent',
    sample: { column: 'absent', double: 5 },
    help: 'Visitors who fell silent and can still reclaim their place.',
  },
  capacity: {
    kind: 'gauge',
    unit: 'count',
    read: ({ rules }) => rules.capacity,
    metric: 'capacity',
    sample: { column: 'capacity', double: 3 },
    help: 'Slots in the room.',
  },
  newUsersPerMinute: {
    kind: 'gauge',
    unit: 'per minute',
    read: ({ rules }) => rules.ratePerMinute,
    metric: 'admission_limit_per_second',
    help: 'Maximum rate of admission.',
  },
  admissionFactor: {
    kind: 'gauge',
    unit: 'ratio',
    read: (line) => line.admissionFactor,
    metric: 'admission_ratio',
    sample: { column: 'admission_factor', double: 17 },
    help: 'Share of the admission rate that the origin guard allows, 0 to 1; 1 while the guard is off or sees no problem.',
  },
  joined: {
    kind: 'total',
    unit: 'count',
    metric: 'joined',
    sample: { column: 'joined', double: 6 },
    help: 'Tickets issued.',
  },
  admitted: {
    kind: 'total',
    unit: 'count',
    metric: 'admitted',
    sample: { column: 'admitted', double: 7 },
    help: 'Admissions.',
  },
  expired: {
    kind: 'total',
    unit: 'count',
    metric: 'expired',
    sample: { column: 'expired', double: 8 },
    help: 'Stays that ended because the visitor fell silent.',
  },
  left: {
    kind: 'total',
    unit: 'count',
    metric: 'left',
    sample: { column: 'left_line', double: 9 },
    help: 'Stays given up by the visitor or revoked.',
  },
  returned: {
    kind: 'total',
    unit: 'count',
    metric: 'returned',
    sample: { column: 'returned', double: 10 },
    help: 'Visitors who were heard again within the reclaim grace period.',
  },
  noShows: {
    kind: 'total',
    unit: 'count',
    metric: 'no_shows',
    sample: { column: 'no_shows', double: null },
    help: 'Admitted visitors who never came: they fell silent, left or missed their turn before they reached the site.',
  },
  ended: {
    kind: 'total',
    unit: 'count',
    metric: 'ended',
    help: 'Sessions ended by the idle time-out or the maximum session length.',
  },
  forgotten: {
    kind: 'total',
    unit: 'count',
    metric: 'forgotten',
    help: 'Absent visitors who lost their place.',
  },
  lentBack: {
    kind: 'total',
    unit: 'count',
    metric: 'lent_back',
    help: 'Lent slots that came back unused. Their numbers are never used again.',
  },
  roomErrors: {
    kind: 'total',
    unit: 'count',
    metric: 'call_errors',
    sample: { column: 'room_errors', double: 11 },
    help: 'Calls from isolates that failed to reach the room.',
  },
  honoured: {
    kind: 'total',
    unit: 'count',
    metric: 'honoured_passes',
    help: 'Expired passes honoured while the room was unreachable.',
  },
  originRequests: {
    kind: 'total',
    unit: 'count',
    metric: 'origin_requests',
    sample: { column: 'origin_requests', double: 14 },
    help: 'Requests from admitted visitors and CORS preflights sent to the origin.',
  },
  originErrors: {
    kind: 'total',
    unit: 'count',
    metric: 'origin_errors',
    sample: { column: 'origin_errors', double: 15 },
    help: 'Origin requests that failed, timed out or were answered with 5xx.',
  },
  ...ENTRANCE_FIGURES,
  calls: {
    kind: 'load',
    unit: 'count',
    metric: 'calls',
    help: "Calls from isolates and gatherers answered since the room's object started.",
  },
  gatheredCalls: {
    kind: 'load',
    unit: 'count',
    metric: 'gathered_calls',
    help: "Calls from isolates that came through gatherers since the room's object started.",
  },
  rowsWritten: {
    kind: 'load',
    unit: 'count',
    metric: 'rows_written',
    help: "Rows of the line written since the room's object started.",
  },
  waitSecondsP50: {
    kind: 'percentile',
    unit: 'seconds',
    of: 'waitSeconds',
    share: 0.5,
    sample: { column: 'wait_p50', double: 12 },
    help: 'Median wait of the visitors admitted since the last sample.',
  },
  waitSecondsP90: {
    kind: 'percentile',
    unit: 'seconds',
    of: 'waitSeconds',
    share: 0.9,
    sample: { column: 'wait_p90', double: 13 },
    help: '90th percentile of the waits of the visitors admitted since the last sample.',
  },
  originLatencyMsP90: {
    kind: 'percentile',
    unit: 'ms',
    of: 'originLatencyMs',
    share: 0.9,
    sample: { column: 'origin_latency_p90_ms', double: 16 },
    help: "90th percentile of the time until the origin's headers, or until the time-out.",
  },
  waits: {
    kind: 'distribution',
    unit: 'seconds',
    bounds: WAIT_BUCKETS_SECONDS,
    metric: 'wait_seconds',
    column: 'waits',
    help: 'Time from joining to admission.',
  },
  abandonedWaits: {
    kind: 'distribution',
    unit: 'seconds',
    bounds: WAIT_BUCKETS_SECONDS,
    metric: 'abandoned_wait_seconds',
    column: 'abandoned_waits',
    help: 'Time in line of the visitors who gave up: they left it, or did not return within the reclaim grace period.',
  },
  siteTimes: {
    kind: 'distribution',
    unit: 'seconds',
    bounds: SITE_TIME_BUCKETS_SECONDS,
    metric: 'site_time_seconds',
    column: 'site_times',
    help: 'Length of the sessions that ended, until the visitor left or was heard last.',
  },
} as const satisfies Readonly<Record<string, Gauge | Total | Load | Percentile | Durations>>

type Table = typeof FIGURES
export type FigureName = keyof Table
type NameOf<Shape> = { [Name in FigureName]: Table[Name] extends Shape ? Name : never }[FigureName]

export type GaugeName = NameOf<Gauge>
export type TotalName = NameOf<Total>
export type LoadName = NameOf<Load>
export type PercentileName = NameOf<Percentile>
export type DistributionName = NameOf<Durations>
export type SampledName = NameOf<{ readonly sample: SampleColumn }>

const NAMES = Object.keys(FIGURES) as FigureName[]
const isGauge = <N extends FigureName>(name: N): name is N & GaugeName => FIGURES[name].kind === 'gauge'
const isTotal = <N extends FigureName>(name: N): name is N & TotalName => FIGURES[name].kind === 'total'

export const GAUGES = NAMES.filter(isGauge)
export const TOTALS = NAMES.filter(isTotal)
export const LOADS = NAMES.filter((name) => FIGURES[name].kind === 'load') as LoadName[]
export const DISTRIBUTIONS = NAMES.filter((name) => FIGURES[name].kind === 'distribution') as DistributionName[]
export const PERCENTILES = NAMES.filter((name) => FIGURES[name].kind === 'percentile') as PercentileName[]

const doubleOf = (name: SampledName): number => FIGURES[name].sample.double ?? Number.POSITIVE_INFINITY

/** In the order of the history: those with a double by that one, then the others. */
export const SAMPLED = (NAMES.filter((name) => 'sample' in FIGURES[name]) as SampledName[]).sort((a, b) =>
  // Two infinities have no difference.
  doubleOf(a) === doubleOf(b) ? 0 : doubleOf(a) - doubleOf(b),
)
/** The figures of a data point of Analytics Engine, by their doubles. */
export const ANALYSED = SAMPLED.filter((name) => FIGURES[name].sample.double !== null)
export const SAMPLED_GAUGES = SAMPLED.filter(isGauge)
export const SAMPLED_TOTALS = SAMPLED.filter(isTotal)

/** An object with one value for each of these figures. */
export function eachFigure<Name extends FigureName, Value>(
  names: readonly Name[],
  value: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, Value>
}

export function readGauges(line: GaugedLine): Record<GaugeName, number> {
  return eachFigure(GAUGES, (name) => FIGURES[name].read(line))
}

export type Totals = Record<TotalName, number>

export const NO_TOTALS: Readonly<Totals> = eachFigure(TOTALS, () => 0)
