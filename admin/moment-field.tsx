/** A time to come, with its zone and how long it is until then. */
import { readMoment, zoneText } from './times.ts'

interface Props {
  readonly id: string
  readonly label: string
  readonly value: string
  /** The room's clock. */
  readonly nowMs: number
  readonly onText: (text: string) => void
}

export function MomentField({ id, label, value, nowMs, onText }: Props) {
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
        {moment.state === 'past' && 'This time is over. Choose a time to come.'}
        {moment.state === 'ahead' && moment.note}
      </p>
    </div>
  )
}
