/**
 * The gate: what happens to a request for a covered URL, from its headers to its answer (the table
 * of the HTTP contract).
 */
import type { Call } from '../app-env.ts'
import { matchesBypass } from '../bypass/bypass.ts'
import { placeOf } from '../http/hosts.ts'
import { mayJoin, type RequestKind, readableForm, requestKind } from '../http/request-kind.ts'
import { isSecure, pathAsSent, type RequestUrl } from '../http/request-url.ts'
import { answerVisit, type VisitAnswers } from './answer-visit.ts'
import { busyResponse, type WaitingAnswer, waitingAnswer } from './answers.ts'
import { checkPage, checkRefusal } from './check-answers.ts'
import { barePreflight, isPreflight, shareIfAllowed, tooManyPreflights } from './cors.ts'
import { byProxy, type Delivery } from './delivery.ts'
import { forward, forwardCounted, keepPrivate } from './forward.ts'
import { returnDelivery, roomOfReturn } from './hand-over.ts'
import { mayPreflightNow } from './join-limits.ts'
import { askAgain, keyPage, keyProblem, settledKeyCookie } from './key-answers.ts'
import type { ValidKey } from './key-entry.ts'
import { keyRedirect } from './key-link.ts'
import { type RoomContext, readVisitor, roomContext, type Visitor } from './room-context.ts'
import { newSkipCookie, skipPassOf } from './skip-pass.ts'
import { framedAnswer, undeliveredForm } from './small-pages.ts'
import { isSuspended, visit } from './visit.ts'
import { LONG_POLL_SECONDS, placelessStatus } from './visitor-status.ts'

/** Any request for the site counts as use of its session, with or without a beacon. */
const USE = { beacon: false, touched: true } as const

/** Answers any request that is not for one of our endpoints. */
export async function gate(call: Call): Promise<Response> {
  const { request, url, site, deployment } = call
  const { routes, bypasses } = deployment
  const returning = roomOfReturn(routes, url)
  const room = returning ?? routes.find(call)
  if (room === undefined) return forward({ request, url, site })
  const context = roomContext(call, room)
  const delivery = returning === undefined ? byProxy : returnDelivery(context)
  if (delivery instanceof Response) return delivery
  if (matchesBypass(bypasses.get(room.name) ?? [], call)) return delivery.past(context)
  const suspended = isSuspended(context)
  const kind = requestKind(request)
  const isNavigation = kind === 'page' || kind === 'frame'
  const redirect = room.force_https && isNavigation && !suspended ? httpsRedirect(request, url) : null
  if (redirect !== null) return redirect
  const withoutKey = kind === 'page' ? keyRedirect(request, url) : null
  if (withoutKey !== null) return withoutKey
  if (suspended) {
    context.client.keepFresh(context.keepAlive)
    return delivery.past(context)
  }
  if (isPreflight(request)) {
    if (!(await mayPreflightNow(context))) return tooManyPreflights()
    return forwardCounted({ ...context, request: barePreflight(request) })
  }
  const visitor = await readVisitor(context)
  const judging = skipPassOf(visitor)
  const skip = judging instanceof Promise ? await judging : judging
  if (skip.state === 'pass') return pastByKey(visitor, delivery, skip.cookie)
  const outcome = await visit(visitor, visitor.presented, {
    mayJoin: mayJoin(kind),
    hasPage: kind === 'page',
    details: USE,
  })
  const answer = await answerVisit(outcome, room, answersTo(visitor, kind, delivery))
  const cookies = [settledKeyCookie(request, outcome), skip.state === 'over' ? skip.cookie : null]
  return withCookies(
    answer,
    cookies.filter((cookie) => cookie !== null),
  )
}

/** Forwards a request that an access key lets past the room. */
async function pastByKey(visitor: Visitor, delivery: Delivery, cookie: string | null): Promise<Response> {
  visitor.client.countCheck('keyPasses')
  return withCookies(await delivery.counted(visitor), cookie === null ? [] : [cookie])
}

/** Such an answer is for this client only. */
function withCookies(answer: Response, cookies: readonly string[]): Response {
  if (cookies.length === 0) return answer
  const changed = new Response(answer.body, answer)
  for (const cookie of cookies) changed.headers.append('Set-Cookie', cookie)
  keepPrivate(changed.headers)
  return changed
}

function answersTo(
  visitor: Visitor,
  kind: RequestKind,
  delivery: Delivery,
): VisitAnswers<Response | Promise<Response>> {
  const { room, presented } = visitor
  // Programs mistake any success for the site's answer.
  const code = kind === 'program' ? 503 : room.queueing_status_code
  const turnAway = (answer: Omit<WaitingAnswer, 'form'>) =>
    shareIfAllowed(visitor, waitingOrBusy(visitor, kind, answer))
  return {
    admitted: (pass) => delivery.admitted(visitor, kind, pass),
    letThrough: (reason) => (reason === 'suspended' ? delivery.past(visitor) : delivery.counted(visitor)),
    wait: (status, ticket, tokenChange) => turnAway({ status, ticket: ticket?.text ?? null, tokenChange, code }),
    refuse(status, limitedCode) {
      const tokenChange = presented.length > 0 ? null : undefined
      return turnAway({ status, ticket: null, tokenChange, code: limitedCode ?? code })
    },
    unchecked: () => (kind === 'page' ? checkPage(visitor) : shareIfAllowed(visitor, checkRefusal(visitor))),
    passed: async ({ joinKey, details: { access } }: ValidKey) =>
      pastByKey(visitor, delivery, await newSkipCookie(visitor, { joinKey, access })),
    async keyEnds(outcome) {
      if (kind !== 'page') return shareIfAllowed(visitor, keyProblem(visitor, outcome))
      return (await askAgain(visitor, outcome)) ?? keyPage(visitor, outcome)
    },
    noToken: () => shareIfAllowed(visitor, withoutTicket(visitor, kind)),
  }
}

/** The waiting page or its JSON if somebody reads it, a line of text in place of an image. */
function waitingOrBusy(
  context: RoomContext,
  kind: RequestKind,
  answer: Omit<WaitingAnswer, 'form'>,
): Response | Promise<Response> {
  const { pollAfterSeconds } = answer.status
  switch (kind) {
    case 'frame':
      return framedAnswer(context, pollAfterSeconds)
    case 'subresource':
      return busyResponse(context.room, pollAfterSeconds)
    case 'page':
    case 'form':
      return waitingAnswer(context, { ...answer, form: 'page' })
    case 'json':
    case 'program':
      return waitingAnswer(context, { ...answer, form: 'json' })
    case 'fetch':
    case 'other':
      return waitingAnswer(context, { ...answer, form: readableForm(context.request, kind) })
  }
}

/**
 * For requests that may not join. A script gets the same JSON as a waiting visitor, without a place
 * and with the link to join.
 */
function withoutTicket(context: RoomContext, kind: RequestKind): Response | Promise<Response> {
  if (kind === 'frame') return framedAnswer(context, LONG_POLL_SECONDS)
  if (kind === 'form') return undeliveredForm(context, LONG_POLL_SECONDS)
  if (kind !== 'fetch') return busyResponse(context.room, LONG_POLL_SECONDS)
  const status = placelessStatus(context.room, 'waiting', context.client.view)
  return waitingAnswer(context, { status, ticket: null, tokenChange: undefined, form: 'json', code: 503 })
}

/**
 * Redirects a navigation from http to https before anything of the visitor is read or created:
 * someone on the network can copy and change a ticket in a cookie on http, and the cookies of https
 * would be another place in line.
 *
 * Null: no redirect. These requests are not redirected: over https, on this machine, on a port
 * other than the default (the https port is unknown), and those whose TLS ends in front of the
 * Worker (the redirect would lead back here).
 */
function httpsRedirect(request: Request, url: RequestUrl): Response | null {
  if (isSecure(request)) return null
  if (url.host !== url.hostname || placeOf(url.hostname) === 'loopback' || isSecureInFront(request)) return null
  const headers = { Location: `https://${url.hostname}${pathAsSent(url)}`, 'Cache-Control': 'no-store' }
  // Browsers do not keep a 307: https may be turned off again.
  return new Response(null, { status: 307, headers })
}

/**
 * Of several proxies the first counts. A client that sends this header itself stays on http, as it
 * asked.
 */
function isSecureInFront({ headers }: Request): boolean {
  const [first = ''] = (headers.get('X-Forwarded-Proto') ?? '').split(',')
  return first.trim().toLowerCase() === 'https'
}
