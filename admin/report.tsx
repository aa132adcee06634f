/** The report of a room: the choice of the time, and the page that can be printed. */
import { useState } from 'hono/jsx/dom'
import { BASE, type Events as EventsView, get, type Report } from './api.ts'
import { Part } from './boundary.tsx'
import { isOver } from './event-words.ts'
import { usePolling } from './hooks.ts'
import { ReportView } from './report-view.tsx'
import { DAY_MS, HOUR_MS, localText, momentText, withOffset, zoneText } from './times.ts'

const EVERY_MS = 60_000
/** Events offered as times, the newest. */
const EVENTS_SHOWN = 5

/** `to`: empty: now. Both are ISO 8601. */
interface Time {
  readonly from: string
  readonly to: string
}

const lastMs = (ms: number): Time => ({ from: new Date(Date.now() - ms).toISOString(), to: '' })

/** A day of the reader's time zone. */
function day(ago: number): Time {
  const start = new Date()
  start.setHours(0, 0, 0, 0)
  start.setDate(start.getDate() - ago)
  const end = new Date(start)
  end.setDate(end.getDate() + 1)
  return { from: start.toISOString(), to: ago === 0 ? '' : end.toISOString() }
}

const PRESETS: readonly { readonly label: string; readonly time: () => Time }[] = [
  { label: 'Last hour', time: () => lastMs(HOUR_MS) },
  { label: 'Today', time: () => day(0) },
  { label: 'Yesterday', time: () => day(1) },
  { label: 'Last 7 days', time: () => lastMs(7 * DAY_MS) },
  { label: 'Last 30 days', time: () => lastMs(30 * DAY_MS) },
]

export function ReportPage({ name, children }: { name: string; children?: unknown }) {
  const [time, setTime] = useState<Time>(lastMs(DAY_MS))
  const query = `from=${encodeURIComponent(time.from)}${time.to === '' ? '' : `&to=${encodeURIComponent(time.to)}`}`
  const report = usePolling(`${name} report ${query}`, EVERY_MS, () => get<Report>(`/rooms/${name}/report?${query}`))
  const events = usePolling(`${name} events`, EVERY_MS, () => get<EventsView>(`/rooms/${name}/events`))
  return (
    <div class="page">
      {children as never}
      <main class="room report">
        <div class="title">
          <h2>Report of {name}</h2>
          <a class="report-controls" href={`#${name}`}>
            Back to the room
          </a>
        </div>
        <Controls
          time={time}
          events={pastEvents(events.value)}
          onChoose={setTime}
          csv={`${BASE}/rooms/${name}/report?format=csv&${query}`}
          file={`${name}-report.csv`}
        />
        {report.error !== null && (
          <p class="error" role="alert">
            The report could not be loaded ({report.error.message}).
          </p>
        )}
        {report.value === null ? (
          report.error === null && <p class="loading">Loading…</p>
        ) : (
          <Part name="The report">
            <ReportView report={report.value} />
          </Part>
        )}
      </main>
    </div>
  )
}

interface ControlsProps {
  readonly time: Time
  readonly events: EventsView['events']
  readonly onChoose: (time: Time) => void
  readonly csv: string
  readonly file: string
}

function Controls({ time, events, onChoose, csv, file }: ControlsProps) {
  const field = (label: string, value: string, change: (iso: string) => Time) => (
    <label class="field">
      <span>{label}</span>
      <input
        type="datetime-local"
        value={value === '' ? '' : localText(value).slice(0, 16)}
        onChange={(event: Event) => {
          const text = (event.target as HTMLInputElement).value
          onChoose(change(text === '' ? '' : withOffset(text)))
        }}
      />
    </label>
  )
  return (
    <section class="card report-controls" aria-label="Time of the report">
      <div class="report-time">
        {field('From', time.from, (from) => (from === '' ? time : { ...time, from }))}
        {field('To (empty: now)', time.to, (to) => ({ ...time, to }))}
        <button type="button" onClick={() => print()}>
          Print
        </button>
        <a href={csv} download={file}>
          Download CSV
        </a>
      </div>
      <div class="row">
        {PRESETS.map(({ label, time: preset }) => (
          <button key={label} type="button" onClick={() => onChoose(preset())}>
            {label}
          </button>
        ))}
        {events.map((event) => (
          <button key={event.id} type="button" onClick={() => onChoose(timeOf(event))}>
            {event.name}, {momentText(event.event_start_time)}
          </button>
        ))}
      </div>
      <p class="muted">Your time zone: {zoneText()}</p>
    </section>
  )
}

/** With the lobby. */
function timeOf({ prequeue_start_time, event_start_time, event_end_time }: EventsView['events'][number]): Time {
  return { from: prequeue_start_time ?? event_start_time, to: event_end_time }
}

function pastEvents(view: EventsView | null): EventsView['events'] {
  const nowMs = Date.now()
  return (view?.events ?? [])
    .filter((event) => isOver(event, nowMs) || Date.parse(event.event_start_time) < nowMs)
    .slice(-EVENTS_SHOWN)
}
