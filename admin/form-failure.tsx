/** Why a form was not saved. */

interface ChangedProps {
  /** The outcome, as a sentence. */
  readonly title: string
  readonly what: 'event' | 'room'
  readonly by: string | null
  /** When, and which fields; empty: unknown. */
  readonly details: string
  readonly onReload: () => void
}

/** Somebody else has changed what the form shows. */
export function ChangedMeanwhile({ title, what, by, details, onReload }: ChangedProps) {
  return (
    <div class="banner warn">
      <p>
        <b>{title}</b> {by} has changed this {what} since you opened it
        {details !== '' && ` (${details})`}. Load the current version, and make your changes again.
      </p>
      <button type="button" onClick={onReload}>
        Load the current version
      </button>
    </div>
  )
}

/** `labels`: of the fields to look at, each possibly more than once. */
export function NotSaved({ title, text, labels }: { title: string; text: string; labels: readonly string[] }) {
  const shown = [...new Set(labels)]
  return (
    <p class="error">
      <b>{title}</b> {text} {shown.length > 0 && `Check: ${shown.join(', ')}.`}
    </p>
  )
}
