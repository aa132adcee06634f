/** The actions on one event. Each asks for confirmation and says what visitors will see. */
import { useState } from 'hono/jsx/dom'
import { call, Refused, type Reply, type RoomEvent } from './api.ts'
import type { Controls } from './controls.ts'
import { Modal } from './dialog.tsx'
import { deleteQuestion, resumeQuestion, startQuestion, suspendQuestion } from './event-questions.ts'
import { isOver, refusalText } from './event-words.ts'
import { Choice, NumberField } from './fields.tsx'
import { momentText } from './times.ts'

interface Props {
  readonly room: string
  readonly event: RoomEvent
  readonly nowMs: number
  readonly controls: Controls
  readonly onEdit: (current: Reply<RoomEvent>) => void
}

export function EventActions({ room, event, nowMs, controls, onEdit }: Props) {
  const [delaying, setDelaying] = useState<Reply<RoomEvent> | null>(null)
  const { withCurrent, start, suspend, remove, delay, isRestored } = changesOf({ room, event, nowMs, controls })
  const over = isOver(event, nowMs)
  const isAhead = !over && (event.phase === 'none' || event.phase === 'lobby')
  const button = (label: string, onClick: (current: Reply<RoomEvent>) => void, kind = '') => (
    <button
      type="button"
      class={kind}
      disabled={!controls.mayWrite}
      aria-label={`${label} ${event.name}`}
      onClick={() => withCurrent(onClick)}
    >
      {label}
    </button>
  )
  return (
    <div class="row event-actions">
      {!over && button('Edit', onEdit)}
      {isAhead && !event.suspended && button('Start now…', start)}
      {isAhead && button('Delay…', setDelaying)}
      {!over && button(event.suspended ? 'Resume…' : 'Suspend…', suspend)}
      {event.source === 'deployed'
        ? !over && <span class="muted">To delete it, remove it from wrangler.toml.</span>
        : button(isRestored ? 'Restore deployed…' : 'Delete…', remove, 'danger')}
      {delaying !== null && (
        <DelayDialog
          event={delaying.body}
          onClose={() => setDelaying(null)}
          onDelay={(minutes) => delay(delaying, minutes)}
        />
      )}
    </div>
  )
}

/** The changes of an event, each with its question. */
function changesOf({ room, event, nowMs, controls }: Omit<Props, 'onEdit'>) {
  const { run, ask } = controls
  const path = `/rooms/${room}/events/${event.id}`
  // A confirmation is about this version: with its tag the API refuses to change any other.
  const withCurrent = (then: (current: Reply<RoomEvent>) => void) =>
    run(async () => {
      then(await call<RoomEvent>('GET', path).catch(reworded))
      return null
    })
  const change = (text: string, { etag }: Reply<RoomEvent>, method: string, suffix = '', body?: unknown) =>
    run(async () => {
      await call(method, `${path}${suffix}`, body, etag ?? '*').catch(reworded)
      return text
    })
  const start = (current: Reply<RoomEvent>) =>
    ask({
      ...startQuestion(current.body),
      run: () => change(`Started: ${event.name}`, current, 'POST', '/start', {}),
    })
  const suspend = (current: Reply<RoomEvent>) => {
    const { suspended } = current.body
    ask({
      ...(suspended ? resumeQuestion(current.body, nowMs) : suspendQuestion(current.body)),
      run: () =>
        change(`${suspended ? 'Resumed' : 'Suspended'}: ${event.name}`, current, 'PATCH', '', {
          suspended: !suspended,
        }),
    })
  }
  const isRestored = event.source === 'override'
  const remove = (current: Reply<RoomEvent>) =>
    ask({
      ...deleteQuestion(current.body),
      run: () => change(`${isRestored ? 'Restored' : 'Deleted'}: ${event.name}`, current, 'DELETE'),
    })
  const delay = (current: Reply<RoomEvent>, minutes: number) =>
    change(`Delayed by ${minutesText(minutes)}: ${event.name}`, current, 'POST', '/delay', { minutes })
  return { withCurrent, start, suspend, remove, delay, isRestored }
}

/** Words a refusal for the notice. */
function reworded(error: Error): never {
  throw new Refused(error instanceof Refused ? error.status : 0, refusalText(error))
}

const MINUTES = ['5', '15', '30', '60', 'other'] as const
const OTHER = 'other'
/** A week. */
const MINUTES_MAX = 10_080

interface DelayProps {
  readonly event: RoomEvent
  readonly onClose: () => void
  readonly onDelay: (minutes: number) => void
}

function DelayDialog({ event, onClose, onDelay }: DelayProps) {
  const [choice, setChoice] = useState<string>('15')
  const [own, setOwn] = useState('')
  const minutes = Number(choice === OTHER ? own : choice)
  const isValid = Number.isInteger(minutes) && minutes >= 1 && minutes <= MINUTES_MAX
  const submit = (submitted: Event) => {
    submitted.preventDefault()
    if (!isValid) return
    onClose()
    onDelay(minutes)
  }
  return (
    <Modal title={`Delay “${event.name}”?`} onClose={onClose}>
      <form onSubmit={submit}>
        <Choice
          label="Delay by"
          value={choice}
          values={MINUTES}
          nameOf={(value) => (value === OTHER ? 'another time' : minutesText(Number(value)))}
          onChange={setChoice}
        />
        {choice === OTHER && <NumberField label="Minutes" value={own} max={MINUTES_MAX} onText={setOwn} />}
        <p aria-live="polite">
          {isValid ? delayText(event, minutes) : `Enter whole minutes, 1 to ${MINUTES_MAX.toLocaleString()} (a week).`}
        </p>
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="danger" disabled={!isValid}>
            Delay the event
          </button>
        </div>
      </form>
    </Modal>
  )
}

function delayText(event: RoomEvent, minutes: number): string {
  const later = (time: string) => momentText(new Date(Date.parse(time) + minutes * 60_000).toISOString())
  const { phase, prequeue_start_time: lobby, rate_plan: plan } = event
  const moved = [
    phase === 'none' && lobby !== null && `The lobby opens ${later(lobby)}.`,
    `New start: ${later(event.event_start_time)}. New end: ${later(event.event_end_time)}.`,
    plan !== null && plan.length > 0 && 'The steps of the rate plan move along.',
    phase === 'lobby'
      ? `Visitors in the lobby keep their ${event.shuffle_at_event_start ? 'entry in the draw' : 'place'}, and their countdown goes to the new start.`
      : 'Visitors see only the new times.',
  ]
  return moved.filter((text) => text !== false).join(' ')
}

function minutesText(minutes: number): string {
  return `${minutes.toLocaleString()} ${minutes === 1 ? 'minute' : 'minutes'}`
}
