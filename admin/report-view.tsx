/** The figures, charts and tables of a report. */
import type { Report } from './api.ts'
import { ChangeRow } from './audit.tsx'
import { Chart } from './chart.tsx'
import { Figure } from './figures.tsx'
import { durationText } from './forecast.ts'
import { momentText, zoneText } from './times.ts'
import { percentText } from './words.ts'

const count = new Intl.NumberFormat()
const shortCount = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, notation: 'compact' })
const format = (value: number) => shortCount.format(value)

export function ReportView({ report }: { report: Report }) {
  return (
    <>
      <p>
        From {momentText(report.from)} to {momentText(report.to)}
        {report.resolution === 'days' && <span class="muted"> (whole days in UTC)</span>}
      </p>
      {report.samples === 0 && <p class="muted">Nobody was in the room during this time.</p>}
      <Sums report={report} />
      <Plots report={report} />
      <div class="columns">
        <Waits report={report} />
        <Durations
          title="Time on the site"
          note="Sessions that ended, until the visitor left or was heard last."
          durations={report.timeOnSite}
        />
      </div>
      <Changes report={report} />
    </>
  )
}

function Sums({ report }: { report: Report }) {
  const { totals, waits, abandonment, timeOnSite } = report
  const used = report.capacityUsedMean === null ? '–' : percentText(report.capacityUsedMean)
  return (
    <section class="figures" aria-label="Figures of the report">
      <Figure
        label="Joined"
        value={count.format(totals.joined)}
        note={`${count.format(totals.admitted)} admitted, ${count.format(totals.returned)} came back after a silence`}
      />
      <Figure
        label="Longest line"
        value={count.format(report.peakWaiting)}
        note={report.peakWaitingAt === null ? 'nobody waited' : `at ${momentText(report.peakWaitingAt)}`}
      />
      <Figure label="Wait, median" value={seconds(waits.p50Seconds)} note={`90% within ${seconds(waits.p90Seconds)}`} />
      <Figure
        label="Gave up"
        value={count.format(abandonment.count)}
        note={abandonment.share === null ? 'nobody waited' : `${percentText(abandonment.share)} of all waits`}
      />
      <Figure
        label="No-shows"
        value={count.format(report.noShows)}
        note={
          report.noShowShare === null ? 'nobody was admitted' : `${percentText(report.noShowShare)} of the admitted`
        }
      />
      <Figure
        label="Time on the site, median"
        value={seconds(timeOnSite.p50Seconds)}
        note={`${count.format(timeOnSite.count)} sessions ended`}
      />
      <Figure
        label="Capacity used"
        value={used}
        note={`on average; at most ${count.format(report.peakActive)} on the site`}
      />
      <Figure label="Turned away" value={count.format(report.turnedAway)} note="by limits, checks and proofs of work" />
    </section>
  )
}

function Plots({ report }: { report: Report }) {
  const points = report.points
  const start = Date.parse(report.from) / 1000
  const end = Math.max(start + 1, Date.parse(report.to) / 1000)
  const times = points.map(({ at, seconds: length }) => Date.parse(at) / 1000 + length / 2)
  const marks = report.changes.map(({ at }) => Date.parse(at) / 1000)
  const shared = { times, range: [start, end] as const, marks }
  const perMinute = (of: (point: Report['points'][number]) => number) =>
    points.map((point) => of(point) / (point.seconds / 60))
  return (
    <section aria-labelledby="report-charts">
      <h3 id="report-charts">Course</h3>
      {marks.length > 0 && <p class="muted">Dotted lines mark changes by operators, which are listed below.</p>}
      <div class="charts">
        <Chart
          {...shared}
          title="People, highest in each step"
          format={format}
          lines={[
            { label: 'Waiting', color: '--series-a', filled: true, values: points.map((p) => p.peakWaiting) },
            { label: 'On the site', color: '--series-b', values: points.map((p) => p.peakActive) },
            { label: 'Capacity', color: '--series-c', dashed: true, values: points.map((p) => p.capacity) },
          ]}
        />
        <Chart
          {...shared}
          title="Per minute"
          format={format}
          lines={[
            { label: 'Joined', color: '--series-a', values: perMinute((p) => p.joined) },
            { label: 'Admitted', color: '--series-b', values: perMinute((p) => p.admitted) },
            { label: 'Gave up', color: '--series-d', values: perMinute((p) => p.abandoned) },
            { label: 'No-shows', color: '--series-e', values: perMinute((p) => p.noShows) },
          ]}
        />
        <Chart
          {...shared}
          title="Wait"
          format={durationText}
          lines={[
            { label: 'Median', color: '--series-a', values: points.map((p) => p.waitSecondsP50) },
            { label: '90%', color: '--series-d', values: points.map((p) => p.waitSecondsP90) },
          ]}
        />
      </div>
    </section>
  )
}

function Waits({ report: { abandonment } }: { report: Report }) {
  const rows = abandonment.byWait.filter(({ count: gaveUp, admitted }) => gaveUp + admitted > 0)
  const most = Math.max(1, ...rows.map(({ admitted }) => admitted))
  return (
    <section class="card" aria-labelledby="report-waits">
      <h3 id="report-waits">Waits, and who gave up</h3>
      <p class="muted">Each share is of the visitors who were still in line when its range began.</p>
      <Table heads={['Waited', 'Admitted', '', 'Gave up', 'Share']} isEmpty={rows.length === 0}>
        {rows.map(({ upToSeconds, admitted, count: gaveUp, share }) => (
          <tr key={upToSeconds}>
            <th scope="row">{upToText(upToSeconds, abandonment.byWait)}</th>
            <td>{count.format(admitted)}</td>
            <td>
              <meter min={0} max={most} value={admitted} aria-label="Admitted" />
            </td>
            <td>{count.format(gaveUp)}</td>
            <td>{share === null ? '–' : percentText(share)}</td>
          </tr>
        ))}
      </Table>
    </section>
  )
}

function Durations({ title, note, durations }: { title: string; note: string; durations: Report['timeOnSite'] }) {
  const rows = durations.buckets.filter((bucket) => bucket.count > 0)
  const most = Math.max(1, ...rows.map((bucket) => bucket.count))
  return (
    <section class="card" aria-labelledby="report-durations">
      <h3 id="report-durations">{title}</h3>
      <p class="muted">{note}</p>
      <Table heads={['Time', 'Sessions', '']} isEmpty={rows.length === 0}>
        {rows.map((bucket) => (
          <tr key={bucket.upToSeconds}>
            <th scope="row">{upToText(bucket.upToSeconds, durations.buckets)}</th>
            <td>{count.format(bucket.count)}</td>
            <td>
              <meter min={0} max={most} value={bucket.count} aria-label="Sessions" />
            </td>
          </tr>
        ))}
      </Table>
    </section>
  )
}

function Changes({ report }: { report: Report }) {
  return (
    <section class="card" aria-labelledby="report-changes">
      <h3 id="report-changes">Changes by operators</h3>
      <Table heads={[`When (${zoneText()})`, 'Who', 'Action', 'Changed']} isEmpty={report.changes.length === 0}>
        {report.changes.map((entry) => (
          <ChangeRow key={entry.id} entry={entry} />
        ))}
      </Table>
      {!report.changesComplete && <p class="muted">Only the newest changes are listed.</p>}
    </section>
  )
}

function Table({ heads, isEmpty, children }: { heads: readonly string[]; isEmpty: boolean; children?: unknown }) {
  if (isEmpty) return <p class="muted">None.</p>
  return (
    <table>
      <thead>
        <tr>
          {heads.map((head) =>
            head === '' ? (
              <td key={head} />
            ) : (
              <th key={head} scope="col">
                {head}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>{children as never}</tbody>
    </table>
  )
}

function seconds(value: number | null): string {
  return value === null ? '–' : durationText(value)
}

function upToText(upTo: number | null, buckets: readonly { readonly upToSeconds: number | null }[]): string {
  if (upTo === 0) return 'not at all'
  return upTo === null ? `more than ${durationText(buckets.at(-2)?.upToSeconds ?? 0)}` : `up to ${durationText(upTo)}`
}
