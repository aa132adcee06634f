/**
 * Fair entry: its switches, how many newcomers were checked and refused, and from how busy networks
 * the others came.
 */
import { useState } from 'hono/jsx/dom'
import type { Stats, Values } from './api.ts'
import type { Controls } from './controls.ts'
import { Deployed } from './deployed.tsx'
import { EntryCharts, EntryReport } from './entry-report.tsx'
import { ENTRY_SWITCHES, type EntrySwitch, entryValueText } from './entry-switches.ts'
import { RangePicker, useSpan } from './timeline.tsx'

interface Props {
  readonly room: string
  readonly stats: Stats | null
  readonly controls: Controls
}

export function FairEntry({ room, stats, controls }: Props) {
  const span = useSpan('1h', stats)
  return (
    <section aria-labelledby="entry-title">
      <div class="row between">
        <h3 id="entry-title">Fair entry</h3>
        <RangePicker name="entry-range" legend="Time range of fair entry" span={span} />
      </div>
      <div class="columns entry">
        <Switches controls={controls} />
        <EntryReport room={room} span={span} />
      </div>
      <EntryCharts room={room} span={span} tickSeconds={controls.tickSeconds} />
    </section>
  )
}

/** Applied together: a keyboard changes a select with each arrow key. */
function Switches({ controls }: { controls: Controls }) {
  const { values, mayWrite, change } = controls
  const [draft, setDraft] = useState<Values>({})
  const known = ENTRY_SWITCHES.filter(({ name }) => name in values)
  const changed = known.filter(({ name }) => name in draft && draft[name] !== values[name])
  const discard = () => setDraft({})
  const submit = (submitted: Event) => {
    submitted.preventDefault()
    if (changed.length === 0) return
    const texts = changed.map(({ name, label }) => `${label}: ${entryValueText(name, draft[name])}`)
    change(texts.join('; '), Object.fromEntries(changed.map(({ name }) => [name, draft[name] ?? null])))
    discard()
  }
  return (
    <form class="card" onSubmit={submit} aria-labelledby="entry-switches-title">
      <h4 id="entry-switches-title">Settings</h4>
      {known.map((one) => (
        <Switch
          key={one.name}
          of={one}
          value={draft[one.name] ?? values[one.name] ?? null}
          controls={controls}
          onChange={(value) => setDraft({ ...draft, [one.name]: value })}
        />
      ))}
      <div class="row end">
        <button type="button" disabled={changed.length === 0} onClick={discard}>
          Discard
        </button>
        <button type="submit" class="primary" disabled={changed.length === 0 || !mayWrite}>
          Apply settings
        </button>
      </div>
    </form>
  )
}

interface SwitchProps {
  readonly of: EntrySwitch
  readonly value: Values[string] | undefined
  readonly controls: Controls
  readonly onChange: (value: string | boolean | number) => void
}

function Switch({ of: { name, label, note, values }, value, controls, onChange }: SwitchProps) {
  const id = `entry-${name}`
  const choose = (event: Event) => {
    const chosen = values[(event.target as HTMLSelectElement).selectedIndex]
    if (chosen !== undefined) onChange(chosen.value)
  }
  return (
    <div class="action">
      <div class="field">
        <label for={id}>{label}</label>
        <select id={id} aria-describedby={`${id}-note`} disabled={!controls.mayWrite} onChange={choose}>
          {values.map((one) => (
            <option key={one.text} selected={one.value === value}>
              {one.text}
            </option>
          ))}
        </select>
      </div>
      <p id={`${id}-note`} class="muted">
        {note}
      </p>
      <Deployed name={name} controls={controls} />
    </div>
  )
}
