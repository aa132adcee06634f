/** The events of a room: a calendar list, and a form that creates or changes one. */
import { useState } from 'hono/jsx/dom'
import type { Events as EventsView, Reply, RoomEvent, RoomList } from './api.ts'
import type { Controls } from './controls.ts'
import { EventActions } from './event-actions.tsx'
import { EventDetails } from './event-details.tsx'
import { EventForm } from './event-form.tsx'
import { borderText, eventAnchor, eventBadge, sorted, sourceText } from './event-words.ts'
import type { Polled } from './hooks.ts'
import { momentText, zoneText } from './times.ts'

interface Props {
  readonly room: string
  readonly polled: Polled<EventsView>
  readonly nowMs: number
  readonly controls: Controls
  readonly languages: RoomList['preview']['languages']
}

/** `base`: the event to change; null: a new one. `id` tells one form from the next. */
interface OpenForm {
  readonly id: number
  readonly base: Reply<RoomEvent> | null
}

let forms = 0

export function Events({ room, polled, nowMs, controls, languages }: Props) {
  const [form, setForm] = useState<OpenForm | null>(null)
  const open = (base: Reply<RoomEvent> | null) => setForm({ id: forms++, base })
  const view = polled.value
  const { ahead, over } = sorted(view?.events ?? [], nowMs)
  const list = (events: readonly RoomEvent[]) => (
    <ul class="events">
      {events.map((event) => (
        <Item key={event.id} {...{ room, event, nowMs, controls, languages }} onEdit={open} />
      ))}
    </ul>
  )
  return (
    <section class="card" aria-labelledby="events-title">
      <div class="row between">
        <h3 id="events-title">Events</h3>
        <button type="button" disabled={!controls.mayWrite || form !== null} onClick={() => open(null)}>
          New event
        </button>
      </div>
      {polled.error !== null && (
        <p class="error" role="alert">
          The events could not be loaded ({polled.error.message}). Retrying.
        </p>
      )}
      {view?.refused.map(({ id, problem }) => (
        <p key={id} class="banner warn">
          <b>The deployed event “{id}” is not in force as wrangler.toml has it.</b> {problem}. Change it in
          wrangler.toml and deploy again.
        </p>
      ))}
      {form !== null && (
        <EventForm
          key={form.id}
          {...{ room, nowMs, controls, languages, base: form.base }}
          onSaved={(text) => {
            setForm(null)
            controls.run(async () => text)
          }}
          onReload={open}
          onClose={() => setForm(null)}
        />
      )}
      {view === null ? polled.error === null && <p class="muted">Loading…</p> : null}
      {view !== null && ahead.length === 0 && <p class="muted">No event is planned.</p>}
      {ahead.length > 0 && <p class="muted">Times in {zoneText()}.</p>}
      {list(ahead)}
      {over.length > 0 && (
        <details>
          <summary>
            {over.length.toLocaleString()} {over.length === 1 ? 'event has' : 'events have'} ended
          </summary>
          {list(over)}
        </details>
      )}
    </section>
  )
}

interface ItemProps extends Omit<Props, 'polled'> {
  readonly event: RoomEvent
  readonly onEdit: (current: Reply<RoomEvent>) => void
}

function Item({ room, event, nowMs, controls, languages, onEdit }: ItemProps) {
  const { text, kind } = eventBadge(event, nowMs)
  const { prequeue_start_time: lobby, event_start_time: start, event_end_time: end } = event
  return (
    <li class="event" id={eventAnchor(event.id)} tabindex={-1}>
      <div class="row">
        <h4>{event.name}</h4>
        <span class={`badge ${kind}`}>{text}</span>
        <span class="badge">{event.shuffle_at_event_start ? 'Draw' : 'No draw'}</span>
      </div>
      <p>{borderText(event, nowMs)}</p>
      <dl class="facts times">
        {lobby !== null && <Moment label="Lobby" at={lobby} />}
        <Moment label="Start" at={start} />
        <Moment label="End" at={end} />
      </dl>
      <p class="muted">
        {event.description} {sourceText(event)}
      </p>
      <EventActions {...{ room, event, nowMs, controls, onEdit }} />
      <EventDetails {...{ room, event, controls, languages }} />
    </li>
  )
}

function Moment({ label, at }: { label: string; at: string }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <time datetime={at}>{momentText(at)}</time>
      </dd>
    </>
  )
}
