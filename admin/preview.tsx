/** The waiting page as visitors see it, in any state and language. */
import { useState } from 'hono/jsx/dom'
import type { RoomList } from './api.ts'

interface Props {
  readonly room: string
  readonly choices: RoomList['preview']
  /** What everyone in line reads now. */
  readonly message: string | null
}

const languageNames = new Intl.DisplayNames(undefined, { type: 'language' })

export function Preview({ room, choices: { states, languages }, message }: Props) {
  const [state, setState] = useState('waiting')
  const [lang, setLang] = useState('en')
  const query = new URLSearchParams({ room, state, lang, ...(message === null ? {} : { message }) })
  return (
    <section class="card" aria-labelledby="preview-title">
      <h3 id="preview-title">Waiting page</h3>
      <div class="row">
        <Choice label="State" value={state} values={states} onChange={setState} />
        <Choice
          label="Language"
          value={lang}
          values={languages}
          told={(tag) => languageNames.of(tag) ?? tag}
          onChange={setLang}
        />
        <a class="button" href={`/__waiting-room/admin/preview?${query}`} target="_blank" rel="noopener">
          Open preview
        </a>
      </div>
    </section>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly values: readonly string[]
  readonly told?: (value: string) => string
  readonly onChange: (value: string) => void
}

function Choice({ label, value, values, told = (one) => one, onChange }: ChoiceProps) {
  return (
    <label class="field inline">
      {label}
      <select value={value} onChange={(event: Event) => onChange((event.target as HTMLSelectElement).value)}>
        {values.map((one) => (
          <option key={one} value={one} selected={one === value}>
            {told(one)}
          </option>
        ))}
      </select>
    </label>
  )
}
