/** The figures of a room, each with the time it covers. */
import type { Stats } from './api.ts'
import { durationText } from './forecast.ts'
import { guardText, latencyText, limitsText, percentText, SITE_WORDS } from './words.ts'

const count = new Intl.NumberFormat()

export function Figures({ stats }: { stats: Stats | null }) {
  if (stats === null) return <p class="loading">Loading…</p>
  const { active, capacity, waiting, absent, offered, admittedPerMinute, waitSecondsP50, waitSecondsP90, totals } =
    stats
  return (
    <section class="figures" aria-label="Figures">
      <Figure
        label="On the site now"
        value={count.format(active)}
        note={`of ${count.format(capacity)}, ${count.format(offered)} on their way`}
      >
        <meter min={0} max={Math.max(1, capacity)} value={Math.min(active, capacity)} aria-label="Places taken" />
      </Figure>
      <Figure label="Waiting now" value={count.format(waiting)} note={`and ${count.format(absent)} absent`} />
      <Figure
        label="Admitted per minute"
        value={admittedPerMinute === null ? '–' : rateText(admittedPerMinute)}
        note={`last 2 minutes with a line; at most ${count.format(stats.newUsersPerMinute)}`}
      />
      <Figure
        label="Wait, median"
        value={waitSecondsP50 === null ? '–' : durationText(waitSecondsP50)}
        note={
          waitSecondsP90 === null
            ? 'nobody was admitted yet'
            : `last 512 admissions; 90% within ${durationText(waitSecondsP90)}`
        }
      />
      <Figure
        label="Since the last reset"
        value={count.format(totals.admitted ?? 0)}
        note={`admitted of ${count.format(totals.joined ?? 0)} who joined`}
      />
      <SiteFigure stats={stats} />
    </section>
  )
}

/** Site health, with the limits of the room beyond which it is red. */
function SiteFigure({ stats: { site, admissionFactor, suspended } }: { stats: Stats }) {
  const { state, errorRatio, latencyMsP90, requests, windowSeconds } = site
  const latency = latencyMsP90 === null ? '' : `90% within about ${latencyText(latencyMsP90)}, `
  return (
    <div class={`card figure site ${state}`}>
      <div>
        <p class="label">Site errors, last {windowSeconds / 60} minutes</p>
        <p class="row">
          <span class="value">{errorRatio === null ? '–' : percentText(errorRatio)}</span>
          <span class={`badge ${state}`}>{SITE_WORDS[state]}</span>
        </p>
        <p class="muted">
          {latency}
          {count.format(requests)} requests
        </p>
      </div>
      <div>
        {suspended && <p class="muted">Not measured while the room is suspended.</p>}
        <p class="muted">{guardText(site, admissionFactor)}</p>
        <p class="muted">{limitsText(site)}</p>
      </div>
    </div>
  )
}

interface FigureProps {
  readonly label: string
  readonly value: string
  readonly note: string
  readonly children?: unknown
}

export function Figure({ label, value, note, children }: FigureProps) {
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
