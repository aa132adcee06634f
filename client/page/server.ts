/** The page's calls to its room. They carry the ticket, since cookies may be blocked. */
import { visit } from './visit.ts'

const urlOf = (endpoint: string) => `${visit.prefix}/${endpoint}?room=${visit.status.room}`

/**
 * @param token of the ticket
 * @param isUnseen nobody looks at this tab
 */
export function fetchStatus(
  token: string | null,
  isUnseen: boolean,
  signal: AbortSignal | undefined,
): Promise<Response> {
  // By the second header the room knows that this page can show a check, and whether anybody looks
  // at it: a slot may be held until then.
  const own = { Accept: 'application/json', 'Waiting-Room-Page': isUnseen ? 'hidden' : '1' }
  return send('status', token, own, { cache: 'no-store', ...(signal && { signal }) })
}

/** Gives the place up. */
export function sendLeave(token: string | null): Promise<Response> {
  return send('leave', token, { 'Content-Type': 'application/json' }, { method: 'POST', body: '{"final":true}' })
}

/** The page was left, perhaps for a moment only: a later call cancels it. */
export function tellDeparture(): void {
  navigator.sendBeacon(urlOf('leave'))
}

function send(
  endpoint: string,
  token: string | null,
  own: Record<string, string>,
  init: RequestInit,
): Promise<Response> {
  const headers = token === null ? own : { ...own, 'Waiting-Room-Token': token }
  // Chrome 71 and older send no cookies by default.
  return fetch(urlOf(endpoint), { ...init, headers, credentials: 'same-origin' })
}
