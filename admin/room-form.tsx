/**
 * Creates or changes a runtime room. Problems that the API reports are shown at their fields.
 */
import { useState } from 'hono/jsx/dom'
import { call, type Directory, type DryRun, get, type ListedRoom, type Problem, Refused } from './api.ts'
import { ChangedMeanwhile, NotSaved } from './form-failure.tsx'
import { CountField, type FormState, idOf, TextField } from './form-fields.tsx'
import { useCleanEffect } from './hooks.ts'
import { documentText, fieldText, type ReadDocument, type RoomDocument, readDocument, withValue } from './room-draft.ts'
import { isRouteKey, RoomRoutes, routeKeys } from './room-routes.tsx'
import { refusalText, storedText, tagOf } from './room-words.ts'
import { clockText } from './times.ts'
import { nameOf } from './words.ts'

interface Props {
  /** The room to change; null: a new one. */
  readonly base: ListedRoom | null
  /** The room is stored. */
  readonly onSaved: (text: string) => void
  /** Replaces the form by one for the current version of the room. */
  readonly onReload: (current: ListedRoom) => void
  readonly onClose: () => void
}

/** Why the form was not saved, or what a check has found. */
interface Failure {
  readonly title: string
  readonly text: string
  readonly problems: readonly Problem[]
  /** The version that somebody else has made meanwhile. */
  readonly current: ListedRoom | null
}

const PREFIX = 'room'
const FORM_ID = 'room-form'
/** The field with the whole document, which also shows the problems of keys without a field. */
const DOCUMENT = 'document'
const NUMBERS = ['total_active_users', 'new_users_per_minute'] as const
/** Longer than any document of 5,000 bytes becomes by its line breaks and indents. */
const DOCUMENT_TEXT_MAX = 50_000

export function RoomForm({ base, onSaved, onReload, onClose }: Props) {
  const { form, name, text, shown, failure, checked, isChanged, rename, retype, change, send } = useRoomForm({
    base,
    onSaved,
  })
  const submit = (event: Event) => {
    event.preventDefault()
    if (isChanged) send(false)
  }
  return (
    <form id={FORM_ID} class="card long-form" aria-labelledby="room-form-title" noValidate onSubmit={submit}>
      <h3 id="room-form-title">{base === null ? 'New room' : `Edit “${base.name}”`}</h3>
      {base?.draining === true && <p class="banner warn">The room is draining. Saving it cancels the deletion.</p>}
      {base === null && (
        <TextField
          form={form}
          name="name"
          label="Name"
          note="Lower-case letters, digits and hyphens, at most 32. It cannot be changed later."
          value={name}
          max={100}
          onText={rename}
        />
      )}
      {shown === null ? (
        <p class="muted">The fields come back when the document is valid JSON again.</p>
      ) : (
        <DocumentFields form={form} document={shown} onChange={change} />
      )}
      <TextField
        form={form}
        name={DOCUMENT}
        label="Document (JSON)"
        note="Everything about the room: the fields above change it, and it takes every key of docs/settings.md."
        value={text}
        max={DOCUMENT_TEXT_MAX}
        rows={Math.min(20, Math.max(8, text.split('\n').length + 1))}
        onText={retype}
      />
      <div role="alert">{failure !== null && <FailureText failure={failure} base={base} onReload={onReload} />}</div>
      <div aria-live="polite">{checked !== null && <Differences found={checked} />}</div>
      <div class="row end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" onClick={() => send(true)}>
          Check
        </button>
        <button type="submit" class="primary" disabled={!isChanged}>
          {base === null ? 'Create room' : 'Save changes'}
        </button>
      </div>
    </form>
  )
}

/** The state of the form: its texts, its problems, and how it is sent. */
function useRoomForm({ base, onSaved }: Pick<Props, 'base' | 'onSaved'>) {
  const [name, setName] = useState(base?.name ?? '')
  const [text, setText] = useState(documentText(base?.document ?? { host: location.hostname }))
  const [failure, setFailure] = useState<Failure | null>(null)
  const [checked, setChecked] = useState<DryRun | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const read = readDocument(text)
  const shown = read.ok ? read.document : null
  const form: FormState = {
    prefix: PREFIX,
    problems: problemsOf(failure, shown),
    nowMs: Date.now(),
    keepsKeys: true,
  }
  const isChanged = base === null || base.draining || !read.ok || !isSame(read.document, base.document)
  useCleanEffect(() => {
    const first =
      attempt === 0 ? `#${idOf(form, base === null ? 'name' : NUMBERS[0])}` : `#${FORM_ID} [aria-invalid=true]`
    document.querySelector<HTMLElement>(first)?.focus()
    return undefined
  }, [attempt])

  /** A changed field no longer has the problem that was reported, and a check is out of date. */
  const edited = (isStill: (key: string) => boolean) => {
    setChecked(null)
    if (failure === null || failure.problems.length === 0) return
    const problems = failure.problems.filter(({ key }) => isStill(key))
    setFailure(problems.length === 0 ? null : { ...failure, problems })
  }
  const change = (document: RoomDocument, isStill: (key: string) => boolean) => {
    setText(documentText(document))
    edited(isStill)
  }
  const fail = (found: Failure) => {
    setFailure(found)
    setAttempt(attempt + 1)
  }
  const send = async (isCheck: boolean) => {
    if (isBusy) return
    setChecked(null)
    const title = isCheck ? 'The API would refuse this.' : 'Not saved.'
    const problems = localProblems(name, read)
    if (!read.ok || problems.length > 0) return fail({ title, text: '', problems, current: null })
    setBusy(true)
    const path = `/rooms/${encodeURIComponent(name.trim())}${isCheck ? '?dry_run=true' : ''}`
    try {
      const { body, isPending } = await call<unknown>('PUT', path, read.document, base === null ? null : tagOf(base))
      setFailure(null)
      if (isCheck) setChecked(body as DryRun)
      else onSaved(storedText(`${base === null ? 'Created' : 'Changed'}: ${name.trim()}`, isPending))
    } catch (error) {
      fail({ title, ...(await failureOf(error as Error, name.trim(), base)) })
    }
    setBusy(false)
  }
  const rename = (value: string) => {
    setName(value)
    edited((key) => key !== 'name')
  }
  const retype = (value: string) => {
    setText(value)
    edited((key) => key === 'name')
  }
  return { form, name, text, shown, failure, checked, isChanged, rename, retype, change, send }
}

interface FieldsProps {
  readonly form: FormState
  readonly document: RoomDocument
  /** @param isStill whether a problem of this key remains */
  readonly onChange: (document: RoomDocument, isStill: (key: string) => boolean) => void
}

/** The parts of the document with a field each. */
function DocumentFields({ form, document, onChange }: FieldsProps) {
  return (
    <>
      <RoomRoutes
        form={form}
        document={document}
        onChange={(changed) => onChange(changed, (key) => !isRouteKey(key))}
      />
      <div class="group">
        {NUMBERS.map((key) => (
          <CountField
            key={key}
            form={form}
            name={key}
            label={NUMBER_TEXTS[key].label}
            note={NUMBER_TEXTS[key].note}
            value={fieldText(document[key])}
            onText={(value) =>
              onChange(withValue(document, key, value === '' ? undefined : Number(value)), (other) => other !== key)
            }
          />
        ))}
      </div>
    </>
  )
}

const NUMBER_TEXTS = {
  total_active_users: { label: 'Capacity', note: 'People on the site at the same time.' },
  new_users_per_minute: { label: 'Rate', note: 'People admitted per minute.' },
} as const

function Differences({ found: { action, changes } }: { found: DryRun }) {
  if (action === 'none') return <p>Valid. Nothing would change.</p>
  return (
    <>
      <p>{action === 'create' ? 'Valid. The room would be created with:' : 'Valid. These keys would change:'}</p>
      <ul class="list">
        {changes.map(({ key, before, after }) => (
          <li key={key}>
            <code>{key}</code>: {before !== undefined && <code>{JSON.stringify(before)} → </code>}
            {after === undefined ? 'removed' : <code>{JSON.stringify(after)}</code>}
          </li>
        ))}
      </ul>
    </>
  )
}

interface FailureProps {
  readonly failure: Failure
  readonly base: ListedRoom | null
  readonly onReload: (current: ListedRoom) => void
}

function FailureText({ failure: { title, text, problems, current }, base, onReload }: FailureProps) {
  if (current !== null && base !== null) {
    const { changedBy, changedAt } = current
    const details = changedAt === null ? '' : clockText(changedAt)
    const reload = () => onReload(current)
    return <ChangedMeanwhile title={title} what="room" by={changedBy} details={details} onReload={reload} />
  }
  const labels = problems.map(({ key }) => (key === '' ? 'document' : nameOf(key)))
  return <NotSaved title={title} text={text} labels={labels} />
}

function localProblems(name: string, read: ReadDocument): readonly Problem[] {
  return [
    ...(name.trim() === '' ? [{ key: 'name', problem: 'is missing' }] : []),
    ...(read.ok ? [] : [{ key: DOCUMENT, problem: read.problem }]),
  ]
}

/** Problems of keys without a field of their own belong to the document. */
function problemsOf(failure: Failure | null, document: RoomDocument | null): readonly Problem[] {
  const own: readonly string[] = ['name', DOCUMENT, ...NUMBERS, ...(document === null ? [] : routeKeys(document))]
  return (failure?.problems ?? []).map(({ key, problem }) => {
    if (own.includes(key) || (document !== null && isRouteKey(key))) return { key, problem }
    return { key: DOCUMENT, problem: key === '' ? problem : `“${key}”: ${problem}` }
  })
}

async function failureOf(error: Error, name: string, base: ListedRoom | null): Promise<Omit<Failure, 'title'>> {
  const none = { text: error.message, problems: [], current: null }
  if (!(error instanceof Refused)) return none
  if (error.status !== 412) {
    const text = error.problems.length === 0 ? error.message : ''
    return { ...none, text, problems: error.problems }
  }
  if (base === null) {
    const problem = 'another room has it. Choose another name, or close this form and edit that room'
    return { ...none, text: '', problems: [{ key: 'name', problem }] }
  }
  const list = await get<Directory>('/directory').catch(() => null)
  const current = list?.rooms.find((room) => room.name === name && room.source === 'runtime') ?? null
  const isGone = list !== null && current === null
  return { ...none, text: isGone ? 'Somebody else has deleted the room meanwhile.' : refusalText(error), current }
}

function isSame(one: RoomDocument, other: RoomDocument): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
