/** The outcome of the last change, at the foot of the page. */
import type { Notice } from './controls.ts'

/** Always rendered, because screen readers announce only changes of an existing live region. */
export function Notices({ notice, onDismiss }: { notice: Notice | null; onDismiss: () => void }) {
  return (
    <div class="notices" aria-live="polite">
      {notice !== null && (
        <p class={notice.isError ? 'notice error' : 'notice'}>
          <span class="notice-text">{notice.text}</span>
          {notice.undo !== null && (
            <button type="button" onClick={notice.undo}>
              Undo
            </button>
          )}
          <button type="button" aria-label="Dismiss" onClick={onDismiss}>
            ×
          </button>
        </p>
      )}
    </div>
  )
}
