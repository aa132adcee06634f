/**
 * `GET /status`: the poll of who waits. Without a token it joins, like opening a page does.
 */
import type { Deployment } from '../deployment.ts'
import { changeToken, type TokenChange } from '../gate/answers.ts'
import { placelessStatus } from '../gate/status-of.ts'
import { stepsAside, type Visit, visit } from '../gate/visit.ts'
import { problem } from '../http/problem.ts'
import { isSameOrigin } from '../http/same-origin.ts'
import type { KeepAlive } from '../room/room-client.ts'
import type { PolledStatus, Status } from '../status.ts'
import { holdsCookie, keepsCookies, TOKEN_HEADER } from '../tokens/token-cookie.ts'
import { type VisitorCall, visitorCall } from './visitor-call.ts'

export async function statusRoute(request: Request, deployment: Deployment, keepAlive: KeepAlive): Promise<Response> {
  const call = await visitorCall(request, deployment, keepAlive)
  if (call instanceof Response) return call
  const { context, presented } = call
  const { room } = context
  if (stepsAside(context)) return statusAnswer(call, admitted(call), undefined)
  // Another site must not make its visitors take tickets here.
  const mayJoin = request.method === 'GET' && isSameOrigin(request)
  const decided = await visit(context, presented, { mayJoin, isPoll: true })
  if (decided.state === 'suspended') return statusAnswer(call, admitted(call), undefined)
  if (decided.state === 'stranger') return problem(403, 'No ticket', 'Open a page of the site to get a ticket.')
  if (decided.state === 'unreachable' && room.on_room_failure === 'admit') {
    return statusAnswer(call, admitted(call), undefined)
  }
  const status = decided.state === 'admitted' ? admitted(call, decided.pass.token.number) : decided.status
  return statusAnswer(call, status, tokenChangeOf(call, decided), decided.state === 'limited' ? 429 : 200)
}

function admitted({ context }: VisitorCall, number?: number): Status {
  const details = { pollAfterSeconds: 1, ...(number === undefined ? {} : { number }) }
  return placelessStatus(context.room, 'admitted', context.client.view, details)
}

/** Who holds the cookie already is not told it again with each poll: making and reading it took 20 us. */
function tokenChangeOf(
  { texts }: VisitorCall,
  decided: Exclude<Visit, { state: 'stranger' | 'suspended' }>,
): TokenChange {
  switch (decided.state) {
    case 'admitted':
      return decided.pass.renewed ? decided.pass.text : undefined
    case 'waiting':
      return holdsCookie(texts, decided.ticket.text) ? undefined : decided.ticket.text
    case 'expired':
      return null
    case 'full':
    case 'closed':
    case 'limited':
      return undefined
    case 'unreachable':
      return decided.ticket?.renewed ? decided.ticket.text : undefined
  }
}

/** Copied for each answer: half the time of making them anew and of `Response.json`, 15 us of a poll. */
const STATUS_HEADERS = new Headers({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })

function statusAnswer(
  { request, context, texts }: VisitorCall,
  status: Status,
  change: TokenChange,
  code = 200,
): Response {
  const headers = new Headers(STATUS_HEADERS)
  headers.set('Retry-After', String(status.pollAfterSeconds))
  changeToken(headers, request, context.room, change)
  if (typeof change === 'string') headers.set(TOKEN_HEADER, change)
  const body: PolledStatus = { ...status, cookies: keepsCookies(texts) }
  return new Response(JSON.stringify(body), { status: code, headers })
}
