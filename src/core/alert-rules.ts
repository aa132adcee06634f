/**
 * Alert rules: when one fires and when it resolves. One step per minute; one message on firing and
 * one on resolving.
 */
import type { RoomEvent } from './events.ts'
import type { TotalName } from './figures.ts'
import type { Sample } from './sample.ts'
import { whoCame } from './who-came.ts'

/** Metrics of the events' times. They hold in an empty room, too. */
const EVENT_METRICS = ['event_starting', 'event_ended'] as const

/** Metrics that are the sum of a total over a minute. */
const COUNT_METRICS = {
  admitted_per_minute: 'admitted',
  expired_per_minute: 'expired',
  room_errors: 'roomErrors',
  limited_per_minute: 'limited',
  network_limited_per_minute: 'limitedByNetwork',
  client_limited_per_minute: 'limitedByClient',
  limited_returns_per_minute: 'limitedReturns',
  checks_passed_per_minute: 'checksPassed',
  checks_failed_per_minute: 'checksFailed',
  checks_unreachable_per_minute: 'checksUnreachable',
  infinite_answers_per_minute: 'infiniteAnswers',
  proofs_solved_per_minute: 'proofsSolved',
  proofs_refused_per_minute: 'proofsRefused',
  slow_joins_per_minute: 'slowJoins',
  keys_redeemed_per_minute: 'keysRedeemed',
  keys_refused_per_minute: 'keysRefused',
  keys_missing_per_minute: 'keysMissing',
  key_take_overs_per_minute: 'keyTakeOvers',
  key_passes_per_minute: 'keyPasses',
} as const satisfies Readonly<Record<string, TotalName & keyof Sample>>

type CountMetric = keyof typeof COUNT_METRICS
const COUNTED = Object.keys(COUNT_METRICS) as CountMetric[]

export const ALERT_METRICS = [
  'waiting',
  'active',
  'utilization',
  'wait_seconds_p90',
  'stalled',
  'suspected_share',
  ...COUNTED,
  'origin_error_ratio',
  'origin_latency_ms_p90',
  'admission_factor',
  ...EVENT_METRICS,
] as const

export type AlertMetric = (typeof ALERT_METRICS)[number]
export type EventMetric = (typeof EVENT_METRICS)[number]

export interface AlertRule {
  readonly name: string
  readonly metric: AlertMetric
  readonly bound: 'above' | 'below'
  readonly threshold: number
  /** Consecutive minutes, 1 or more. */
  readonly forMinutes: number
}

/** `resolved` lasts one minute, then `ok` follows. */
export interface AlertState {
  readonly state: 'ok' | 'pending' | 'firing' | 'resolved'
  /** Consecutive minutes in which the rule held. */
  readonly heldMinutes: number
  /** The minute (since 1970) in which the state was entered. */
  readonly sinceMinute: number
  /** The last value seen. */
  readonly value: number | null
}

export const NO_ALERT: AlertState = { state: 'ok', heldMinutes: 0, sinceMinute: 0, value: null }

export interface AlertStep {
  readonly state: AlertState
  /** The message to send now; null: none. */
  readonly message: 'firing' | 'resolved' | null
}

/**
 * Advances a rule by one minute. An unknown value (for example, without admissions) keeps the
 * state. In an idle minute (no visitors at all) no rule holds: an empty room is not a fault, even
 * for a rule with a lower bound.
 */
export function stepAlert(
  rule: AlertRule,
  before: AlertState,
  value: number | null,
  minute: number,
  isIdle = false,
): AlertStep {
  if (value === null && !isIdle) return { state: before, message: null }
  const holds = !isIdle && value !== null && isBeyond(rule, value)
  const heldMinutes = holds ? before.heldMinutes + 1 : 0
  const enter = (state: AlertState['state'], message: AlertStep['message'] = null): AlertStep => {
    const sinceMinute = state === before.state ? before.sinceMinute : minute
    return { state: { state, heldMinutes, sinceMinute, value }, message }
  }
  if (before.state === 'firing') return holds ? enter('firing') : enter('resolved', 'resolved')
  if (!holds) return enter('ok')
  return heldMinutes >= rule.forMinutes ? enter('firing', 'firing') : enter('pending')
}

function isBeyond({ bound, threshold }: AlertRule, value: number): boolean {
  return bound === 'above' ? value > threshold : value < threshold
}

export type MinuteFigures = Readonly<Record<Exclude<AlertMetric, EventMetric>, number | null>>

/**
 * The metrics of one minute from its samples: gauges as means, counts as sums, waits and latencies
 * as the highest p90. `stalled`: 1 or 0, null: unknown. Without samples the other metrics are
 * unknown, or 0 in an empty room.
 */
export function minuteFigures(samples: readonly Sample[], stalled: boolean | null, empty: boolean): MinuteFigures {
  const stall = stalled === null ? null : Number(stalled)
  if (samples.length === 0) {
    const rest = empty ? 0 : null
    return {
      waiting: rest,
      active: rest,
      utilization: rest,
      wait_seconds_p90: rest,
      ...counts(() => rest),
      stalled: stall,
      suspected_share: null,
      // Without requests nothing is known about the origin.
      origin_error_ratio: null,
      origin_latency_ms_p90: null,
      admission_factor: null,
    }
  }
  const sum = (figure: (sample: Sample) => number) => samples.reduce((total, sample) => total + figure(sample), 0)
  const originRequests = sum((sample) => sample.originRequests)
  return {
    waiting: sum(({ waiting }) => waiting) / samples.length,
    active: sum(({ active }) => active) / samples.length,
    utilization: sum(({ active, capacity }) => (capacity === 0 ? 0 : active / capacity)) / samples.length,
    wait_seconds_p90: highest(samples.map(({ waitSecondsP90 }) => waitSecondsP90)),
    ...counts((metric) => sum((sample) => sample[COUNT_METRICS[metric]])),
    stalled: stall,
    suspected_share: whoCame(samples).suspectedShare,
    origin_error_ratio: originRequests === 0 ? null : sum(({ originErrors }) => originErrors) / originRequests,
    origin_latency_ms_p90: highest(samples.map(({ originLatencyMsP90 }) => originLatencyMsP90)),
    admission_factor: sum(({ admissionFactor }) => admissionFactor) / samples.length,
  }
}

function counts<Value>(value: (metric: CountMetric) => Value): Record<CountMetric, Value> {
  return Object.fromEntries(COUNTED.map((metric) => [metric, value(metric)])) as Record<CountMetric, Value>
}

export function isEventMetric(metric: AlertMetric): metric is EventMetric {
  return (EVENT_METRICS as readonly string[]).includes(metric)
}

/** An event is announced this long before its start, and reported this long after its end. */
const EVENT_ALERT_MS = 15 * 60_000

/** The event for which a metric is 1 at a time; null: the metric is 0. */
export function alertedEvent(metric: EventMetric, events: readonly RoomEvent[], atMs: number): RoomEvent | null {
  const isAlerted = ({ startAtMs, endAtMs }: RoomEvent) =>
    metric === 'event_starting'
      ? startAtMs - EVENT_ALERT_MS <= atMs && atMs < startAtMs
      : endAtMs <= atMs && atMs < endAtMs + EVENT_ALERT_MS
  return events.find((event) => !event.suspended && isAlerted(event)) ?? null
}

/** Null if no value is known. */
function highest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}
