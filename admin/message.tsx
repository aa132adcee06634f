/** The message to everyone in line: the current one with its end, and a form for the next. */
import { useState } from 'hono/jsx/dom'
import type { Stats, Values } from './api.ts'
import type { Controls } from './controls.ts'
import { MomentField } from './fields.tsx'
import { countdownText, momentText, readMoment } from './times.ts'

/** The message that visitors in line see at a given time; null: none. */
export function shownMessage({ message, message_until }: Values, nowMs: number): string | null {
  if (typeof message !== 'string') return null
  return typeof message_until === 'string' && Date.parse(message_until) <= nowMs ? null : message
}

export const WITHOUT_MESSAGE: Values = { message: null, message_until: null }

export function Message({ stats, controls: { values, change } }: { stats: Stats; controls: Controls }) {
  const [draft, setDraft] = useState<string | null>(null)
  const [end, setEnd] = useState('')
  const nowMs = Date.parse(stats.at)
  const { message, message_until } = values
  const text = (draft ?? String(message ?? '')).trim()
  const moment = readMoment(end, nowMs)
  const isNew = text !== '' && (draft !== null || moment.state === 'ahead')
  const clear = () => {
    setDraft(null)
    setEnd('')
  }
  const submit = (event: Event) => {
    event.preventDefault()
    if (!isNew || moment.state === 'past') return
    change('Message shown', { message: text, message_until: moment.state === 'ahead' ? moment.iso : null })
    clear()
  }
  const remove = () => {
    change('Message removed', WITHOUT_MESSAGE)
    clear()
  }
  return (
    <form class="action message" onSubmit={submit}>
      <label class="field">
        Message to everyone in line
        <textarea
          rows={2}
          maxlength={500}
          value={draft ?? String(message ?? '')}
          onInput={(event: Event) => setDraft((event.target as HTMLTextAreaElement).value)}
        />
      </label>
      <MomentField id="message-until" label="Ends at" value={end} nowMs={nowMs} onText={setEnd} />
      <p class="muted message-state">
        {message === null && 'No message is shown.'}
        {message !== null && stateText(values, message_until, nowMs)}
      </p>
      <div class="row end">
        <button type="button" disabled={message === null} onClick={remove}>
          Remove message
        </button>
        <button type="submit" disabled={!isNew || moment.state === 'past'}>
          Show message
        </button>
      </div>
    </form>
  )
}

function stateText(values: Values, until: Values[string] | undefined, nowMs: number): string {
  if (typeof until !== 'string') return 'Shown now, until you remove it.'
  if (shownMessage(values, nowMs) === null) return `No longer shown: it ended ${momentText(until)}.`
  return `Shown now, until ${momentText(until)} (in ${countdownText(Date.parse(until) - nowMs)}).`
}
