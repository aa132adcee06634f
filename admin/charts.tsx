/** Charts of a room over ranges from 10 minutes to 7 days. The last point is the current value. */
import { useState } from 'hono/jsx/dom'
import { BASE, get, type History, type HistoryPoint, type Stats } from './api.ts'
import { Chart } from './chart.tsx'
import { durationText } from './forecast.ts'
import { usePolling } from './hooks.ts'
import { latencyText } from './words.ts'

const RANGES = [
  { id: '10m', label: '10 min', minutes: 10, step: '10s', stepSeconds: 10 },
  { id: '1h', label: '1 hour', minutes: 60, step: '10s', stepSeconds: 10 },
  { id: '6h', label: '6 hours', minutes: 360, step: '1m', stepSeconds: 60 },
  { id: '24h', label: '24 hours', minutes: 1440, step: '1m', stepSeconds: 60 },
  { id: '7d', label: '7 days', minutes: 10_080, step: '1h', stepSeconds: 3_600 },
] as const

type Range = (typeof RANGES)[number]

const EVERY_MS = 10_000
const count = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, notation: 'compact' })
const percent = (value: number) => `${count.format(value)}%`

interface Props {
  readonly room: string
  readonly stats: Stats | null
  /** Interval between two samples. */
  readonly tickSeconds: number
}

export function Charts({ room, stats, tickSeconds }: Props) {
  const [id, setId] = useState<Range['id']>('10m')
  const range = RANGES.find((one) => one.id === id) ?? RANGES[0]
  // The room's clock, because the browser's may be wrong.
  const nowMs = stats === null ? Date.now() : Date.parse(stats.at)
  const query = `step=${range.step}&from=${nowMs - range.minutes * 60_000}`
  const history = usePolling(`${room} ${id}`, EVERY_MS, () => get<History>(`/rooms/${room}/history?${query}`))
  return (
    <section aria-labelledby="charts-title">
      <div class="row between">
        <h3 id="charts-title">History</h3>
        <fieldset class="segments">
          <legend class="hidden">Time range</legend>
          {RANGES.map((one) => (
            <label key={one.id}>
              <input type="radio" name="range" value={one.id} checked={one.id === id} onChange={() => setId(one.id)} />
              <span>{one.label}</span>
            </label>
          ))}
        </fieldset>
        <p class="row">
          <a href={`${BASE}/rooms/${room}/history?format=csv&${query}`} download={`${room}-history-${id}.csv`}>
            Download CSV
          </a>
          <a href={`${BASE}/rooms/${room}/journal`} download={`${room}-journal.json`}>
            Download journal
          </a>
        </p>
      </div>
      {history.error !== null && (
        <p class="banner error" role="alert">
          The history of the last {range.label} could not be loaded ({history.error.message}). Retrying.
        </p>
      )}
      {history.value === null && history.error === null && <p class="muted">Loading the last {range.label}…</p>}
      {history.value?.points.length === 0 && (
        <p class="muted">
          No samples in the last {range.label}. The room takes one every {tickSeconds} s while visitors are present.
        </p>
      )}
      <div class="charts" data-range={history.value === null ? '' : id}>
        <Plots
          points={history.value?.points ?? []}
          range={range}
          stats={stats}
          nowMs={nowMs}
          tickSeconds={tickSeconds}
        />
      </div>
    </section>
  )
}

interface PlotsProps {
  readonly points: readonly HistoryPoint[]
  readonly range: Range
  readonly stats: Stats | null
  readonly nowMs: number
  readonly tickSeconds: number
}

function Plots({ points, range, stats, nowMs, tickSeconds }: PlotsProps) {
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
  const site = stats?.site
  const hasGuard = (site !== undefined && site.guard !== 'off') || points.some((point) => point.admissionFactor < 1)
  return (
    <>
      <Chart
        {...shared}
        title="People"
        format={(value) => count.format(value)}
        lines={[
          {
            label: 'Waiting',
            color: '--series-a',
            filled: true,
            values: line((p) => p.waiting, stats?.waiting ?? null),
          },
          { label: 'On the site', color: '--series-b', values: line((p) => p.active, stats?.active ?? null) },
          {
            label: 'Capacity',
            color: '--series-c',
            dashed: true,
            values: line((p) => p.capacity, stats?.capacity ?? null),
          },
        ]}
      />
      <Chart
        {...shared}
        title="Per minute"
        format={(value) => count.format(value)}
        lines={[
          { label: 'Admitted', color: '--series-b', values: perMinute((p) => p.admitted) },
          { label: 'Joined', color: '--series-a', values: perMinute((p) => p.joined) },
          { label: 'Expired', color: '--series-d', values: perMinute((p) => p.expired) },
        ]}
      />
      <Chart
        {...shared}
        title="Wait"
        format={durationText}
        lines={[
          {
            label: 'Median',
            color: '--series-a',
            values: line((p) => p.waitSecondsP50, stats?.waitSecondsP50 ?? null),
          },
          { label: '90%', color: '--series-d', values: line((p) => p.waitSecondsP90, stats?.waitSecondsP90 ?? null) },
        ]}
      />
      <Chart
        {...shared}
        title="Site errors"
        format={percent}
        isBad={site?.errorState === 'bad'}
        lines={[
          {
            label: 'Errors',
            color: '--series-e',
            filled: true,
            values: line((p) => errorPercent(p), site?.errorRatio == null ? null : 100 * site.errorRatio),
          },
          ...(site === undefined
            ? []
            : [
                {
                  label: 'Red above',
                  color: '--series-c',
                  dashed: true,
                  values: constant(100 * site.limits.errorRatio.bad),
                },
              ]),
        ]}
      />
      <Chart
        {...shared}
        title="Site latency"
        format={latencyText}
        isBad={site?.latencyState === 'bad'}
        lines={[
          { label: '90%', color: '--series-d', values: line((p) => p.originLatencyMsP90, site?.latencyMsP90 ?? null) },
          ...(site === undefined
            ? []
            : [{ label: 'Red above', color: '--series-c', dashed: true, values: constant(site.limits.latencyMs.bad) }]),
        ]}
      />
      {hasGuard && (
        <Chart
          {...shared}
          title="Origin guard"
          format={percent}
          isBad={site?.guard === 'stopped'}
          lines={[
            {
              label: 'Rate that it allows',
              color: '--series-b',
              values: line((p) => 100 * p.admissionFactor, stats === null ? null : 100 * stats.admissionFactor),
            },
          ]}
        />
      )}
    </>
  )
}

function errorPercent({ originErrors, originRequests }: HistoryPoint): number | null {
  return originRequests > 0 ? (100 * originErrors) / originRequests : null
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
