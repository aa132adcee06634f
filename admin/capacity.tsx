/**
 * Changes capacity and rate. Forecasts the effect, and warns before admitting more visitors to a
 * struggling site.
 */
import { useState } from 'hono/jsx/dom'
import { get, type History, type RoomEvent, type Stats } from './api.ts'
import type { Controls } from './controls.ts'
import { Deployed } from './deployed.tsx'
import { eventAnchor, overridden } from './event-words.ts'
import { forecast, forecastText, paceOf } from './forecast.ts'
import { usePolling } from './hooks.ts'
import { momentText } from './times.ts'
import { siteText } from './words.ts'

const PACE_EVERY_MS = 10_000
const MAX = 1_000_000

interface Props {
  readonly room: string
  readonly stats: Stats
  /** The event under way. */
  readonly event: RoomEvent | null
  readonly controls: Controls
}

export function CapacityAndRate({ room, stats, event, controls }: Props) {
  const { now, planned, isChanged, isValid, isRaised, set, discard, apply } = useDraft(controls)
  const history = usePolling(`${room} pace`, PACE_EVERY_MS, () => get<History>(`/rooms/${room}/history?step=10s`))
  const pace = paceOf(history.value?.points ?? [], controls.tickSeconds / 60)
  const factor = stats.admissionFactor
  const nowMs = Date.parse(stats.at)
  const held = overridden(event, nowMs)
  const inForce = ({ capacity, rate }: Thresholds) =>
    forecastText(
      forecast(
        stats,
        pace,
        held.capacity ? stats.capacity : capacity,
        (held.rate ? stats.newUsersPerMinute : rate) * factor,
      ),
      nowMs,
    )
  const warning = isRaised ? warningOf(stats) : null
  const submit = (submitted: Event) => {
    submitted.preventDefault()
    if (!isChanged || !isValid) return
    if (warning === null) apply()
    else controls.ask({ title: 'Admit more visitors?', text: warning, confirm: 'Apply anyway', run: apply })
  }
  return (
    <section class="card" aria-labelledby="capacity-title">
      <h3 id="capacity-title">Capacity and rate</h3>
      {event !== null && (held.capacity || held.rate) && <HeldByEvent event={event} stats={stats} held={held} />}
      <form onSubmit={submit}>
        <Slider
          label="Capacity"
          unit="visitors on the site at once"
          name="total_active_users"
          value={planned.capacity}
          controls={controls}
          onChange={(capacity) => set({ capacity })}
        />
        <Slider
          label="Rate"
          unit="visitors admitted per minute"
          name="new_users_per_minute"
          value={planned.rate}
          controls={controls}
          onChange={(rate) => set({ rate })}
        />
        <dl class="forecast">
          <dt>Now</dt>
          <dd>{inForce(now)}</dd>
          <dt>After the change</dt>
          <dd aria-live="polite">
            {!isValid
              ? `Both must be whole numbers from 1 to ${MAX.toLocaleString()}.`
              : isChanged
                ? inForce(planned)
                : 'Move a slider to see the effect.'}
          </dd>
        </dl>
        {history.error !== null && (
          <p class="error" role="alert">
            The forecast is out of date: the history could not be loaded ({history.error.message}).
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
          <button type="submit" class="primary" disabled={!isChanged || !isValid || !controls.mayWrite}>
            Apply
          </button>
        </div>
      </form>
    </section>
  )
}

interface Thresholds {
  readonly capacity: number
  readonly rate: number
}

const NO_DRAFT = { capacity: null, rate: null }

/** The thresholds that the form would set. */
function useDraft({ values, change }: Controls) {
  const [draft, setDraft] = useState<{ [Key in keyof Thresholds]: number | null }>(NO_DRAFT)
  const now: Thresholds = { capacity: Number(values.total_active_users), rate: Number(values.new_users_per_minute) }
  const planned: Thresholds = { capacity: draft.capacity ?? now.capacity, rate: draft.rate ?? now.rate }
  const { capacity, rate } = planned
  const discard = () => setDraft(NO_DRAFT)
  const apply = () => {
    const text = `Capacity ${capacity.toLocaleString()}, rate ${rate.toLocaleString()} per minute`
    change(text, { total_active_users: capacity, new_users_per_minute: rate })
    discard()
  }
  return {
    now,
    planned,
    isChanged: capacity !== now.capacity || rate !== now.rate,
    isValid: [capacity, rate].every((value) => Number.isInteger(value) && value >= 1 && value <= MAX),
    isRaised: capacity > now.capacity || rate > now.rate,
    set: (changes: Partial<Thresholds>) => setDraft({ ...draft, ...changes }),
    discard,
    apply,
  }
}

interface HeldProps {
  readonly event: RoomEvent
  readonly stats: Stats
  readonly held: ReturnType<typeof overridden>
}

/** Says that the running event decides, so that a change here waits for its end. */
function HeldByEvent({ event, stats, held }: HeldProps) {
  const { name, event_end_time: end } = event
  const figures = [
    held.capacity && `capacity ${stats.capacity.toLocaleString()}`,
    held.rate && `rate ${Math.round(stats.newUsersPerMinute).toLocaleString()} per minute`,
  ].filter((figure) => figure !== false)
  const what = held.capacity && held.rate ? 'the capacity and the rate' : held.capacity ? 'the capacity' : 'the rate'
  const show = () => {
    const item = document.getElementById(eventAnchor(event.id))
    item?.scrollIntoView()
    item?.focus()
  }
  return (
    <p class="banner warn">
      While “{name}” runs, it sets {what}: {figures.join(', ')}. A change of {what} here has no effect until the event
      ends, {momentText(end)}.{' '}
      <button type="button" class="link" onClick={show}>
        Go to the event
      </button>
    </p>
  )
}

/** Why admitting more visitors is risky now; null: it is not. */
function warningOf({ site }: Stats): string | null {
  if (site.state !== 'bad' && site.state !== 'warn' && !site.errorsRise) return null
  const lead = site.errorsRise ? 'Site errors are rising.' : 'The site is struggling.'
  return `${lead} ${siteText(site)} Admitting more visitors increases its load.`
}

interface SliderProps {
  readonly label: string
  readonly unit: string
  readonly name: 'total_active_users' | 'new_users_per_minute'
  readonly value: number
  readonly controls: Controls
  readonly onChange: (value: number) => void
}

/** A slider with a number field, which also takes values beyond the slider's range. */
function Slider({ label, unit, name, value, controls, onChange }: SliderProps) {
  const [max, setMax] = useState(sliderMax(Math.max(value, Number(controls.settings[name]?.deployed))))
  if (value > max) setMax(sliderMax(value))
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

/** The end of a slider: twice the value, rounded up to one significant digit. */
function sliderMax(value: number): number {
  const target = Math.max(20, value * 2)
  const magnitude = 10 ** Math.floor(Math.log10(target))
  return Math.min(MAX, Math.ceil(target / magnitude) * magnitude)
}
