/** `GET /status`: the poll of a waiting visitor. Without a token it joins, like opening a page. */
import type { Call } from '../app-env.ts'
import { answerVisit } from '../gate/answer-visit.ts'
import { checkRefusal } from '../gate/check-answers.ts'
import { keyProblem, settledKeyCookie } from '../gate/key-answers.ts'
import type { Visit } from '../gate/outcome.ts'
import type { Visitor } from '../gate/room-context.ts'
import { newSkipCookie } from '../gate/skip-pass.ts'
import { isSuspended, visit } from '../gate/visit.ts'
import { placelessStatus, shownNumber } from '../gate/visitor-status.ts'
import { problem } from '../http/problem.ts'
import { isSameOrigin } from '../http/request-url.ts'
import type { PolledStatus, Status } from '../status.ts'
import { changeToken, holdsCookie, keepsCookies, TOKEN_HEADER, type TokenChange } from '../tokens/token-cookie.ts'
import { visitorOfCall } from './visitor-call.ts'

/**
 * Set by the polls of the waiting page, which opens the page of a check that is needed. `hidden`:
 * nobody looks at the page, so an offered slot may be held (`confirm_entry_seconds`).
 */
const PAGE_HEADER = 'Waiting-Room-Page'
const HELD = { beacon: false, touched: false, held: true } as const

export async function statusRoute(call: Call): Promise<Response> {
  const visitor = await visitorOfCall(call)
  if (visitor instanceof Response) return visitor
  const { request, client, keepAlive, presented } = visitor
  if (isSuspended(visitor)) {
    client.keepFresh(keepAlive)
    return statusAnswer(visitor, admittedStatus(visitor))
  }
  // Another site must not make its visitors take tickets here.
  const mayJoin = request.method === 'GET' && isSameOrigin(request)
  const page = request.headers.get(PAGE_HEADER)
  const options = { mayJoin, hasPage: page !== null, isPoll: true, ...(page === 'hidden' && { details: HELD }) }
  return answerWithStatus(visitor, await visit(visitor, presented, options))
}

/** The outcome of a visit as JSON. */
export async function answerWithStatus(visitor: Visitor, outcome: Visit): Promise<Response> {
  const { request, room, texts } = visitor
  const answer = await answerVisit<Response | Promise<Response>>(outcome, room, {
    admitted: ({ token, text, renewed }) =>
      statusAnswer(visitor, admittedStatus(visitor, token.number), renewed ? text : undefined),
    letThrough: () => statusAnswer(visitor, admittedStatus(visitor)),
    wait(status, ticket, change) {
      if (ticket === null || status.unreachable) return statusAnswer(visitor, status, change)
      // A visitor who has the cookie already is not sent it again with each poll, which took 20 us.
      return statusAnswer(visitor, status, holdsCookie(texts, ticket.text) ? undefined : ticket.text)
    },
    refuse: (status, limitedCode) => statusAnswer(visitor, status, undefined, limitedCode),
    unchecked: () => checkRefusal(visitor),
    async passed({ joinKey, details: { access } }) {
      const response = statusAnswer(visitor, admittedStatus(visitor))
      response.headers.append('Set-Cookie', await newSkipCookie(visitor, { joinKey, access }))
      return response
    },
    keyEnds: (ended) => keyProblem(visitor, ended),
    noToken: () => problem(403, 'No ticket', 'Open a page of the site to get a ticket.'),
  })
  const settled = settledKeyCookie(request, outcome)
  if (settled !== null) answer.headers.append('Set-Cookie', settled)
  return answer
}

function admittedStatus({ room, client }: Visitor, issued?: number): Status {
  const number = issued === undefined ? undefined : shownNumber(client.view, issued)
  const details = { pollAfterSeconds: 1, ...(number === undefined ? {} : { number }) }
  return placelessStatus(room, 'admitted', client.view, details)
}

/**
 * Copied for each response, which takes half the time of `Response.json` and saves 15 us of a poll.
 */
const STATUS_HEADERS = new Headers({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })

function statusAnswer({ request, room, texts }: Visitor, status: Status, change?: TokenChange, code = 200): Response {
  const headers = new Headers(STATUS_HEADERS)
  headers.set('Retry-After', String(status.pollAfterSeconds))
  changeToken(headers, request, room, change)
  if (typeof change === 'string') headers.set(TOKEN_HEADER, change)
  const body: PolledStatus = { ...status, cookies: keepsCookies(texts) }
  return new Response(JSON.stringify(body), { status: code, headers })
}
