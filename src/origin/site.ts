/**
 * The site behind a room, as the gate sees it: an origin that the Worker proxies (proxy.ts), or the
 * routes of the Worker itself (own-routes.ts).
 */
import type { RequestUrl } from '../http/request-url.ts'
import { PRESENCE_DURING_REQUEST_MS } from '../limits.ts'
import { logWarning } from '../log/log.ts'
import type { Token } from '../tokens/token.ts'

export interface Site {
  /** @throws RouteFailure if a route of the Worker throws */
  fetch(request: Request, url: RequestUrl, options?: SiteOptions): Promise<SiteOutcome>
}

export interface ShownPass {
  readonly text: string
  readonly token: Pick<Token, 'number'>
}

export interface SiteOptions {
  /** The name of the room that covers the request; null: none does. */
  readonly room: string | null
  /** The verified pass, with the text that the site gets; null: the request needs none. */
  readonly pass: ShownPass | null
  /** The response may be a page whose head is read, so an origin is asked for no content coding. */
  readonly readsPage: boolean
  /** Called every few seconds while the site works. */
  readonly onWaiting: () => void
}

export const PLAIN: SiteOptions = { room: null, pass: null, readsPage: false, onWaiting: () => {} }

export type SiteOutcome =
  | { readonly state: 'answered'; readonly response: Response; readonly revokes: boolean }
  | { readonly state: 'down' }
  | { readonly state: 'slow' }

/**
 * The response, or null if its headers take longer than the limit. Bodies and sockets may take as
 * long as they like.
 *
 * The timer is not stopped: it ends with its request. `scheduler.wait` costs half as much as
 * `setTimeout`. There is no `AbortController`: the platform drops the subrequests of a request that
 * was answered.
 */
export function withTimeout(
  pending: Promise<Response>,
  limitMs: number,
  onWaiting: () => void,
): Promise<Response | null> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const wait = (leftMs: number): void => {
      void scheduler.wait(Math.min(leftMs, PRESENCE_DURING_REQUEST_MS)).then(() => {
        if (isOver) return
        if (leftMs <= PRESENCE_DURING_REQUEST_MS) return resolve(null)
        onWaiting()
        wait(leftMs - PRESENCE_DURING_REQUEST_MS)
      })
    }
    pending.then(
      (response) => {
        isOver = true
        resolve(response)
      },
      (error) => {
        isOver = true
        reject(error)
      },
    )
    wait(limitMs)
  })
}

/**
 * Commands of the site: `revoke` ends the session of the request's pass. Our own name, and
 * Cloudflare Waiting Room's.
 */
const COMMAND_HEADERS = ['Waiting-Room-Command', 'Cf-Waiting-Room-Command']

const LOGGED_COMMAND_MAX_CHARS = 40

/**
 * Removes the command headers, whatever they say: visitors never see them. `host` is for the log.
 */
export function takeCommand(
  response: Response,
  host: () => string,
): { readonly response: Response; readonly revokes: boolean } {
  // Nearly all responses have no command; they are not copied.
  if (!COMMAND_HEADERS.some((name) => response.headers.has(name))) return { response, revokes: false }
  const given = COMMAND_HEADERS.map((name) => response.headers.get(name)).filter((value) => value !== null)
  const stripped = new Response(response.body, response)
  for (const name of COMMAND_HEADERS) stripped.headers.delete(name)
  const commands = given.flatMap((value) => value.split(',')).map((value) => value.trim().toLowerCase())
  const unknown = commands.find((command) => command !== 'revoke')
  if (unknown !== undefined) {
    const command = unknown.slice(0, LOGGED_COMMAND_MAX_CHARS)
    logWarning('origin_command_unknown', { host: host(), command })
  }
  return { response: stripped, revokes: commands.includes('revoke') }
}
