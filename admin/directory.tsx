/** All rooms with their origin, and a form that creates or changes runtime rooms. */
import { useRef, useState } from 'hono/jsx/dom'
import { call, type Directory, get, type ListedRoom, type Rooms } from './api.ts'
import { Part } from './boundary.tsx'
import type { Notice } from './controls.ts'
import { Dialog, type Question } from './dialog.tsx'
import { ExplainUrl } from './explain.tsx'
import { useCleanEffect, usePolling } from './hooks.ts'
import { Notices } from './notices.tsx'
import { documentText } from './room-draft.ts'
import { isFound, notFoundText } from './room-filter.tsx'
import { RoomForm } from './room-form.tsx'
import { deleteQuestion, placesText, refusalText, sourceBadges, sourceText, storedText, tagOf } from './room-words.ts'

/** The list has all documents, so this is slow. */
const DIRECTORY_EVERY_MS = 10_000
const NEW_ROOM_ID = 'new-room'

interface Props {
  /** With their live figures. */
  readonly rooms: Rooms
  /** Of the box in the navigation. */
  readonly filter: string
  readonly mayWrite: boolean
  /** A room was created, changed or deleted. */
  readonly onChange: () => void
  /** The page's head and navigation. */
  readonly children?: unknown
}

/** `base`: the room to change; null: a new one. `id` tells one form from the next. */
interface OpenForm {
  readonly id: number
  readonly base: ListedRoom | null
}

let forms = 0

export function DirectoryPage({ rooms, filter, mayWrite, onChange, children }: Props) {
  const directory = usePolling('directory', DIRECTORY_EVERY_MS, () => get<Directory>('/directory'))
  const [form, setForm] = useState<OpenForm | null>(null)
  const hadForm = useRef(false)
  const refresh = () => {
    directory.refresh()
    onChange()
  }
  const { notice, question, run, keep, askToDelete, dismiss, close } = useRoomChanges(rooms, refresh)
  const view = directory.value
  const found = view?.rooms.filter(({ name, document }) => isFound(filter, name, placesText(document)))
  const canChange = mayWrite && view !== null && view.max > 0
  const open = (base: ListedRoom | null) => setForm({ id: forms++, base })
  useCleanEffect(() => {
    if (form === null && hadForm.current) document.getElementById(NEW_ROOM_ID)?.focus()
    hadForm.current = form !== null
    return undefined
  }, [form])

  return (
    <>
      <div class="page">
        {children as never}
        <main class="room">
          <div class="row between">
            <h2>Manage rooms</h2>
            {canChange && (
              <button
                type="button"
                id={NEW_ROOM_ID}
                class="primary"
                disabled={form !== null}
                onClick={() => open(null)}
              >
                New room
              </button>
            )}
          </div>
          {directory.error !== null && (
            <p class="banner error" role="alert">
              The rooms could not be loaded ({directory.error.message}). Retrying.
            </p>
          )}
          {view?.max === 0 && <NoDirectory />}
          {form !== null && (
            <Part name="The form">
              <RoomForm
                key={form.id}
                base={form.base}
                onSaved={(text) => {
                  setForm(null)
                  run(async () => text)
                }}
                onReload={(current) => {
                  open(current)
                  directory.refresh()
                }}
                onClose={() => setForm(null)}
              />
            </Part>
          )}
          <section class="card" aria-label="Rooms and where they come from">
            {view === null && directory.error === null && <p class="muted">Loading…</p>}
            {view !== null && <p class="muted">{countText(view)}</p>}
            {found?.length === 0 && <p>{notFoundText(filter)}</p>}
            <ul class="events">
              {found?.map((room) => (
                <Item
                  key={`${room.source} ${room.name}`}
                  room={room}
                  canChange={canChange && room.source === 'runtime' && !room.hidden}
                  onEdit={() => open(room)}
                  onKeep={() => keep(room)}
                  onDelete={() => askToDelete(room)}
                />
              ))}
            </ul>
          </section>
          <ExplainUrl />
        </main>
      </div>
      <footer class="foot">
        <Notices notice={notice} onDismiss={dismiss} />
      </footer>
      {question !== null && <Dialog question={question} onClose={close} />}
    </>
  )
}

/** Changes of rooms, with the question before and the notice after them. */
function useRoomChanges(rooms: Rooms, refresh: () => void) {
  const [question, setQuestion] = useState<Question | null>(null)
  const [notice, setNotice] = useState<Notice | null>(null)
  const run = async (work: () => Promise<string>) => {
    try {
      setNotice({ text: await work(), isError: false, undo: null })
    } catch (error) {
      setNotice({ text: refusalText(error as Error), isError: true, undo: null })
    }
    refresh()
  }
  const remove = (room: ListedRoom, query: string) =>
    run(async () => {
      const { body, isPending } = await call('DELETE', `/rooms/${room.name}?${query}`, undefined, tagOf(room))
      return storedText(`${body === null ? 'Deleted' : 'Draining'}: ${room.name}`, isPending)
    })
  const keep = (room: ListedRoom) =>
    run(async () => {
      const { isPending } = await call('PUT', `/rooms/${room.name}`, room.document, tagOf(room))
      return storedText(`Kept: ${room.name}`, isPending)
    })
  const askToDelete = (room: ListedRoom) => {
    const live = rooms.find(({ name }) => name === room.name)
    setQuestion(
      deleteQuestion(room, live, {
        drain: () => remove(room, 'drain=true'),
        now: () => remove(room, `confirm=${room.name}`),
      }),
    )
  }
  const dismiss = () => setNotice(null)
  const close = () => setQuestion(null)
  return { notice, question, run, keep, askToDelete, dismiss, close }
}

function NoDirectory() {
  return (
    <p class="banner warn">
      <b>This deployment does not support runtime rooms.</b> Add the binding <code>DIRECTORY</code> with the class{' '}
      <code>Directory</code> and the migration <code>v4</code> to wrangler.toml (docs/rooms.md), and deploy. Until then
      a deploy creates and changes rooms.
    </p>
  )
}

function countText({ rooms, max }: Directory): string {
  const own = rooms.filter(({ source }) => source === 'runtime').length
  const deployed = `${(rooms.length - own).toLocaleString()} deployed`
  return max === 0 ? `${deployed}.` : `${deployed}, ${own.toLocaleString()} of ${max.toLocaleString()} runtime rooms.`
}

interface ItemProps {
  readonly room: ListedRoom
  readonly canChange: boolean
  readonly onEdit: () => void
  readonly onKeep: () => void
  readonly onDelete: () => void
}

function Item({ room, canChange, onEdit, onKeep, onDelete }: ItemProps) {
  const [isOpen, setOpen] = useState(false)
  const { name, document, draining } = room
  const button = (label: string, onClick: () => void, kind = '') => (
    <button type="button" class={kind} aria-label={`${label} ${name}`} onClick={onClick}>
      {label}
    </button>
  )
  return (
    <li class="event">
      <div class="row">
        <h3>
          <a href={`#${name}`}>{name}</a>
        </h3>
        {sourceBadges(room).map(({ text, kind }) => (
          <span key={text} class={`badge ${kind}`}>
            {text}
          </span>
        ))}
      </div>
      <p>covers {placesText(document)}</p>
      <p class="muted">{sourceText(room)}</p>
      {canChange && (
        <div class="row">
          {button('Edit', onEdit)}
          {draining && button('Keep', onKeep)}
          {button('Delete…', onDelete, 'danger')}
        </div>
      )}
      <details onToggle={(event: Event) => setOpen((event.target as HTMLDetailsElement).open)}>
        <summary>Document of {name}</summary>
        {isOpen && <pre class="document">{documentText(document)}</pre>}
      </details>
    </li>
  )
}
