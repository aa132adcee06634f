/** Opens the waiting page as visitors see it: any state, any phase of an event, any language. */
import { useState } from 'hono/jsx/dom'
import { PREFIX, type RoomList } from './api.ts'
import { Choice } from './fields.tsx'

interface Props {
  readonly room: string
  readonly choices: RoomList['preview']
  /** The message that visitors in line see now. */
  readonly message: string | null
}

export function Preview({ room, choices: { states, languages }, message }: Props) {
  const shared = { room, ...(message === null ? {} : { message }) }
  return (
    <section class="card" aria-labelledby="preview-title">
      <h3 id="preview-title">Waiting page</h3>
      <PreviewPicker
        label="State"
        options={states.map((state) => ({ name: state, query: { ...shared, state } }))}
        first="waiting"
        languages={languages}
      />
    </section>
  )
}

interface EventPreviewProps {
  readonly room: string
  readonly languages: readonly string[]
  readonly name: string
  readonly message: string | null
  readonly hasLobby: boolean
  readonly draw: boolean
}

/** Every phase of an event. */
export function EventPreview({ room, languages, name, message, hasLobby, draw }: EventPreviewProps) {
  const shared = {
    room,
    event: draw ? 'draw' : 'order',
    ...(name.trim() === '' ? {} : { event_name: name.trim() }),
    ...(message === null || message.trim() === '' ? {} : { message: message.trim() }),
  }
  const phases = [
    hasLobby && ['Lobby', 'lobby'],
    draw && ['Drawing', 'drawing'],
    [draw ? 'In line after the draw' : 'In line', 'waiting'],
    ['Ended', 'ended'],
    ['Sold out', 'sold-out'],
  ].filter((phase) => phase !== false)
  const options = phases.map(([label = '', state = '']) => ({ name: label, query: { ...shared, state } }))
  return <PreviewPicker label="Phase" options={options} first={options[0]?.name ?? ''} languages={languages} />
}

interface PickerProps {
  readonly label: string
  readonly options: readonly { readonly name: string; readonly query: Readonly<Record<string, string>> }[]
  readonly first: string
  readonly languages: readonly string[]
}

const languageNames = new Intl.DisplayNames(undefined, { type: 'language' })

function PreviewPicker({ label, options, first, languages }: PickerProps) {
  const [chosen, setChosen] = useState<string | null>(null)
  const [lang, setLang] = useState('en')
  const names = options.map(({ name }) => name)
  // A choice goes when the event that is edited loses that phase.
  const name = chosen !== null && names.includes(chosen) ? chosen : first
  const query = new URLSearchParams({ ...options.find((option) => option.name === name)?.query, lang })
  return (
    <div class="row">
      <Choice label={label} value={name} values={names} onChange={setChosen} />
      <Choice
        label="Language"
        value={lang}
        values={languages}
        nameOf={(tag) => languageNames.of(tag) ?? tag}
        onChange={setLang}
      />
      <a class="button" href={`${PREFIX}/admin/preview?${query}`} target="_blank" rel="noopener">
        Open preview
      </a>
    </div>
  )
}
