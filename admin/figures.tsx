/** The figures of now. */
import type { Stats } from './api.ts'
import { durationText } from './forecast.ts'

const count = new Intl.NumberFormat()

export function Figures({ stats }: { stats: Stats | null }) {
  if (stats === null) return <p class="loading">Loading…</p>
  const { active, capacity, waiting, absent, offered, admittedPerMinute, waitSecondsP50, waitSecondsP90, totals } =
    stats
  return (
    <section class="figures" aria-label="Figures of now">
      <Figure
        label="On the site"
        value={count.format(active)}
        note={`of ${count.format(capacity)}, ${offered} on their way`}
      >
        <meter min={0} max={Math.max(1, capacity)} value={Math.min(active, capacity)} aria-label="Places taken" />
      </Figure>
      <Figure label="Waiting" value={count.format(waiting)} note={`and ${count.format(absent)} absent`} />
      <Figure
        label="Admitted a minute"
        value={admittedPerMinute === null ? '–' : rateText(admittedPerMinute)}
        note={`at most ${count.format(stats.newUsersPerMinute)}`}
      />
      <Figure
        label="Wait, median"
        value={waitSecondsP50 === null ? '–' : durationText(waitSecondsP50)}
        note={waitSecondsP90 === null ? 'nobody was admitted yet' : `90% within ${durationText(waitSecondsP90)}`}
      />
      <Figure
        label="Since this run began"
        value={count.format(totals.admitted ?? 0)}
        note={`admitted of ${count.format(totals.joined ?? 0)} who joined`}
      />
    </section>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly note: string
  readonly children?: unknown
}

function Figure({ label, value, note, children }: FigureProps) {
  return (
    <div class="card figure">
      <p class="label">{label}</p>
      <p class="value">{value}</p>
      {children as never}
      <p class="muted">{note}</p>
    </div>
  )
}

function rateText(perMinute: number): string {
  return perMinute < 10 ? perMinute.toFixed(1) : count.format(Math.round(perMinute))
}
