/** All rooms at a glance, each with its state, figures and site health. */
import { type Events, get, type Rooms } from './api.ts'
import { holdsLine, nextEvent } from './event-words.ts'
import { ExplainUrl } from './explain.tsx'
import { usePolling } from './hooks.ts'
import { Badges, EventBadge } from './pinned.tsx'
import { notFoundText } from './room-filter.tsx'
import { coverageText, percentText, SITE_WORDS } from './words.ts'

type Listed = Rooms[number]

/** Each card polls, so this is slow. */
const EVENTS_EVERY_MS = 20_000

const count = new Intl.NumberFormat()
const countText = (value: number | null) => (value === null ? '–' : count.format(value))

interface Props {
  readonly rooms: Rooms
  /** Those that the filter leaves. */
  readonly shown: Rooms
  readonly filter: string
}

export function Overview({ rooms, shown, filter }: Props) {
  const waiting = rooms.reduce((sum, room) => sum + (room.waiting ?? 0), 0)
  const active = rooms.reduce((sum, room) => sum + (room.active ?? 0), 0)
  const unhealthy = rooms.filter((room) => !room.reachable || room.site?.state === 'bad').length
  return (
    <main class="room">
      <h2>All rooms</h2>
      <p class={unhealthy > 0 ? 'banner error' : 'muted'}>
        {rooms.length} rooms, {count.format(waiting)} waiting, {count.format(active)} on their sites.{' '}
        {unhealthy > 0 && `${unhealthy === 1 ? '1 room needs' : `${unhealthy} rooms need`} attention.`}
      </p>
      <ul class="overview">
        {shown.map((room) => (
          <RoomCard key={room.name} room={room} />
        ))}
      </ul>
      {shown.length === 0 && <p>{notFoundText(filter)}</p>}
      <ExplainUrl />
    </main>
  )
}

function RoomCard({ room }: { room: Listed }) {
  const { name, reachable, waiting, active, capacity, admittedPerMinute, site } = room
  const events = usePolling(`${name} events`, EVENTS_EVERY_MS, () => get<Events>(`/rooms/${name}/events`))
  const nowMs = Date.now()
  const event = nextEvent(events.value?.events ?? [], nowMs)
  const isBad = !reachable || site?.state === 'bad'
  return (
    <li class={isBad ? 'card bad' : 'card'}>
      <h3>
        <a href={`#${name}`}>{name}</a>
      </h3>
      <p class="muted">{coverageText(room)}</p>
      <p class="states">
        {reachable ? <Badges stats={room} isHeld={holdsLine(event)} /> : <span class="badge bad">Unreachable</span>}
        {site !== null && site.state !== 'unknown' && (
          <span class={`badge ${site.state}`}>Site: {SITE_WORDS[site.state].toLowerCase()}</span>
        )}
      </p>
      {event !== null && (
        <p class="states">
          <EventBadge event={event} nowMs={nowMs} />
        </p>
      )}
      <dl class="facts">
        <dt>Waiting</dt>
        <dd>{countText(waiting)}</dd>
        <dt>On the site</dt>
        <dd>
          {countText(active)} of {countText(capacity)}
        </dd>
        <dt>Admitted per minute</dt>
        <dd>{admittedPerMinute === null ? '–' : count.format(Math.round(admittedPerMinute * 10) / 10)}</dd>
        <dt>Site errors, last 2 minutes</dt>
        <dd>{site?.errorRatio == null ? '–' : percentText(site.errorRatio)}</dd>
      </dl>
    </li>
  )
}
