/**
 * A span of the past: its choice, its history, and that history as lines of charts, of which the
 * last point is the current value.
 */
import { useState } from 'hono/jsx/dom'
import { get, type History, type HistoryPoint, type Stats } from './api.ts'
import { type Polled, usePolling } from './hooks.ts'

const RANGES = [
  { id: '10m', label: '10 min', minutes: 10, step: '10s', stepSeconds: 10 },
  { id: '1h', label: '1 hour', minutes: 60, step: '10s', stepSeconds: 10 },
  { id: '6h', label: '6 hours', minutes: 360, step: '1m', stepSeconds: 60 },
  { id: '24h', label: '24 hours', minutes: 1440, step: '1m', stepSeconds: 60 },
  { id: '7d', label: '7 days', minutes: 10_080, step: '1h', stepSeconds: 3_600 },
] as const

export type Range = (typeof RANGES)[number]

const EVERY_MS = 10_000

export interface Span {
  readonly range: Range
  readonly choose: (id: Range['id']) => void
  readonly nowMs: number
  readonly fromMs: number
}

/** The room's clock, because the browser's may be wrong. */
export function useSpan(first: Range['id'], stats: Stats | null): Span {
  const [id, choose] = useState<Range['id']>(first)
  const range = RANGES.find((one) => one.id === id) ?? RANGES[0]
  const nowMs = stats === null ? Date.now() : Date.parse(stats.at)
  return { range, choose, nowMs, fromMs: nowMs - range.minutes * 60_000 }
}

/** Polls a path of the room for this span. */
export function useSpanPolling<T>(room: string, span: Span, path: string): Polled<T> {
  return usePolling(`${room} ${path} ${span.range.id}`, EVERY_MS, () =>
    get<T>(`/rooms/${room}/${path}${path.includes('?') ? '&' : '?'}from=${span.fromMs}`),
  )
}

export function useHistory(room: string, span: Span): Polled<History> {
  return useSpanPolling<History>(room, span, `history?step=${span.range.step}`)
}

interface PickerProps {
  /** Of the radio buttons: unique on the page. */
  readonly name: string
  readonly legend: string
  readonly span: Span
}

export function RangePicker({ name, legend, span }: PickerProps) {
  return (
    <fieldset class="segments">
      <legend class="hidden">{legend}</legend>
      {RANGES.map((one) => (
        <label key={one.id}>
          <input
            type="radio"
            name={name}
            value={one.id}
            checked={one.id === span.range.id}
            onChange={() => span.choose(one.id)}
          />
          <span>{one.label}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** @param tickSeconds interval between two samples */
export function timeline(points: readonly HistoryPoint[], { range, nowMs }: Span, tickSeconds: number) {
  const plotted = withGaps(points, Math.max(range.stepSeconds, tickSeconds))
  const nowSeconds = nowMs / 1000
  const startSeconds = nowSeconds - range.minutes * 60
  const shared = {
    times: [startSeconds, ...plotted.map(({ at }) => at), nowSeconds],
    range: [startSeconds, nowSeconds] as const,
  }
  const line = (figure: (point: HistoryPoint) => number | null, now: number | null) => [
    null,
    ...plotted.map(({ point }) => (point === null ? null : figure(point))),
    now,
  ]
  const perMinute = (figure: (point: HistoryPoint) => number) =>
    line((point) => figure(point) / ((point.samples * tickSeconds) / 60), null)
  const constant = (value: number) => shared.times.map(() => value)
  return { shared, line, perMinute, constant }
}

/** Breaks the line where more than two steps are missing: an empty room writes no samples. */
function withGaps(points: readonly HistoryPoint[], stepSeconds: number) {
  const steps: { at: number; point: HistoryPoint | null }[] = []
  for (const point of points) {
    const at = Date.parse(point.at) / 1000
    const last = steps.at(-1)
    if (last !== undefined && at - last.at > stepSeconds * 2.5) steps.push({ at: last.at + 1, point: null })
    steps.push({ at, point })
  }
  return steps
}
