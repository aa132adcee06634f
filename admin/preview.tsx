/** Opens the waiting page as visitors see it, in any state and language. */
import { useState } from 'hono/jsx/dom'
import type { RoomList } from './api.ts'
import { Choice } from './fields.tsx'

interface Props {
  readonly room: string
  readonly choices: RoomList['preview']
  /** The message that visitors in line see now. */
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
          nameOf={(tag) => languageNames.of(tag) ?? tag}
          onChange={setLang}
        />
        <a class="button" href={`/__waiting-room/admin/preview?${query}`} target="_blank" rel="noopener">
          Open preview
        </a>
      </div>
    </section>
  )
}
