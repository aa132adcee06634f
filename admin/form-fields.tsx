/** Fields of a longer form, each with a note and the problem that the API reported with its key. */
import type { Problem } from './api.ts'
import { problemText } from './event-words.ts'
import { countdownText, momentText } from './times.ts'

/** State that all fields of a form share. */
export interface FormState {
  /** The start of the ids, which the keys follow. */
  readonly prefix: string
  readonly problems: readonly Problem[]
  /** The room's clock. */
  readonly nowMs: number
  /** Problems name other settings by their keys, not by their labels. */
  readonly keepsKeys?: boolean
}

interface FieldProps {
  readonly form: FormState
  /** The key of the API. */
  readonly name: string
  readonly label: string
  readonly note?: string
  readonly value: string
  readonly onText: (text: string) => void
}

export function idOf({ prefix }: Pick<FormState, 'prefix'>, name: string): string {
  return `${prefix}-${name}`
}

/** Attributes of the control, which tie it to its note and its problem. */
function attributes(form: FormState, name: string) {
  const id = idOf(form, name)
  const isBad = form.problems.some(({ key }) => key === name)
  return { id, 'aria-invalid': isBad ? 'true' : 'false', 'aria-describedby': `${id}-note` } as const
}

function Notes({ form, name, note = '' }: { form: FormState; name: string; note?: string | undefined }) {
  const found = form.problems.filter(({ key }) => key === name)
  return (
    <p id={`${idOf(form, name)}-note`} class="muted">
      {found.map(({ problem }) => (
        <span key={problem} class="error">
          {sentence(problemText(problem, form.keepsKeys))}{' '}
        </span>
      ))}
      {note}
    </p>
  )
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const textOf = (event: Event) => (event.target as HTMLInputElement | HTMLTextAreaElement).value

export function TextField(props: FieldProps & { max: number; required?: boolean; rows?: number }) {
  const { form, name, label, note, value, onText, max, required = false, rows } = props
  const shared = { ...attributes(form, name), maxlength: max, required, value, autocomplete: 'off' }
  const onInput = (event: Event) => onText(textOf(event))
  return (
    <div class="field">
      <label for={shared.id}>{label}</label>
      {rows === undefined ? (
        <input {...shared} onInput={onInput} />
      ) : (
        <textarea {...shared} rows={rows} onInput={onInput} />
      )}
      <Notes form={form} name={name} note={note} />
    </div>
  )
}

/** A time in the reader's time zone. The note says which moment that is. */
export function TimeField({ required = false, ...props }: FieldProps & { required?: boolean }) {
  const { form, name, label, note, value, onText } = props
  const at = new Date(value)
  const isKnown = value !== '' && !Number.isNaN(at.getTime())
  const away = at.getTime() - form.nowMs
  const shown = !isKnown
    ? note
    : `${momentText(at.toISOString())}, ${away > 0 ? `in ${countdownText(away)}` : `${countdownText(-away)} ago`}`
  return (
    <div class="field">
      <label for={idOf(form, name)}>{label}</label>
      <input
        {...attributes(form, name)}
        type="datetime-local"
        step="any"
        required={required}
        value={value}
        onInput={(event: Event) => onText(textOf(event))}
      />
      <Notes form={form} name={name} note={shown} />
    </div>
  )
}

/** A whole number; empty stands for none. */
export function CountField({ required = false, ...props }: FieldProps & { required?: boolean }) {
  const { form, name, label, note, value, onText } = props
  return (
    <div class="field">
      <label for={idOf(form, name)}>{label}</label>
      <input
        {...attributes(form, name)}
        type="number"
        min={1}
        step={1}
        required={required}
        value={value}
        onInput={(event: Event) => onText(textOf(event))}
      />
      <Notes form={form} name={name} note={note} />
    </div>
  )
}

interface CheckProps extends Omit<FieldProps, 'value' | 'onText'> {
  readonly value: boolean
  readonly onChange: (value: boolean) => void
}

export function CheckField({ form, name, label, note, value, onChange }: CheckProps) {
  return (
    <div class="field check">
      <label>
        <input
          {...attributes(form, name)}
          type="checkbox"
          checked={value}
          onChange={(event: Event) => onChange((event.target as HTMLInputElement).checked)}
        />
        {label}
      </label>
      <Notes form={form} name={name} note={note} />
    </div>
  )
}

interface SelectProps extends FieldProps {
  readonly options: Readonly<Record<string, string>>
}

export function SelectField({ form, name, label, note, value, options, onText }: SelectProps) {
  return (
    <div class="field">
      <label for={idOf(form, name)}>{label}</label>
      <select {...attributes(form, name)} value={value} onChange={(event: Event) => onText(textOf(event))}>
        {Object.entries(options).map(([one, text]) => (
          <option key={one} value={one} selected={one === value}>
            {text}
          </option>
        ))}
      </select>
      <Notes form={form} name={name} note={note} />
    </div>
  )
}
