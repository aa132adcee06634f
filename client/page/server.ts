/** The page's calls to its room. They carry the ticket, since cookies may be blocked. */
import { visit } from './visit.ts'

/** Chrome 71 and older send none by default. */
const WITH_COOKIES = { credentials: 'same-origin' } as const

/** @param ticket the token of the ticket, which a status may renew */
export function serverOf(ticket: () => string | null) {
  const { prefix, status } = visit
  const urlOf = (endpoint: string) => `${prefix}/${endpoint}?room=${encodeURIComponent(status.room)}`

  function headers(own: Record<string, string>): Record<string, string> {
    const token = ticket()
    return token === null ? own : { ...own, 'Waiting-Room-Token': token }
  }

  return {
    /** @param isUnseen nobody looks at this tab */
    status: (isUnseen: boolean, signal: AbortSignal | undefined): Promise<Response> =>
      fetch(urlOf('status'), {
        ...(signal && { signal }),
        // By the second header the room knows that this page can show a check, and whether anybody
        // looks at it: a slot may be held until then.
        headers: headers({ Accept: 'application/json', 'Waiting-Room-Page': isUnseen ? 'hidden' : '1' }),
        cache: 'no-store',
        ...WITH_COOKIES,
      }),

    /** Gives the place up. */
    leave: (): Promise<Response> =>
      fetch(urlOf('leave'), {
        method: 'POST',
        headers: headers({ 'Content-Type': 'application/json' }),
        body: '{"final":true}',
        ...WITH_COOKIES,
      }),

    /** The page was left, perhaps for a moment only: a later call cancels it. */
    tellDeparture: () => navigator.sendBeacon(urlOf('leave')),
  }
}
