/**
 * Answers to visitors who are not let through: the waiting page, its JSON, and a text for
 * everything else.
 */
import { cacheSet } from '../cache.ts'
import { isSecure } from '../http/request-url.ts'
import { languageOfVisitor } from '../languages.ts'
import { POLL_INTERVALS_MAX } from '../limits.ts'
import { cfWaitingRoom } from '../pages/cf-waiting-room.ts'
import type { Look } from '../pages/looks.ts'
import { renderWaitingPage, type WaitingView } from '../pages/waiting-page.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { Status } from '../status.ts'
import { plainCookieRemoval, TOKEN_HEADER, type TokenChange, tokenHeaders } from '../tokens/token-cookie.ts'
import type { RoomContext } from './room-context.ts'
import { returnPath } from './small-pages.ts'

/** The inputs of a waiting page. */
type PageContext = Pick<RoomContext, 'request' | 'url' | 'room' | 'looks'>

export interface WaitingAnswer {
  readonly status: Status
  readonly form: 'page' | 'json'
  /** The ticket that the page sends with its polls. */
  readonly ticket: string | null
  readonly tokenChange: TokenChange
  readonly code: RoomSettings['queueing_status_code']
  /** Path and query to go to when admitted, if not those of the request. */
  readonly returnUrl?: string
}

/**
 * A plain object: making and filling a `Headers` that a response only copies took 15 us of a
 * waiting page.
 */
type HeaderFields = Readonly<Record<string, string>>

/** The waiting page or its JSON, never cached by anyone. */
export function waitingAnswer(context: PageContext, answer: WaitingAnswer): Response | Promise<Response> {
  const { request, room } = context
  const response = answerInForm(context, answer)
  const removal = answer.tokenChange === undefined ? null : plainCookieRemoval(request.headers, room, isSecure(request))
  return removal === null ? response : withCookie(response, removal)
}

/** Adds a second cookie: a plain object has one value per header field. */
async function withCookie(response: Response | Promise<Response>, cookie: string): Promise<Response> {
  const answer = await response
  answer.headers.append('Set-Cookie', cookie)
  return answer
}

function answerInForm(context: PageContext, answer: WaitingAnswer): Response | Promise<Response> {
  const { request, url, room } = context
  const { status, form, ticket, tokenChange, code, returnUrl } = answer
  const tokens = tokenHeaders(request, room, tokenChange)
  if (form === 'json') {
    const body = { cfWaitingRoom: cfWaitingRoom(status), waitingRoom: status }
    const own = { 'Cache-Control': 'no-store', ...(ticket === null ? null : { [TOKEN_HEADER]: ticket }) }
    const headers = { ...roomHeaders(room, status.pollAfterSeconds), ...tokens, ...own }
    return Response.json(body, { status: code, headers })
  }
  const language = languageOfVisitor(request.headers, url.search, room.default_language)
  const notSent = request.method !== 'GET'
  const view = { status, token: ticket, returnUrl: returnUrl ?? returnPath(context), language, notSent }
  return waitingPage(context, { view, code, tokens })
}

function roomHeaders(room: RoomSettings, pollAfterSeconds: number): HeaderFields {
  return { Vary: 'Accept, Accept-Language, Cookie', 'Retry-After': String(pollAfterSeconds), ...linkHeader(room) }
}

interface PageAnswer {
  readonly view: Omit<WaitingView, 'host' | 'timeZone'>
  readonly code: number
  readonly tokens?: HeaderFields
}

/** The page with the room's look. */
export function waitingPage(context: PageContext, answer: PageAnswer): Response | Promise<Response> {
  const look = context.looks.lookFor(context.room)
  return look instanceof Promise
    ? look.then((read) => pageWith(context, answer, read))
    : pageWith(context, answer, look)
}

function pageWith(context: PageContext, answer: PageAnswer, look: Look): Response | Promise<Response> {
  const { request, url, room, looks } = context
  const { view, code, tokens = {} } = answer
  try {
    const page = renderWaitingPage(
      { ...view, host: url.host, timeZone: request.cf?.timezone as string | undefined },
      look,
    )
    const headers = view.preview === undefined ? pageHeaders(page.headers, room, view.status) : page.headers
    const response = new Response(page.body, { status: code, headers })
    for (const name in tokens) response.headers.set(name, tokens[name] as string)
    return response
  } catch (error) {
    if (look.template === null) throw error
    return looks.fallBack(room, error).then((fallback) => pageWith(context, answer, fallback))
  }
}

/** By the headers of a look's pages, then by `Retry-After`. */
const knownHeaders = new WeakMap<Headers, Map<number, Headers>>()

/**
 * The headers of a page and of its room. Each look belongs to one room. A response copies them all
 * at once; setting the headers of the room on each response took a tenth of a page.
 */
function pageHeaders(own: Headers, room: RoomSettings, { pollAfterSeconds }: Status): Headers {
  const known = knownHeaders.get(own) ?? new Map<number, Headers>()
  knownHeaders.set(own, known)
  let headers = known.get(pollAfterSeconds)
  if (headers === undefined) {
    headers = new Headers([...own, ...Object.entries(roomHeaders(room, pollAfterSeconds))])
    cacheSet(known, POLL_INTERVALS_MAX, pollAfterSeconds, headers)
  }
  return headers
}

/** By this header programs recognize our answers, and find the endpoint to join and to poll. */
export function linkHeader({ name, prefix }: RoomSettings): HeaderFields {
  return { Link: `<${prefix}/status?room=${name}>; rel="waiting-room"` }
}

/** For requests that may not join and whose sender reads no JSON, such as images and prefetches. */
export function busyResponse(room: RoomSettings, retryAfterSeconds: number): Response {
  const headers = { 'Cache-Control': 'no-store', 'Retry-After': String(retryAfterSeconds), ...linkHeader(room) }
  return new Response('The site is busy: open a page of it in a browser to get a place in line.\n', {
    status: 503,
    headers,
  })
}
