/** One room: figures, charts, controls and the audit log. */
import { useState } from 'hono/jsx/dom'
import { Actions } from './actions.tsx'
import { AdvisedThresholds } from './advice.tsx'
import { Alerts } from './alerts.tsx'
import {
  type Alerts as AlertsView,
  type Audit,
  call,
  type Events as EventsView,
  get,
  type RoomList,
  type Settings,
  type Stats,
} from './api.ts'
import { AuditLog } from './audit.tsx'
import { Part } from './boundary.tsx'
import { CapacityAndRate } from './capacity.tsx'
import { Charts } from './charts.tsx'
import { useControls } from './controls.ts'
import { Dialog, type Question } from './dialog.tsx'
import { underWay } from './event-words.ts'
import { Events } from './events.tsx'
import { ExplainUrl } from './explain.tsx'
import { FairEntry } from './fair-entry.tsx'
import { Figures } from './figures.tsx'
import { usePolling } from './hooks.ts'
import { shownMessage } from './message.tsx'
import { Notices } from './notices.tsx'
import { Pinned } from './pinned.tsx'
import { Preview } from './preview.tsx'
import { TicketLookup } from './ticket.tsx'
import { siteText } from './words.ts'

const STATS_EVERY_MS = 2_000
const SETTINGS_EVERY_MS = 6_000
const EVENTS_EVERY_MS = 4_000
const SLOW_EVERY_MS = 10_000

interface Props {
  readonly name: string
  readonly covers: string
  readonly preview: RoomList['preview']
  readonly mayWrite: boolean
  /** The page's head and navigation. */
  readonly children?: unknown
}

export function Room({ name, covers, preview, mayWrite, children }: Props) {
  const base = `/rooms/${name}`
  const stats = usePolling(`${name} stats`, STATS_EVERY_MS, () => get<Stats>(`${base}/stats`))
  const settings = usePolling(`${name} settings`, SETTINGS_EVERY_MS, () => call<Settings>('GET', `${base}/settings`))
  const events = usePolling(`${name} events`, EVENTS_EVERY_MS, () => get<EventsView>(`${base}/events`))
  const alerts = usePolling(`${name} alerts`, SLOW_EVERY_MS, () => get<AlertsView>(`${base}/alerts`))
  const audit = usePolling(`${name} audit`, SLOW_EVERY_MS, () => get<Audit>(`${base}/audit?limit=20`))
  const [question, setQuestion] = useState<Question | null>(null)
  // The room's clock: the browser's may be wrong.
  const nowMs = stats.value === null ? Date.now() : Date.parse(stats.value.at)
  const refresh = () => {
    for (const polled of [stats, settings, events, audit]) polled.refresh()
  }
  const source = { room: name, mayWrite, settings, nowMs, ask: setQuestion, refresh }
  const { controls, tickSeconds, notice, dismiss } = useControls(source)
  const lost = stats.error ?? settings.error
  const event = underWay(events.value?.events ?? [])
  const isReady = stats.value !== null && controls !== null
  return (
    <>
      <div class="page">
        {children as never}
        <main class="room">
          <div class="title">
            <h2>{name}</h2>
            <p class="muted">covers {covers}</p>
            <a href={`#${name}/report`}>Report</a>
          </div>
          {lost !== null && (
            <p class="banner error" role="alert">
              The room cannot be reached ({lost.message}). The figures are the last known ones. Retrying.
            </p>
          )}
          {stats.value?.site.state === 'bad' && (
            <p class="banner error" role="alert">
              <b>The site is failing.</b> {siteText(stats.value.site)}
            </p>
          )}
          <Part name="Figures">
            <Figures stats={stats.value} />
          </Part>
          <Part name="History">
            <Charts room={name} stats={stats.value} tickSeconds={tickSeconds} />
          </Part>
          <div class="columns">
            <div class="stack">
              <Part name="Capacity and rate">
                {isReady && (
                  <CapacityAndRate room={name} stats={stats.value as Stats} event={event} controls={controls} />
                )}
              </Part>
              <Part name="Suggested thresholds">
                <AdvisedThresholds room={name} observes={controls?.values.queueing_method === 'passthrough'} />
              </Part>
              <Part name="Alerts">
                <Alerts polled={alerts} controls={controls} />
              </Part>
              <Part name="Find a ticket">
                <TicketLookup room={name} />
              </Part>
              <Part name="Explain a URL">
                <ExplainUrl />
              </Part>
              <Part name="Preview">
                <Preview room={name} choices={preview} message={controls && shownMessage(controls.values, nowMs)} />
              </Part>
            </div>
            <Part name="Actions">
              {isReady && <Actions room={name} stats={stats.value as Stats} event={event} controls={controls} />}
            </Part>
          </div>
          <Part name="Events">
            {controls !== null && (
              <Events room={name} polled={events} nowMs={nowMs} controls={controls} languages={preview.languages} />
            )}
          </Part>
          <Part name="Fair entry">
            {controls !== null && <FairEntry room={name} stats={stats.value} controls={controls} />}
          </Part>
          <Part name="Audit">
            <AuditLog room={name} polled={audit} />
          </Part>
        </main>
      </div>
      {/* Below the scrolling page, not on top of it, so that it covers nothing. */}
      <footer class="foot">
        <Notices notice={notice} onDismiss={dismiss} />
        <Part name="Pause and close">
          {isReady && <Pinned room={name} stats={stats.value as Stats} event={event} controls={controls} />}
        </Part>
      </footer>
      {question !== null && <Dialog question={question} onClose={() => setQuestion(null)} />}
    </>
  )
}
