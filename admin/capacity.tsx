/** Capacity and rate, with what they will do to the line, and a warning while the site struggles, before they are applied. */
import { useState } from 'hono/jsx/dom'
import { get, type History, type Stats } from './api.ts'
import type { Controls } from './controls.ts'
import { Deployed } from './deployed.tsx'
import { forecast, forecastText, paceOf } from './forecast.ts'
import { usePolling } from './hooks.ts'
import { siteText } from './words.ts'

const PACE_EVERY_MS = 10_000
const MAX = 1_000_000

export function CapacityAndRate({ room, stats, controls }: { room: string; stats: Stats; controls: Controls }) {
  const [draft, setDraft] = useState<{ capacity: number | null; rate: number | null }>({ capacity: null, rate: null })
  const history = usePolling(`${room} pace`, PACE_EVERY_MS, () => get<History>(`/rooms/${room}/history?step=10s`))
  const pace = paceOf(history.value?.points ?? [], controls.tickSeconds / 60)
  const { values, mayWrite } = controls
  const now = { capacity: Number(values.total_active_users), rate: Number(values.new_users_per_minute) }
  const wished = { capacity: draft.capacity ?? now.capacity, rate: draft.rate ?? now.rate }
  const isChanged = wished.capacity !== now.capacity || wished.rate !== now.rate
  const isValid = [wished.capacity, wished.rate].every((value) => Number.isInteger(value) && value >= 1 && value <= MAX)
  const factor = stats.admissionFactor
  const nowMs = Date.parse(stats.at)
  const discard = () => setDraft({ capacity: null, rate: null })
  const apply = () => {
    const text = `Capacity ${wished.capacity.toLocaleString()}, rate ${wished.rate.toLocaleString()} per minute`
    controls.change(text, { total_active_users: wished.capacity, new_users_per_minute: wished.rate })
    discard()
  }
  const isRaised = wished.capacity > now.capacity || wished.rate > now.rate
  const warning = isRaised ? warningOf(stats) : null
  const submit = (event: Event) => {
    event.preventDefault()
    if (!isChanged || !isValid) return
    if (warning === null) apply()
    else controls.ask({ title: 'Admit more people?', text: warning, confirm: 'Apply anyway', run: apply })
  }
  return (
    <section class="card" aria-labelledby="capacity-title">
      <h3 id="capacity-title">Capacity and rate</h3>
      <form onSubmit={submit}>
        <Slider
          label="Capacity"
          unit="people on the site at once"
          name="total_active_users"
          value={wished.capacity}
          controls={controls}
          onChange={(capacity) => setDraft({ ...draft, capacity })}
        />
        <Slider
          label="Rate"
          unit="people admitted per minute"
          name="new_users_per_minute"
          value={wished.rate}
          controls={controls}
          onChange={(rate) => setDraft({ ...draft, rate })}
        />
        <dl class="forecast">
          <dt>Now</dt>
          <dd>{forecastText(forecast(stats, pace, now.capacity, now.rate * factor), nowMs)}</dd>
          <dt>After the change</dt>
          <dd aria-live="polite">
            {!isValid
              ? `Both must be whole numbers from 1 to ${MAX.toLocaleString()}.`
              : isChanged
                ? forecastText(forecast(stats, pace, wished.capacity, wished.rate * factor), nowMs)
                : 'Move a slider to see the effect.'}
          </dd>
        </dl>
        {history.error !== null && (
          <p class="error" role="alert">
            The forecast uses old figures: the history could not be loaded ({history.error.message}).
          </p>
        )}
        {warning !== null && (
          <p class="banner warn" role="alert">
            {warning}
          </p>
        )}
        <div class="row end">
          <button type="button" disabled={!isChanged} onClick={discard}>
            Discard changes
          </button>
          <button type="submit" class="primary" disabled={!isChanged || !isValid || !mayWrite}>
            Apply
          </button>
        </div>
      </form>
    </section>
  )
}

/** Why more people are a risk at the moment; null: nothing speaks against it. */
function warningOf({ site }: Stats): string | null {
  if (site.state !== 'bad' && site.state !== 'warn' && !site.errorsRise) return null
  const lead = site.errorsRise ? 'Errors of the site are rising.' : 'The site is struggling.'
  return `${lead} ${siteText(site)} More people put more load on it.`
}

interface SliderProps {
  readonly label: string
  readonly unit: string
  readonly name: 'total_active_users' | 'new_users_per_minute'
  readonly value: number
  readonly controls: Controls
  readonly onChange: (value: number) => void
}

/** A range for the hand and a number for the eye; beyond the range the number alone goes. */
function Slider({ label, unit, name, value, controls, onChange }: SliderProps) {
  const [max, setMax] = useState(topOf(Math.max(value, Number(controls.settings[name]?.deployed))))
  if (value > max) setMax(topOf(value))
  const read = (event: Event) => onChange(Number((event.target as HTMLInputElement).value))
  const id = `slider-${label.toLowerCase()}`
  const disabled = !controls.mayWrite
  return (
    <div class="slider">
      <label for={id}>
        {label} <span class="muted unit">{unit}</span>
      </label>
      <input id={id} type="range" min={1} max={max} step={1} value={value} disabled={disabled} onInput={read} />
      <input
        type="number"
        min={1}
        max={MAX}
        step={1}
        value={value}
        disabled={disabled}
        aria-label={`${label}, as a number`}
        onInput={read}
      />
      <Deployed name={name} controls={controls} always />
    </div>
  )
}

/** Twice as much, rounded up to a number that reads well. */
function topOf(value: number): number {
  const wanted = Math.max(20, value * 2)
  const magnitude = 10 ** Math.floor(Math.log10(wanted))
  return Math.min(MAX, Math.ceil(wanted / magnitude) * magnitude)
}
