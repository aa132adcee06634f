/** A number with its label, from 1 up. */

interface NumberFieldProps {
  readonly label: string
  readonly value: string | number
  readonly max?: number
  readonly onText: (text: string) => void
}

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
