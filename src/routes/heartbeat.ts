/**
 * `POST /heartbeat`: the beacon of who is on the site. Renews the pass; 410 when the session is over. While the room is
 * suspended everyone is on the site, so it is always 204, and a pass or ticket is renewed: it counts again afterwards.
 */
import type { Deployment } from '../deployment.ts'
import { changeToken } from '../gate/answers.ts'
import { claim, stepsAside } from '../gate/visit.ts'
import { booleanField, readFields } from '../http/body.ts'
import { problem } from '../http/problem.ts'
import { isSameOrigin } from '../http/same-origin.ts'
import { BODY_MAX_BYTES } from '../limits.ts'
import type { KeepAlive } from '../room/room-client.ts'
import { byPreference } from '../tokens/presented.ts'
import { visitorCall } from './visitor-call.ts'

export async function heartbeatRoute(
  request: Request,
  deployment: Deployment,
  keepAlive: KeepAlive,
): Promise<Response> {
  const call = await visitorCall(request, deployment, keepAlive)
  if (call instanceof Response) return call
  const { context, presented } = call
  if (!isSameOrigin(request)) return problem(403, 'Not from this site')
  const touched = booleanField(await readFields(request), 'touched')
  if (touched === null) {
    return problem(
      400,
      'Bad body',
      `Send {"touched": true} or {"touched": false} in ${BODY_MAX_BYTES} bytes, or nothing.`,
    )
  }
  const [chosen] = byPreference(presented)
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  const isSuspended = stepsAside(context)
  if (chosen === undefined) return isSuspended ? new Response(null, { status: 204, headers }) : sessionOver()
  const details = { beacon: true, touched }
  const decided = await claim(context, chosen, details)
  if (isSuspended) {
    const held = decided.state === 'admitted' ? decided.pass : decided.state === 'waiting' ? decided.ticket : null
    if (held?.renewed) changeToken(headers, request, context.room, held.text)
    return new Response(null, { status: 204, headers })
  }
  if (decided.state === 'unreachable') {
    return problem(503, 'Try again', 'The waiting room cannot be reached right now.', { 'Retry-After': '5' })
  }
  if (decided.state !== 'admitted') return sessionOver()
  if (decided.pass.renewed) changeToken(headers, request, context.room, decided.pass.text)
  return new Response(null, { status: 204, headers })
}

function sessionOver(): Response {
  return problem(410, 'The session is over', 'Open a page of the site to join again.')
}
