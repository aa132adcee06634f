/**
 * Actions on a room. Changes of settings can be undone; other destructive actions ask for
 * confirmation.
 */
import { useState } from 'hono/jsx/dom'
import type { RoomEvent, Stats } from './api.ts'
import type { Controls } from './controls.ts'
import { Deployed } from './deployed.tsx'
import { holdsLine } from './event-words.ts'
import { NumberField } from './fields.tsx'
import { Message } from './message.tsx'
import { VERBS } from './words.ts'

interface Props {
  readonly room: string
  readonly stats: Stats
  /** The event under way. */
  readonly event: RoomEvent | null
  readonly controls: Controls
}

export function Actions({ room, stats, event, controls }: Props) {
  return (
    <section class="card" aria-labelledby="actions-title">
      <h3 id="actions-title">Actions</h3>
      {!controls.mayWrite && <p class="muted">Your token is read-only.</p>}
      <fieldset class="plain" disabled={!controls.mayWrite}>
        <legend class="hidden">Actions</legend>
        <AdmitNext stats={stats} event={event} controls={controls} />
        <Message stats={stats} controls={controls} />
        <Switches room={room} controls={controls} />
        <Revoke controls={controls} />
        <div class="action">
          <p>
            <b>Reset</b> empties the room and cannot be undone.
          </p>
          <button
            type="button"
            class="danger"
            onClick={() =>
              controls.ask({
                title: `Reset ${room}?`,
                text: `All ${stats.waiting.toLocaleString()} visitors in line lose their place, and all ${stats.active.toLocaleString()} on the site lose their session. This cannot be undone.`,
                confirm: 'Reset the room',
                phrase: room,
                run: () => controls.act('Room reset', 'actions/reset', { confirm: room }),
              })
            }
          >
            Reset…
          </button>
        </div>
      </fieldset>
    </section>
  )
}

function Switches({ room, controls }: { room: string; controls: Controls }) {
  const { values, change, ask } = controls
  const { queue_all, suspended } = values
  const suspend = () => change('Suspended: everyone goes straight to the site', { suspended: true })
  return (
    <>
      <Switch
        name="queue_all"
        what="everyone waits, and you admit visitors by hand."
        controls={controls}
        onClick={() => change(queue_all ? 'Queue all ended' : 'Queue all: everyone waits', { queue_all: !queue_all })}
      />
      <Switch
        name="suspended"
        what="the room is switched off, and everyone goes straight to the site."
        asks
        controls={controls}
        onClick={() =>
          suspended
            ? change('Suspension ended', { suspended: false })
            : ask({
                title: `Suspend ${room}?`,
                text: 'Everyone goes straight to the site, without any limit, until you end the suspension.',
                confirm: 'Suspend',
                run: suspend,
              })
        }
      />
    </>
  )
}

interface SwitchProps {
  readonly name: 'queue_all' | 'suspended'
  readonly what: string
  /** The button opens a dialog. */
  readonly asks?: boolean
  readonly controls: Controls
  readonly onClick: () => void
}

function Switch({ name, what, asks = false, controls, onClick }: SwitchProps) {
  const isOn = Boolean(controls.values[name])
  const { begin, end } = VERBS[name]
  return (
    <div class="action">
      <p>
        <b>{begin}</b>: {what}
      </p>
      <button type="button" aria-pressed={isOn ? 'true' : 'false'} onClick={onClick}>
        {isOn ? end : `${begin}${asks ? '…' : ''}`}
      </button>
      <Deployed name={name} controls={controls} />
    </div>
  )
}

function AdmitNext({ stats, event, controls: { act } }: Omit<Props, 'room'>) {
  const [count, setCount] = useState(1)
  const free = Math.max(0, stats.capacity - stats.active)
  const obstacle = obstacleOf(stats, event, free)
  const submit = (submitted: Event) => {
    submitted.preventDefault()
    act('', 'actions/admit-next', { count }, ({ admitted }) => `Admitted by hand: ${admitted}`)
  }
  return (
    <form class="action" onSubmit={submit}>
      <p id="admit-note">
        <b>Admit</b> the next in line, regardless of the rate.{' '}
        {obstacle ?? `${free.toLocaleString()} ${free === 1 ? 'place is' : 'places are'} free.`}
      </p>
      <NumberField label="How many" value={count} max={10000} onText={(text) => setCount(Number(text))} />
      <button type="submit" disabled={obstacle !== null} aria-describedby="admit-note">
        Admit
      </button>
    </form>
  )
}

/** Why nobody can be admitted by hand; null: somebody can. */
function obstacleOf(stats: Stats, event: RoomEvent | null, free: number): string | null {
  const { suspended, soldOut, mode, waiting, capacity, active } = stats
  if (suspended) return 'Not possible: the room is suspended.'
  if (soldOut) return 'Not possible: everything is sold out. End that first.'
  if (event !== null && holdsLine(event)) return `Not possible: “${event.name}” has not started. Start it first.`
  if (mode === 'paused') return 'Not possible: the room is paused. Resume first.'
  if (free === 0) {
    const taken = `${active.toLocaleString()} of ${capacity.toLocaleString()}`
    return `Not possible: no place is free (${taken} taken). Raise the capacity, or wait until someone leaves.`
  }
  return waiting === 0 ? 'Not possible: nobody is waiting.' : null
}

function Revoke({ controls: { act, ask } }: { controls: Controls }) {
  const [number, setNumber] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    ask({
      title: `Revoke ticket ${number}?`,
      text: 'Its place in line or its session on the site ends. This cannot be undone.',
      confirm: 'Revoke',
      run: () => {
        act(`Ticket ${number} revoked`, 'actions/revoke', { number: Number(number) })
        setNumber('')
      },
    })
  }
  return (
    <form class="action" onSubmit={submit}>
      <p>
        <b>Revoke</b> ends one ticket: a place in line or a session.
      </p>
      <NumberField label="Ticket" value={number} onText={setNumber} />
      <button type="submit">Revoke…</button>
    </form>
  )
}
