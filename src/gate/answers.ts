/**
 * Answers to people and programs that are not let through: the waiting page, its JSON, and the small pages.
 */
import { cfWaitingRoom } from '../pages/cf-waiting-room.ts'
import { plainPageHeaders, renderPlainPage } from '../pages/plain-page.ts'
import type { Status } from '../pages/status.ts'
import { renderWaitingPage, waitingPageHeaders } from '../pages/waiting-page.ts'
import { requestUrl } from '../request-url.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { TOKEN_HEADER, tokenCookie } from '../tokens/token-cookie.ts'

/** What the client's token becomes: a text to keep, `null` to forget it, `undefined` to leave it as it is. */
export type TokenChange = string | null | undefined

export interface WaitingAnswer {
  readonly request: Request
  readonly room: RoomSettings
  readonly status: Status
  readonly form: 'page' | 'json'
  /** The ticket as the page sends it with its polls. */
  readonly ticket: string | null
  readonly tokenChange: TokenChange
  readonly code: RoomSettings['queueing_status_code']
}

/** The waiting page or its JSON, never cached by anyone. */
export function waitingAnswer({ request, room, status, form, ticket, tokenChange, code }: WaitingAnswer): Response {
  const headers = new Headers({ 'Cache-Control': 'no-store', Vary: 'Accept, Cookie' })
  headers.set('Retry-After', String(status.pollAfterSeconds))
  changeToken(headers, request, room, tokenChange)
  if (form === 'json') {
    if (ticket !== null) headers.set(TOKEN_HEADER, ticket)
    const body = { cfWaitingRoom: cfWaitingRoom(status), waitingRoom: status }
    return Response.json(body, { status: code, headers })
  }
  const nonce = crypto.randomUUID()
  for (const [name, value] of Object.entries(waitingPageHeaders(nonce))) headers.set(name, value)
  const url = requestUrl(request.url)
  const page = renderWaitingPage({
    status,
    nonce,
    token: ticket,
    returnUrl: url.pathname + url.search,
    host: url.host,
    joinedAt: status.joinedAt,
    startPosition: status.startPosition,
    lang: 'en',
  })
  return new Response(page, { status: code, headers })
}

/** Puts a token change on a response: the cookie, and the header for clients that present their token in it. */
export function changeToken(headers: Headers, request: Request, room: RoomSettings, change: TokenChange): void {
  if (change === undefined) return
  headers.append('Set-Cookie', tokenCookie(room, isSecure(request), change))
  if (change !== null && request.headers.has(TOKEN_HEADER)) headers.set(TOKEN_HEADER, change)
}

export function isSecure(request: Request): boolean {
  return request.url.startsWith('https:')
}

/** For what may not join: an image, a form, a prefetch. */
export function notNow(retryAfterSeconds: number): Response {
  const headers = { 'Cache-Control': 'no-store', 'Retry-After': String(retryAfterSeconds) }
  return new Response('The site is busy: open a page of it in a browser to get a place in line.\n', {
    status: 503,
    headers,
  })
}

/** Inside another page, where our cookie may not be kept: the way out of the frame. */
export function framedAnswer(request: Request, retryAfterSeconds: number): Response {
  const { pathname, search } = requestUrl(request.url)
  const page = renderPlainPage({
    title: 'The site is busy',
    text: 'There is a line, and a place in it can only be had in a window of its own.',
    link: { href: pathname + search, label: 'Open the page', top: true },
  })
  const headers = { ...plainPageHeaders({ framed: true }), 'Retry-After': String(retryAfterSeconds) }
  return new Response(page, { status: 503, headers })
}

/** The origin did not answer (502) or not in time (504). */
export function originTrouble(trouble: 'down' | 'slow', hasSession: boolean): Response {
  const page = renderPlainPage({
    title: trouble === 'down' ? 'The site cannot be reached' : 'The site takes too long to answer',
    text: `${hasSession ? 'You are let in and keep your session. ' : ''}Please try again in a moment.`,
    refreshSeconds: 10,
  })
  const status = trouble === 'down' ? 502 : 504
  return new Response(page, { status, headers: { ...plainPageHeaders(), 'Retry-After': '10' } })
}

/** The deployment must not serve: the reason is for its operators, in the log. */
export function notConfigured(): Response {
  const page = renderPlainPage({
    title: 'This site is not set up yet',
    text: 'The waiting room in front of it lacks a setting. Its log says which one.',
  })
  return new Response(page, { status: 500, headers: plainPageHeaders() })
}
