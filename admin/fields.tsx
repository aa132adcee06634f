/** Labelled form fields: a number, a time in the future, a choice. */
import { readMoment, zoneText } from './times.ts'

interface NumberFieldProps {
  readonly label: string
  readonly value: string | number
  readonly max?: number
  readonly onText: (text: string) => void
}

/** A whole number, 1 or more. */
export function NumberField({ label, value, max, onText }: NumberFieldProps) {
  return (
    <label class="field inline">
      {label}
      <input
        type="number"
        min={1}
        max={max}
        required
        value={value}
        onInput={(event: Event) => onText((event.target as HTMLInputElement).value)}
      />
    </label>
  )
}

interface MomentFieldProps {
  readonly id: string
  readonly label: string
  readonly value: string
  /** The room's clock. */
  readonly nowMs: number
  readonly onText: (text: string) => void
}

/**
 * An optional time in the future. A note below it shows the time zone and how far away the time is.
 */
export function MomentField({ id, label, value, nowMs, onText }: MomentFieldProps) {
  const moment = readMoment(value, nowMs)
  return (
    <div class="field moment">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        value={value}
        aria-invalid={moment.state === 'past' ? 'true' : 'false'}
        aria-describedby={`${id}-note`}
        onInput={(event: Event) => onText((event.target as HTMLInputElement).value)}
      />
      <p id={`${id}-note`} class={moment.state === 'past' ? 'error' : 'muted'} aria-live="polite">
        {moment.state === 'none' && `Optional. Your time zone: ${zoneText()}.`}
        {moment.state === 'past' && 'This time is in the past. Choose a later one.'}
        {moment.state === 'ahead' && moment.note}
      </p>
    </div>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly values: readonly string[]
  readonly nameOf?: (value: string) => string
  readonly onChange: (value: string) => void
}

export function Choice({ label, value, values, nameOf = (one) => one, onChange }: ChoiceProps) {
  return (
    <label class="field inline">
      {label}
      <select value={value} onChange={(event: Event) => onChange((event.target as HTMLSelectElement).value)}>
        {values.map((one) => (
          <option key={one} value={one} selected={one === value}>
            {nameOf(one)}
          </option>
        ))}
      </select>
    </label>
  )
}
