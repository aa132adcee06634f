/** Everything an operator can have the room do. What is a setting can be undone; the rest is asked for first. */
import { useState } from 'hono/jsx/dom'
import type { Stats } from './api.ts'
import { NumberField } from './number-field.tsx'
import type { Controls } from './room.tsx'

interface Props {
  readonly room: string
  readonly stats: Stats
  readonly controls: Controls
}

export function Actions({ room, stats, controls }: Props) {
  return (
    <section class="card" aria-labelledby="actions-title">
      <h3 id="actions-title">Actions</h3>
      {!controls.mayWrite && <p class="muted">Your token may only read.</p>}
      <fieldset class="plain" disabled={!controls.mayWrite}>
        <legend class="hidden">Actions</legend>
        <Switches room={room} controls={controls} />
        <Close stats={stats} controls={controls} />
        <AdmitNext stats={stats} controls={controls} />
        <Message controls={controls} />
        <Revoke controls={controls} />
        <div class="action">
          <p>
            <b>Reset</b> empties the room for good.
          </p>
          <button
            type="button"
            class="danger"
            onClick={() =>
              controls.ask({
                title: `Reset ${room}?`,
                text: `All ${stats.waiting} who wait lose their place, all ${stats.active} on the site their session. This cannot be undone.`,
                confirm: 'Reset the room',
                phrase: room,
                run: () => controls.act('The room was reset', 'actions/reset', { confirm: room }),
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

function Switches({ room, controls: { values, change, ask } }: { room: string; controls: Controls }) {
  const { paused, queue_all, suspended } = values
  const suspend = () => change('Suspended: everyone goes past the room', { suspended: true })
  return (
    <>
      <Switch
        name="Pause"
        what="nobody is let in, everyone keeps the place."
        isOn={Boolean(paused)}
        action={paused ? 'Resume' : 'Pause'}
        onClick={() => change(paused ? 'Resumed' : 'Paused', { paused: !paused })}
      />
      <Switch
        name="Queue all"
        what="everyone waits, you let people in by hand."
        isOn={Boolean(queue_all)}
        action={queue_all ? 'End queue all' : 'Queue all'}
        onClick={() => change(queue_all ? 'Queue all is off' : 'Everyone waits', { queue_all: !queue_all })}
      />
      <Switch
        name="Suspend"
        what="the room steps aside, everyone goes to the site."
        isOn={Boolean(suspended)}
        action={suspended ? 'End suspension' : 'Suspend…'}
        onClick={() =>
          suspended
            ? change('The room is in place again', { suspended: false })
            : ask({
                title: `Suspend ${room}?`,
                text: 'Everyone goes straight to the site, however many they are, until you end it.',
                confirm: 'Suspend',
                run: suspend,
              })
        }
      />
    </>
  )
}

interface SwitchProps {
  readonly name: string
  readonly what: string
  readonly isOn: boolean
  /** What the button says. */
  readonly action: string
  readonly onClick: () => void
}

function Switch({ name, what, isOn, action, onClick }: SwitchProps) {
  return (
    <div class="action">
      <p>
        <b>{name}</b>: {what}
      </p>
      <button type="button" aria-pressed={isOn ? 'true' : 'false'} onClick={onClick}>
        {action}
      </button>
    </div>
  )
}

function Close({ stats, controls: { values, change } }: { stats: Stats; controls: Controls }) {
  const [time, setTime] = useState('')
  // Not by the setting: at `opens_at` the room has opened by itself.
  const { closed } = stats
  const { opens_at } = values
  const until = opens_at === null ? '' : ` until ${new Date(String(opens_at)).toLocaleString()}`
  const submit = (event: Event) => {
    event.preventDefault()
    if (closed) change('Open to newcomers', { closed: false, opens_at: null })
    else change('Closed to newcomers', { closed: true, opens_at: time === '' ? null : new Date(time).toISOString() })
  }
  return (
    <form class="action" onSubmit={submit}>
      <p>
        <b>{closed ? `Closed${until}` : 'Close'}</b>: newcomers are turned away, who waits is let in.
      </p>
      {!closed && (
        <label class="field inline">
          opens at
          <input
            type="datetime-local"
            value={time}
            onInput={(event: Event) => setTime((event.target as HTMLInputElement).value)}
          />
        </label>
      )}
      <button type="submit">{closed ? 'Open' : 'Close'}</button>
    </form>
  )
}

function AdmitNext({ stats, controls: { act } }: { stats: Stats; controls: Controls }) {
  const [count, setCount] = useState(1)
  const free = Math.max(0, stats.capacity - stats.active)
  const submit = (event: Event) => {
    event.preventDefault()
    act('', 'actions/admit-next', { count }, ({ admitted }) => `${admitted} let in by hand`)
  }
  return (
    <form class="action" onSubmit={submit}>
      <p>
        <b>Let the next in</b>, past the rate; {free.toLocaleString()} places are free.
      </p>
      <NumberField label="how many" value={count} max={10000} onText={(text) => setCount(Number(text))} />
      <button type="submit">Let in</button>
    </form>
  )
}

function Message({ controls: { values, change } }: { controls: Controls }) {
  const [draft, setDraft] = useState<string | null>(null)
  const text = draft ?? String(values.message ?? '')
  const submit = (event: Event) => {
    event.preventDefault()
    change(text.trim() === '' ? 'The message is gone' : 'The message is shown', { message: text.trim() || null })
    setDraft(null)
  }
  return (
    <form class="action tall" onSubmit={submit}>
      <label class="field">
        Message to everyone in line
        <textarea
          rows={2}
          maxlength={500}
          value={text}
          onInput={(event: Event) => setDraft((event.target as HTMLTextAreaElement).value)}
        />
      </label>
      <button type="submit" disabled={draft === null}>
        Show
      </button>
    </form>
  )
}

function Revoke({ controls: { act, ask } }: { controls: Controls }) {
  const [number, setNumber] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    ask({
      title: `Revoke number ${number}?`,
      text: 'Its place in line, or its session on the site, ends for good.',
      confirm: 'Revoke',
      run: () => {
        act(`Number ${number} was revoked`, 'actions/revoke', { number: Number(number) })
        setNumber('')
      },
    })
  }
  return (
    <form class="action" onSubmit={submit}>
      <p>
        <b>Revoke</b> ends one ticket.
      </p>
      <NumberField label="number" value={number} onText={setNumber} />
      <button type="submit">Revoke…</button>
    </form>
  )
}
