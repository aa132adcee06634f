/**
 * `GET /status`: the poll of who waits. Without a token it joins, like opening a page does.
 */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { changeToken, type TokenChange } from '../gate/answers.ts'
import { placelessStatus } from '../gate/status-of.ts'
import { type Visit, visit } from '../gate/visit.ts'
import type { Status } from '../pages/status.ts'
import { problem } from '../problem.ts'
import { TOKEN_HEADER } from '../tokens/token-cookie.ts'
import { isSameOrigin } from './same-origin.ts'
import { visitorCall } from './visitor-context.ts'

export async function statusRoute(c: Context<AppEnv>): Promise<Response> {
  const call = await visitorCall(c)
  if (call instanceof Response) return call
  const { request, context, presented } = call
  const { room, client } = context
  if (room.suspended) return statusAnswer(call, placelessStatus(room.name, 'admitted', client.view), undefined)
  // Another site must not make its visitors take tickets here.
  const mayJoin = request.method === 'GET' && isSameOrigin(request)
  const decided = await visit(context, presented, mayJoin)
  if (decided.state === 'stranger') return problem(403, 'No ticket', 'Open a page of the site to get a ticket.')
  if (decided.state === 'unreachable' && room.on_room_failure === 'admit') {
    return statusAnswer(call, placelessStatus(room.name, 'admitted', client.view), undefined)
  }
  return statusAnswer(call, statusOf(decided, room.name, call), tokenChangeOf(decided))
}

function statusOf(
  decided: Exclude<Visit, { state: 'stranger' }>,
  room: string,
  { context }: { context: { client: { view: Parameters<typeof placelessStatus>[2] } } },
): Status {
  if (decided.state !== 'admitted') return decided.status
  const { number } = decided.pass.token
  return placelessStatus(room, 'admitted', context.client.view, { number, pollAfterSeconds: 1 })
}

function tokenChangeOf(decided: Exclude<Visit, { state: 'stranger' }>): TokenChange {
  switch (decided.state) {
    case 'admitted':
      return decided.pass.renewed ? decided.pass.text : undefined
    case 'waiting':
      return decided.ticket.text
    case 'expired':
      return null
    case 'full':
    case 'unreachable':
      return undefined
  }
}

function statusAnswer(
  call: { request: Request; context: { room: Parameters<typeof changeToken>[2] } },
  status: Status,
  change: TokenChange,
): Response {
  const headers = new Headers({ 'Cache-Control': 'no-store', 'Retry-After': String(status.pollAfterSeconds) })
  changeToken(headers, call.request, call.context.room, change)
  if (typeof change === 'string') headers.set(TOKEN_HEADER, change)
  return Response.json(status, { headers })
}
