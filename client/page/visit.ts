/** The data that the server put into the page. */
import type { LiveTexts } from '../../src/pages/messages/messages.ts'
import type { PageState, Status } from '../../src/status.ts'

/** The server's data about this visitor. */
export interface Visit {
  /** Where the room's endpoints are. */
  readonly prefix: string
  readonly status: Status
  readonly token: string | null
  /** Path and query to go to when admitted. */
  readonly returnUrl: string
  /** A lasting note, such as that a form was not delivered. */
  readonly note: string
  /** The operators' preview: shows this state, and never polls. */
  readonly preview?: PageState
}

export const visit: Visit = jsonIn('visit')
export const texts: LiveTexts = jsonIn('texts')

function jsonIn(id: string) {
  return JSON.parse(document.getElementById(id)?.textContent ?? 'null')
}
