/** Confirmation dialogs. */
import { useRef, useState } from 'hono/jsx/dom'
import { useCleanEffect } from './hooks.ts'

export interface Question {
  readonly title: string
  readonly text: string
  readonly confirm: string
  /** The operator must type this first. */
  readonly phrase?: string
  readonly run: () => void
  /** An alternative to `confirm`. */
  readonly other?: { readonly label: string; readonly run: () => void }
}

export function Dialog({ question, onClose }: { question: Question; onClose: () => void }) {
  const [typed, setTyped] = useState('')
  const mayConfirm = question.phrase === undefined || typed === question.phrase
  const then = (run: () => void) => () => {
    onClose()
    run()
  }
  return (
    <Modal title={question.title} onClose={onClose}>
      <p>{question.text}</p>
      {question.phrase !== undefined && (
        <label class="field">
          Type <b>{question.phrase}</b> to confirm
          <input
            value={typed}
            autocomplete="off"
            onInput={(event: Event) => setTyped((event.target as HTMLInputElement).value)}
          />
        </label>
      )}
      <div class="row end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        {question.other !== undefined && (
          <button type="button" onClick={then(question.other.run)}>
            {question.other.label}
          </button>
        )}
        <button type="button" class="danger" disabled={!mayConfirm} onClick={then(question.run)}>
          {question.confirm}
        </button>
      </div>
    </Modal>
  )
}

export function Modal({ title, onClose, children }: { title: string; onClose: () => void; children?: unknown }) {
  const box = useRef<HTMLDialogElement>(null)
  useCleanEffect(() => {
    if (box.current?.open === false) box.current.showModal()
    return undefined
  }, [])
  return (
    <dialog ref={box} aria-labelledby="dialog-title" onClose={onClose}>
      <h2 id="dialog-title">{title}</h2>
      {children as never}
    </dialog>
  )
}
