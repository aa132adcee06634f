/** How it was: charts over 10 minutes to 7 days. The last point is now. */
import { useState } from 'hono/jsx/dom'
import { get, type History, type HistoryPoint, type Stats } from './api.ts'
import { Chart } from './chart.tsx'
import { durationText } from './forecast.ts'
import { usePolling } from './hooks.ts'

const RANGES = [
  { id: '10m', label: '10 min', minutes: 10, step: '10s', stepMinutes: 1 / 6 },
  { id: '1h', label: '1 hour', minutes: 60, step: '10s', stepMinutes: 1 / 6 },
  { id: '6h', label: '6 hours', minutes: 360, step: '1m', stepMinutes: 1 },
  { id: '24h', label: '24 hours', minutes: 1440, step: '1m', stepMinutes: 1 },
  { id: '7d', label: '7 days', minutes: 10_080, step: '1h', stepMinutes: 60 },
] as const

const EVERY_MS = 10_000
const count = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, notation: 'compact' })

export function Charts({ room, stats }: { room: string; stats: Stats | null }) {
  const [id, setId] = useState<(typeof RANGES)[number]['id']>('10m')
  const range = RANGES.find((one) => one.id === id) ?? RANGES[0]
  const history = usePolling(`${room} ${id}`, EVERY_MS, () => {
    const from = Date.now() - range.minutes * 60_000
    return get<History>(`/rooms/${room}/history?step=${range.step}&from=${from}`)
  })
  const points = withGaps((history.value?.points ?? []) as readonly HistoryPoint[], range.stepMinutes)
  const nowSeconds = stats === null ? Date.now() / 1000 : Date.parse(stats.at) / 1000
  const span = [nowSeconds - range.minutes * 60, nowSeconds] as const
  const times = [...points.map(({ at }) => at), nowSeconds]
  const line = (figure: (point: HistoryPoint) => number | null, now: number | null) => [
    ...points.map(({ point }) => (point === null ? null : figure(point))),
    now,
  ]
  const perMinute = (figure: (point: HistoryPoint) => number) =>
    line((point) => figure(point) / (point.samples * (range.stepMinutes >= 1 ? 1 / 6 : range.stepMinutes)), null)
  const shared = { times, range: span }
  return (
    <section aria-labelledby="charts-title">
      <div class="row between">
        <h3 id="charts-title">How it was</h3>
        <fieldset class="segments">
          <legend class="hidden">Span of time</legend>
          {RANGES.map((one) => (
            <label key={one.id}>
              <input type="radio" name="range" value={one.id} checked={one.id === id} onChange={() => setId(one.id)} />
              <span>{one.label}</span>
            </label>
          ))}
        </fieldset>
      </div>
      <div class="charts">
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
          title="A minute"
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
      </div>
    </section>
  )
}

/** An empty room writes no samples: where more than two steps are missing, the line breaks. */
function withGaps(points: readonly HistoryPoint[], stepMinutes: number) {
  const told: { at: number; point: HistoryPoint | null }[] = []
  for (const point of points) {
    const at = Date.parse(point.at) / 1000
    const last = told.at(-1)
    if (last !== undefined && at - last.at > stepMinutes * 150) told.push({ at: last.at + 1, point: null })
    told.push({ at, point })
  }
  return told
}
