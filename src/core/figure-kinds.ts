/**
 * The kinds of figures: where the value comes from, and what a sample and a longer step of the
 * history have of it.
 */
import type { LineRules } from './rules.ts'
import type { Tickets } from './tickets.ts'

interface FigureText {
  readonly unit: 'count' | 'per minute' | 'ratio' | 'seconds' | 'ms'
  /** Shown in the docs, in the API's schema and as the HELP of the metric. */
  readonly help: string
}

/**
 * `double` is the position in the Analytics Engine data point, 20 at most; null: it has none.
 * Neither part ever changes.
 */
export interface SampleColumn {
  readonly column: string
  readonly double: number | null
}

/** The parts of a line that gauges read. */
export interface GaugedLine {
  readonly tickets: Pick<Tickets, 'occupied' | 'offered' | 'waiting' | 'absent'>
  readonly rules: Pick<LineRules, 'capacity' | 'ratePerMinute'>
  readonly admissionFactor: number
  readonly lending: { readonly count: number }
}

/** A value now. A longer step of the history has the last one. */
export interface Gauge extends FigureText {
  readonly kind: 'gauge'
  readonly read: (line: GaugedLine) => number
  readonly metric: string
  readonly sample?: SampleColumn
}

/**
 * Events since the run began. A sample has those since the last sample; a longer step, their sum.
 */
export interface Total extends FigureText {
  readonly kind: 'total'
  readonly metric: string
  readonly sample?: SampleColumn
}

/** Events since the room's object started. */
export interface Load extends FigureText {
  readonly kind: 'load'
  readonly metric: string
}

/** The distributions that percentiles are taken of. */
type Measured = 'waitSeconds' | 'originLatencyMs'

/**
 * Durations since the run began, by bucket. A sample has those since the last sample, in a column
 * of JSON; a longer step, their sum by bucket. Reports show it, the history does not.
 */
export interface Durations extends FigureText {
  readonly kind: 'distribution'
  readonly bounds: readonly number[]
  readonly metric: string
  readonly column: string
}

/** Of the events since the last sample, null without any. A longer step has the highest. */
export interface Percentile extends FigureText {
  readonly kind: 'percentile'
  readonly of: Measured
  readonly share: number
  readonly sample: SampleColumn
}
