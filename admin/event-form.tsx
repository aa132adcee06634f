/** Creates or changes an event. Problems that the API reports are shown at their fields. */
import { useState } from 'hono/jsx/dom'
import { call, type Problem, Refused, type Reply, type RoomEvent, type RoomList } from './api.ts'
import type { Controls } from './controls.ts'
import { type Draft, draftOf, newEvent, patchOf } from './event-draft.ts'
import { Admission, Texts, Times } from './event-groups.tsx'
import { problemText, refusalText } from './event-words.ts'
import { ChangedMeanwhile, NotSaved } from './form-failure.tsx'
import { type FormState, idOf } from './form-fields.tsx'
import { useCleanEffect } from './hooks.ts'
import { EventPreview } from './preview.tsx'
import { RatePlan } from './rate-plan.tsx'
import { clockText } from './times.ts'
import { nameOf } from './words.ts'

interface Props {
  readonly room: string
  /** The event to change, with its entity tag; null: a new one. */
  readonly base: Reply<RoomEvent> | null
  readonly nowMs: number
  readonly controls: Controls
  readonly languages: RoomList['preview']['languages']
  /** The event is stored. */
  readonly onSaved: (text: string) => void
  /** Replaces the form by one for the current version of the event. */
  readonly onReload: (current: Reply<RoomEvent>) => void
  readonly onClose: () => void
}

/** Why the form was not saved. */
interface Failure {
  readonly text: string
  readonly problems: readonly Problem[]
  /** The version that somebody else has made meanwhile. */
  readonly current: Reply<RoomEvent> | null
}

const PREFIX = 'event'

export function EventForm(props: Props) {
  const { room, base, nowMs, controls, languages, onSaved, onReload, onClose } = props
  const event = base?.body ?? null
  const [draft, setDraft] = useState<Draft>(draftOf(event))
  const [failure, setFailure] = useState<Failure | null>(null)
  const [isSaving, setSaving] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const form: FormState = { prefix: PREFIX, problems: failure?.problems ?? [], nowMs }
  const isChanged = event === null || Object.keys(patchOf(draft, event)).length > 0
  useCleanEffect(() => {
    document.getElementById(idOf(form, failure?.problems[0]?.key ?? 'name'))?.focus()
    return undefined
  }, [attempt])

  /** A changed field no longer has the problem that was reported. */
  const set = (changes: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...changes }))
    const isStill = ({ key }: Problem) => !Object.keys(changes).includes(key.split('.')[0] ?? '')
    if (failure?.problems.every(isStill) === false) {
      setFailure({ ...failure, problems: failure.problems.filter(isStill) })
    }
  }
  const save = async (submitted: Event) => {
    submitted.preventDefault()
    if (isSaving || !isChanged) return
    setSaving(true)
    const path = `/rooms/${room}/events`
    try {
      if (base === null) await call('POST', path, newEvent(draft))
      else await call('PATCH', `${path}/${base.body.id}`, patchOf(draft, base.body), base.etag ?? '*')
      onSaved(`${base === null ? 'Created' : 'Changed'}: ${draft.name.trim()}`)
    } catch (error) {
      setFailure(await failureOf(error as Error, room, event))
      setSaving(false)
      setAttempt(attempt + 1)
    }
  }
  return (
    <form class="long-form" aria-labelledby="event-form-title" onSubmit={save}>
      <h4 id="event-form-title">{event === null ? 'New event' : `Edit “${event.name}”`}</h4>
      <Texts form={form} draft={draft} set={set} />
      <Times form={form} draft={draft} set={set} />
      <Admission form={form} draft={draft} set={set} controls={controls} />
      <RatePlan form={form} steps={draft.rate_plan} onChange={(rate_plan) => set({ rate_plan })} />
      <fieldset class="group">
        <legend>Preview</legend>
        <EventPreview
          room={room}
          languages={languages}
          name={draft.name}
          message={draft.message}
          hasLobby={draft.prequeue_start_time !== ''}
          draw={draft.shuffle_at_event_start}
        />
      </fieldset>
      <div role="alert">{failure !== null && <FailureText failure={failure} event={event} onReload={onReload} />}</div>
      <div class="row end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={isSaving || !isChanged || !controls.mayWrite}>
          {event === null ? 'Create event' : 'Save changes'}
        </button>
      </div>
    </form>
  )
}

interface FailureProps {
  readonly failure: Failure
  readonly event: RoomEvent | null
  readonly onReload: (current: Reply<RoomEvent>) => void
}

function FailureText({ failure: { text, problems, current }, event, onReload }: FailureProps) {
  if (current !== null && event !== null) {
    const { changedBy, changedAt } = current.body
    const changed = Object.keys(patchOf(draftOf(current.body), event)).map(nameOf)
    const details = [clockText(changedAt), ...(changed.length > 0 ? [changed.join(', ')] : [])].join(': ')
    const reload = () => onReload(current)
    return <ChangedMeanwhile title="Not saved." what="event" by={changedBy} details={details} onReload={reload} />
  }
  return <NotSaved title="Not saved." text={text} labels={problems.map(({ key }) => nameOf(key.split('.')[0] ?? ''))} />
}

/** Problems without a field are in the text. */
async function failureOf(error: Error, room: string, event: RoomEvent | null): Promise<Failure> {
  if (!(error instanceof Refused)) return { text: error.message, problems: [], current: null }
  if (error.status === 412 && event !== null) {
    const current = await call<RoomEvent>('GET', `/rooms/${room}/events/${event.id}`).catch(() => null)
    return { text: refusalText(error), problems: [], current }
  }
  const problems = error.problems.filter(({ key }) => key !== '')
  const others = error.problems.filter(({ key }) => key === '').map(({ problem }) => problemText(problem))
  return { text: problems.length + others.length === 0 ? error.message : others.join(' '), problems, current: null }
}
