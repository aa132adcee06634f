/**
 * Answers to people and programs that are not let through: the waiting page, its JSON, and the small pages.
 */

import { PREFIX } from '../http/paths.ts'
import { isSecure, type RequestUrl, requestUrl } from '../http/request-url.ts'
import { languageOfVisitor } from '../languages.ts'
import { cfWaitingRoom } from '../pages/cf-waiting-room.ts'
import type { Look, Looks } from '../pages/looks.ts'
import { messages } from '../pages/messages/index.ts'
import type { SmallPageTexts } from '../pages/messages/messages.ts'
import { type PlainPage, plainPageHeaders, renderPlainPage } from '../pages/plain-page.ts'
import { renderWaitingPage, type WaitingView } from '../pages/waiting-page.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { Status } from '../status.ts'
import { plainCookieRemoval, TOKEN_HEADER, tokenCookie } from '../tokens/token-cookie.ts'

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
  readonly looks: Looks
  /** Path and query to go to when admitted, where that is not the URL of the request. */
  readonly returnUrl?: string
}

/** In plain objects: a `Headers` that a response only copies, and the calls that fill it, took 15 us of a waiting page. */
type HeaderFields = Readonly<Record<string, string>>

/** The waiting page or its JSON, never cached by anyone. */
export function waitingAnswer(answer: WaitingAnswer): Response | Promise<Response> {
  const { request, room, tokenChange } = answer
  const response = answerInForm(answer)
  const removal = tokenChange === undefined ? null : plainCookieRemoval(request.headers, room, isSecure(request))
  return removal === null ? response : withCookie(response, removal)
}

/** Beside the one that is there: header fields in a plain object have one value each. */
async function withCookie(response: Response | Promise<Response>, cookie: string): Promise<Response> {
  const answer = await response
  answer.headers.append('Set-Cookie', cookie)
  return answer
}

function answerInForm(answer: WaitingAnswer): Response | Promise<Response> {
  const { request, room, status, form, ticket, tokenChange, code, returnUrl } = answer
  const headers = {
    Vary: 'Accept, Accept-Language, Cookie',
    'Retry-After': String(status.pollAfterSeconds),
    ...linkHeader(room),
    ...tokenHeaders(request, room, tokenChange),
  }
  if (form === 'json') {
    const body = { cfWaitingRoom: cfWaitingRoom(status), waitingRoom: status }
    const own = { ...headers, 'Cache-Control': 'no-store', ...(ticket === null ? null : { [TOKEN_HEADER]: ticket }) }
    return Response.json(body, { status: code, headers: own })
  }
  const url = requestUrl(request.url)
  const language = languageOfVisitor(request.headers, url.search, room.default_language)
  const notSent = request.method !== 'GET'
  const view = { status, token: ticket, returnUrl: returnUrl ?? wayBack(request, url), language, notSent }
  return waitingPage({ request, room, looks: answer.looks, view, code, headers })
}

interface PageAnswer extends Pick<WaitingAnswer, 'request' | 'room' | 'looks'> {
  readonly view: Omit<WaitingView, 'host' | 'timeZone'>
  readonly code: number
  /** In addition to the page's own. */
  readonly headers?: HeaderFields
}

/** The page in the room's look. */
export function waitingPage(answer: PageAnswer): Response | Promise<Response> {
  const look = answer.looks.lookFor(answer.room)
  return look instanceof Promise ? look.then((made) => pageWith(answer, made)) : pageWith(answer, look)
}

function pageWith(answer: PageAnswer, look: Look): Response | Promise<Response> {
  const { request, room, looks, view, code, headers = {} } = answer
  const { host } = requestUrl(request.url)
  try {
    const page = renderWaitingPage({ ...view, host, timeZone: request.cf?.timezone as string | undefined }, look)
    const response = new Response(page.body, { status: code, headers: page.headers })
    for (const name in headers) response.headers.set(name, headers[name] as string)
    return response
  } catch (error) {
    if (look.template === null) throw error
    return looks.fallBack(room, error).then((fallback) => pageWith(answer, fallback))
  }
}

/**
 * Where to go when admitted: what was asked for. A form cannot be sent again, so its sender goes back to the page it is on, or
 * opens the form's own address where that page belongs to another site.
 */
function wayBack(request: Request, url: RequestUrl): string {
  if (request.method === 'GET') return url.pathname + url.search
  const referrer = request.headers.get('Referer') ?? ''
  const page = URL.canParse(referrer) ? new URL(referrer) : url
  const { pathname, search } = page.origin === url.origin ? page : url
  return pathname + search
}

/** A token change: the cookie, and the header for clients that present their token in it. */
function tokenHeaders(request: Request, room: RoomSettings, change: TokenChange): HeaderFields {
  if (change === undefined) return {}
  const cookie = { 'Set-Cookie': tokenCookie(room, isSecure(request), change) }
  return change !== null && request.headers.has(TOKEN_HEADER) ? { ...cookie, [TOKEN_HEADER]: change } : cookie
}

/** Puts a token change on a response. */
export function changeToken(headers: Headers, request: Request, room: RoomSettings, change: TokenChange): void {
  for (const [name, value] of Object.entries(tokenHeaders(request, room, change))) {
    // The origin's cookies stay.
    if (name === 'Set-Cookie') headers.append(name, value)
    else headers.set(name, value)
  }
  const removal = change === undefined ? null : plainCookieRemoval(request.headers, room, isSecure(request))
  if (removal !== null) headers.append('Set-Cookie', removal)
}

/** How a program tells this answer from the site's, and where it joins and asks for its place. */
function linkHeader({ name }: RoomSettings): HeaderFields {
  return { Link: `<${PREFIX}/status?room=${name}>; rel="waiting-room"` }
}

/** For what may not join and reads no JSON: an image, a form, a prefetch. */
export function notNow(room: RoomSettings, retryAfterSeconds: number): Response {
  const headers = { 'Cache-Control': 'no-store', 'Retry-After': String(retryAfterSeconds), ...linkHeader(room) }
  return new Response('The site is busy: open a page of it in a browser to get a place in line.\n', {
    status: 503,
    headers,
  })
}

interface SmallPageOptions {
  readonly framed?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly room?: RoomSettings
}

/** A small page in the visitor's language. `room`: its default language counts where the visitor's is none of ours. */
export function smallPage(
  request: Request,
  status: number,
  choose: (texts: SmallPageTexts) => Omit<PlainPage, 'language'>,
  { framed = false, headers = {}, room }: SmallPageOptions = {},
): Response {
  const language = languageOfVisitor(request.headers, requestUrl(request.url).search, room?.default_language)
  const page = renderPlainPage({ ...choose(messages[language].plain), language })
  const own = { ...plainPageHeaders({ framed }), 'Content-Language': language, Vary: 'Accept-Language, Cookie' }
  return new Response(page, { status, headers: { ...own, ...headers } })
}

/** Inside another page, where our cookie may not be kept: the way out of the frame. */
export function framedAnswer(request: Request, room: RoomSettings, retryAfterSeconds: number): Response {
  const { pathname, search } = requestUrl(request.url)
  const headers = { 'Retry-After': String(retryAfterSeconds) }
  return smallPage(
    request,
    503,
    ({ framed: { title, text, link = '' } }) => {
      return { title, text, link: { href: pathname + search, label: link, top: true } }
    },
    { framed: true, headers, room },
  )
}

/** Answers a form from a visitor without a ticket. A form cannot join: the waiting page could not send it again. */
export function undeliveredForm(request: Request, room: RoomSettings, retryAfterSeconds: number): Response {
  const href = wayBack(request, requestUrl(request.url))
  const headers = { 'Retry-After': String(retryAfterSeconds) }
  return smallPage(
    request,
    503,
    ({ undelivered: { title, text, link = '' } }) => ({ title, text, link: { href, label: link } }),
    { headers, room },
  )
}

/** The origin did not answer (502) or not in time (504). */
export function originTrouble(request: Request, trouble: 'down' | 'slow', hasSession: boolean): Response {
  return smallPage(
    request,
    trouble === 'down' ? 502 : 504,
    ({ originDown, originSlow, sessionKept }) => {
      const { title, text } = trouble === 'down' ? originDown : originSlow
      return { title, text: hasSession ? `${sessionKept} ${text}` : text, refreshSeconds: 10 }
    },
    { headers: { 'Retry-After': '10' } },
  )
}

/** The deployment must not serve: the reason is for its operators, in the log. */
export function notConfigured(request: Request): Response {
  return smallPage(request, 500, ({ notConfigured: { title, text } }) => ({ title, text }))
}
