/** Capacity and rate, with what they will do to the line, before they are applied. */
import { useState } from 'hono/jsx/dom'
import { get, type History, type HistoryPoint, type Stats } from './api.ts'
import { forecast, forecastText, paceOf } from './forecast.ts'
import { usePolling } from './hooks.ts'
import type { Controls } from './room.tsx'

const PACE_EVERY_MS = 10_000
const MAX = 1_000_000

export function Steer({ room, stats, controls }: { room: string; stats: Stats; controls: Controls }) {
  const [draft, setDraft] = useState<{ capacity: number | null; rate: number | null }>({ capacity: null, rate: null })
  const history = usePolling(`${room} pace`, PACE_EVERY_MS, () => get<History>(`/rooms/${room}/history?step=10s`))
  const pace = paceOf((history.value?.points ?? []) as readonly HistoryPoint[], 1 / 6)
  const { values, settings, mayWrite } = controls
  const now = { capacity: Number(values.total_active_users), rate: Number(values.new_users_per_minute) }
  const wished = { capacity: draft.capacity ?? now.capacity, rate: draft.rate ?? now.rate }
  const isChanged = wished.capacity !== now.capacity || wished.rate !== now.rate
  const isValid = [wished.capacity, wished.rate].every((value) => Number.isInteger(value) && value >= 1 && value <= MAX)
  const factor = stats.admissionFactor ?? 1
  const nowMs = Date.parse(stats.at)
  const apply = (event: Event) => {
    event.preventDefault()
    if (!isChanged || !isValid) return
    const text = `Capacity ${wished.capacity}, ${wished.rate} a minute`
    controls.change(text, { total_active_users: wished.capacity, new_users_per_minute: wished.rate })
    setDraft({ capacity: null, rate: null })
  }
  return (
    <section class="card" aria-labelledby="steer-title">
      <h3 id="steer-title">Steer</h3>
      <form onSubmit={apply}>
        <Slider
          label="Capacity"
          unit="people on the site at once"
          value={wished.capacity}
          deployed={Number(settings.total_active_users?.deployed)}
          disabled={!mayWrite}
          onChange={(capacity) => setDraft({ ...draft, capacity })}
        />
        <Slider
          label="Rate"
          unit="people let in a minute"
          value={wished.rate}
          deployed={Number(settings.new_users_per_minute?.deployed)}
          disabled={!mayWrite}
          onChange={(rate) => setDraft({ ...draft, rate })}
        />
        <dl class="forecast">
          <dt>As it is</dt>
          <dd>{forecastText(forecast(stats, pace, now.capacity, now.rate * factor), nowMs)}</dd>
          <dt>With this</dt>
          <dd aria-live="polite">
            {!isValid
              ? `Both are whole numbers from 1 to ${MAX.toLocaleString()}.`
              : isChanged
                ? forecastText(forecast(stats, pace, wished.capacity, wished.rate * factor), nowMs)
                : 'Move a slider to see.'}
          </dd>
        </dl>
        <div class="row end">
          <button type="button" disabled={!isChanged} onClick={() => setDraft({ capacity: null, rate: null })}>
            Put back
          </button>
          <button type="submit" class="primary" disabled={!isChanged || !isValid || !mayWrite}>
            Apply
          </button>
        </div>
      </form>
    </section>
  )
}

interface SliderProps {
  readonly label: string
  readonly unit: string
  readonly value: number
  readonly deployed: number
  readonly disabled: boolean
  readonly onChange: (value: number) => void
}

/** A range for the hand and a number for the eye; beyond the range the number alone goes. */
function Slider({ label, unit, value, deployed, disabled, onChange }: SliderProps) {
  const [max, setMax] = useState(topOf(Math.max(value, deployed)))
  if (value > max) setMax(topOf(value))
  const read = (event: Event) => onChange(Number((event.target as HTMLInputElement).value))
  const id = `slider-${label.toLowerCase()}`
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
      <p class="muted">deployed: {deployed.toLocaleString()}</p>
    </div>
  )
}

/** Twice as much, rounded up to a number that reads well. */
function topOf(value: number): number {
  const wanted = Math.max(20, value * 2)
  const magnitude = 10 ** Math.floor(Math.log10(wanted))
  return Math.min(MAX, Math.ceil(wanted / magnitude) * magnitude)
}
