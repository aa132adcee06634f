/** What the server tells the page's script: two elements with JSON, one the same for all visitors of a language. */
import type { LiveTexts } from '../../src/pages/messages/messages.ts'
import type { PageState, Status } from '../../src/status.ts'

/** Of this visitor. */
export interface Visit {
  readonly status: Status
  readonly token: string | null
  /** Path and query to go to when admitted. */
  readonly returnUrl: string
  readonly lang: string
  /** A sentence that stays, as that a form was not delivered. */
  readonly note: string
  /** For the operators' preview: this state is shown, and nobody is asked. */
  readonly preview?: PageState
}

export function readBoot(): { readonly visit: Visit; readonly texts: LiveTexts } {
  const json = (id: string) => JSON.parse(document.getElementById(id)?.textContent ?? 'null')
  return { visit: json('visit'), texts: json('texts') }
}
