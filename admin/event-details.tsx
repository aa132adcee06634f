/** The settings in force during an event, its draw, and a preview of its phases. */
import { useState } from 'hono/jsx/dom'
import { type EventDetails as Details, get, PREFIX, type RoomEvent, type RoomList } from './api.ts'
import type { Controls } from './controls.ts'
import { METHODS } from './event-words.ts'
import { usePolling } from './hooks.ts'
import { EventPreview } from './preview.tsx'
import { momentText } from './times.ts'
import { planText } from './words.ts'

const EVERY_MS = 5_000

interface Props {
  readonly room: string
  readonly event: RoomEvent
  readonly controls: Controls
  readonly languages: RoomList['preview']['languages']
}

export function EventDetails(props: Props) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={(event: Event) => setOpen((event.target as HTMLDetailsElement).open)}>
      <summary>Settings, draw and preview</summary>
      {isOpen && <Opened {...props} />}
    </details>
  )
}

function Opened({ room, event, controls, languages }: Props) {
  const path = `/rooms/${room}/events/${event.id}/details`
  const { value, error } = usePolling(`${room} ${event.id} ${event.phase} ${event.changedAt}`, EVERY_MS, () =>
    get<Details>(path),
  )
  return (
    <>
      {error !== null && (
        <p class="error" role="alert">
          The details could not be loaded ({error.message}). Retrying.
        </p>
      )}
      {value === null ? error === null && <p class="muted">Loading…</p> : <Effective event={event} details={value} />}
      {event.shuffle_at_event_start && value !== null && (
        <Draw room={room} event={event} details={value} hasBeacon={controls.deployedOnly.draw_beacon != null} />
      )}
      <h5>Preview</h5>
      <EventPreview
        room={room}
        languages={languages}
        name={event.name}
        message={event.message}
        hasLobby={event.prequeue_start_time !== null}
        draw={event.shuffle_at_event_start}
      />
    </>
  )
}

function Effective({ event, details: { effective } }: { event: RoomEvent; details: Details }) {
  const number = (value: unknown) => Number(value).toLocaleString()
  const rows = [
    ['Capacity', number(effective.total_active_users), event.total_active_users === null],
    ['Rate', `${number(effective.new_users_per_minute)} per minute`, event.new_users_per_minute === null],
    ['Session timeout', `${number(effective.session_timeout_seconds)} s`, event.session_timeout_seconds === null],
    ['Method', METHODS[String(effective.queueing_method)], event.queueing_method === null],
    ['Rate plan', planText(effective.rate_plan as RoomEvent['rate_plan']), (event.rate_plan ?? []).length === 0],
    ['Message', String(effective.message ?? 'none'), effective.message !== event.message || event.message === null],
  ] as const
  return (
    <dl class="facts">
      {rows.map(([label, text, isInherited]) => (
        <>
          <dt>{label}</dt>
          <dd>
            {text} {isInherited && <span class="muted">(the room’s)</span>}
          </dd>
        </>
      ))}
    </dl>
  )
}

/** The public record of a draw, as the API has it. */
interface DrawRecord {
  readonly run: number
  readonly first: number
  readonly end: number
  readonly secret: string
  readonly seed: string
  readonly beacon: { readonly url: string; readonly hash: string; readonly round: number } | null
  readonly randomness: string | null
  readonly frozenAtMs: number
  readonly drawnAtMs: number
  readonly ahead: number
}

interface DrawProps {
  readonly room: string
  readonly event: RoomEvent
  readonly details: Details
  readonly hasBeacon: boolean
}

function Draw({ room, event, details: { commitment, draw }, hasBeacon }: DrawProps) {
  const record = draw as unknown as DrawRecord | null
  return (
    <>
      <h5>Draw</h5>
      <p>{stateText(event, commitment, record)}</p>
      <dl class="facts">
        {commitment !== null && <Hex label="Commitment" value={commitment} note="SHA-256 of the secret" />}
        {record !== null && <Result record={record} hasBeacon={hasBeacon} />}
      </dl>
      {commitment !== null && (
        <p>
          <a href={`${PREFIX}/draw?room=${room}`} target="_blank" rel="noopener">
            Public page of the draw
          </a>
        </p>
      )}
    </>
  )
}

function stateText(event: RoomEvent, commitment: string | null, record: DrawRecord | null): string {
  const { phase, prequeue_start_time: lobby } = event
  if (record !== null) return 'The draw has been made. Its secret is published, so that anyone can check it.'
  if (phase === 'drawing') return 'The draw is being made.'
  if (phase === 'running' || phase === 'ended') return 'There was no draw.'
  if (commitment !== null) return 'The commitment is published. The secret follows with the draw.'
  return lobby === null
    ? 'There is no lobby.'
    : `The commitment is published when the lobby opens, ${momentText(lobby)}.`
}

function Result({ record, hasBeacon }: { record: DrawRecord; hasBeacon: boolean }) {
  const { run, first, end, ahead, secret, seed, beacon, randomness, frozenAtMs, drawnAtMs } = record
  const entries = end - first
  const time = (ms: number) => new Date(ms).toLocaleString([], { dateStyle: 'medium', timeStyle: 'long' })
  return (
    <>
      <dt>Entries</dt>
      <dd>
        {entries.toLocaleString()}
        {entries > 0 && `, numbers ${first.toLocaleString()} to ${(end - 1).toLocaleString()}`} (run {run})
      </dd>
      <dt>Ahead of them</dt>
      <dd>{ahead.toLocaleString()} who waited before the lobby opened</dd>
      <dt>Entries closed</dt>
      <dd>{time(frozenAtMs)}</dd>
      <dt>Drawn</dt>
      <dd>{time(drawnAtMs)}</dd>
      <Hex label="Secret" value={secret} />
      <Hex label="Seed" value={seed} />
      {randomness === null ? (
        <>
          <dt>Randomness</dt>
          <dd>{noRandomnessText(beacon !== null, hasBeacon)}</dd>
        </>
      ) : (
        <Hex
          label="Randomness"
          value={randomness}
          note={beacon === null ? '' : `round ${beacon.round} of ${beacon.url}, chain ${beacon.hash}`}
        />
      )}
    </>
  )
}

/** Why no public random number went into a draw. */
function noRandomnessText(hadRound: boolean, hasBeacon: boolean): string {
  if (hadRound) return 'None: its round could not be read within a minute, so the secret alone decided.'
  return hasBeacon
    ? 'None: the beacon could not be reached before the start, so the secret alone decided.'
    : 'None: the room has no draw_beacon, so the secret alone decided.'
}

function Hex({ label, value, note = '' }: { label: string; value: string; note?: string }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <code>{value}</code> {note !== '' && <span class="muted">{note}</span>}
      </dd>
    </>
  )
}
