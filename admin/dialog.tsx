/** Asks before something that cannot be taken back lightly. */
import { useEffect, useRef, useState } from 'hono/jsx/dom'

export interface Question {
  readonly title: string
  readonly text: string
  readonly confirm: string
  /** Must be typed first. */
  readonly phrase?: string
  readonly run: () => void
}

export function Dialog({ question, onClose }: { question: Question; onClose: () => void }) {
  const box = useRef<HTMLDialogElement>(null)
  const [typed, setTyped] = useState('')
  useEffect(() => {
    box.current?.showModal()
    return undefined
  }, [])
  const mayConfirm = question.phrase === undefined || typed === question.phrase
  return (
    <dialog ref={box} aria-labelledby="dialog-title" onClose={onClose}>
      <h2 id="dialog-title">{question.title}</h2>
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
        <button
          type="button"
          class="danger"
          disabled={!mayConfirm}
          onClick={() => {
            onClose()
            question.run()
          }}
        >
          {question.confirm}
        </button>
      </div>
    </dialog>
  )
}
