/**
 * `POST /heartbeat`: the beacon of an admitted visitor. Renews the pass; 410 when the session is
 * over. While the room is suspended the answer is always 204, and the pass or ticket is renewed so
 * that it counts afterwards.
 */
import type { Call } from '../app-env.ts'
import type { Issued } from '../gate/issue.ts'
import { isObserving, letThrough } from '../gate/observe.ts'
import type { Visitor } from '../gate/room-context.ts'
import { claim, isSuspended } from '../gate/visit.ts'
import { booleanField, readFields } from '../http/body.ts'
import { problem } from '../http/problem.ts'
import { isSameOrigin } from '../http/request-url.ts'
import { BODY_MAX_BYTES } from '../limits.ts'
import { byPreference } from '../tokens/presented.ts'
import { changeToken } from '../tokens/token-cookie.ts'
import { visitorOfCall } from './visitor-call.ts'

export async function heartbeatRoute(call: Call): Promise<Response> {
  const visitor = await visitorOfCall(call)
  if (visitor instanceof Response) return visitor
  const { request, client, keepAlive, presented } = visitor
  if (!isSameOrigin(request)) return problem(403, 'Not from this site')
  const touched = booleanField(await readFields(request), 'touched')
  if (touched === null) {
    const detail = `Send {"touched": true} or {"touched": false} in ${BODY_MAX_BYTES} bytes, or nothing.`
    return problem(400, 'Bad body', detail)
  }
  const [chosen] = byPreference(presented)
  const suspended = isSuspended(visitor)
  if (suspended) client.keepFresh(keepAlive)
  if (chosen === undefined) return suspended ? renewed(visitor, null) : sessionOver()
  const answer = await claim(visitor, chosen, { beacon: true, touched })
  const outcome = isObserving(visitor) ? await letThrough(visitor, answer) : answer
  if (outcome.state === 'admitted') return renewed(visitor, outcome.pass)
  if (suspended) return renewed(visitor, outcome.state === 'waiting' ? outcome.ticket : null)
  if (outcome.state === 'unreachable') {
    return problem(503, 'Try again', 'The waiting room cannot be reached right now.', { 'Retry-After': '5' })
  }
  return sessionOver()
}

function renewed({ request, room }: Visitor, issued: Issued | null): Response {
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  if (issued?.renewed) changeToken(headers, request, room, issued.text)
  return new Response(null, { status: 204, headers })
}

function sessionOver(): Response {
  return problem(410, 'The session is over', 'Open a page of the site to join again.')
}
