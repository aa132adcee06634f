/** What every call of a visitor's own endpoints starts with: the room, the tokens, the time. */
import type { Deployment } from '../deployment.ts'
import { readVisitor, type Visitor } from '../gate/visitor.ts'
import { problem } from '../http/problem.ts'
import { requestUrl } from '../http/request-url.ts'
import type { KeepAlive } from '../room/room-client.ts'
import { roomOfRequest } from './room-of-request.ts'

export interface VisitorCall extends Visitor {
  readonly request: Request
}

export type VisitorRoute = (request: Request, deployment: Deployment, keepAlive: KeepAlive) => Promise<Response>

/** The call, or the answer to give where no room is meant. */
export async function visitorCall(
  request: Request,
  deployment: Deployment,
  keepAlive: KeepAlive,
): Promise<VisitorCall | Response> {
  const room = roomOfRequest(requestUrl(request.url), deployment.rooms)
  if (room === undefined) return problem(404, 'No such room', 'Name a room of this host: ?room=NAME')
  return { request, ...(await readVisitor(request, room, deployment, keepAlive)) }
}
