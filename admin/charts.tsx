/** Charts of a room over ranges from 10 minutes to 7 days. */
import { BASE, type HistoryPoint, type Stats } from './api.ts'
import { Chart } from './chart.tsx'
import { durationText } from './forecast.ts'
import { RangePicker, type Span, timeline, useHistory, useSpan } from './timeline.tsx'
import { latencyText } from './words.ts'

const count = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, notation: 'compact' })
const percent = (value: number) => `${count.format(value)}%`

interface Props {
  readonly room: string
  readonly stats: Stats | null
  /** Interval between two samples. */
  readonly tickSeconds: number
}

export function Charts({ room, stats, tickSeconds }: Props) {
  const span = useSpan('10m', stats)
  const { range, fromMs } = span
  const history = useHistory(room, span)
  const query = `step=${range.step}&from=${fromMs}`
  return (
    <section aria-labelledby="charts-title">
      <div class="row between">
        <h3 id="charts-title">History</h3>
        <RangePicker name="range" legend="Time range" span={span} />
        <p class="row">
          <a href={`${BASE}/rooms/${room}/history?format=csv&${query}`} download={`${room}-history-${range.id}.csv`}>
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
      <div class="charts" data-range={history.value === null ? '' : range.id}>
        <Plots points={history.value?.points ?? []} span={span} stats={stats} tickSeconds={tickSeconds} />
      </div>
    </section>
  )
}

interface PlotsProps {
  readonly points: readonly HistoryPoint[]
  readonly span: Span
  readonly stats: Stats | null
  readonly tickSeconds: number
}

function Plots({ points, span, stats, tickSeconds }: PlotsProps) {
  const drawn = timeline(points, span, tickSeconds)
  const isGuarded = points.some((point) => point.admissionFactor < 1)
  return (
    <>
      <VisitorPlots drawn={drawn} stats={stats} />
      <SitePlots drawn={drawn} stats={stats} isGuarded={isGuarded} />
    </>
  )
}

interface DrawnProps {
  readonly drawn: ReturnType<typeof timeline>
  readonly stats: Stats | null
}

function VisitorPlots({ drawn: { shared, line, perMinute }, stats }: DrawnProps) {
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
    </>
  )
}

/** @param isGuarded the origin guard slowed admission at some time */
function SitePlots({ drawn: { shared, line, constant }, stats, isGuarded }: DrawnProps & { isGuarded: boolean }) {
  const site = stats?.site
  const hasGuard = (site !== undefined && site.guard !== 'off') || isGuarded
  return (
    <>
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
