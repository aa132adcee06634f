/** What every call of a visitor's own endpoints starts with: the room, the tokens, the time. */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { readVisitor, type Visitor } from '../gate/visitor.ts'
import { problem } from '../problem.ts'
import { roomOfRequest } from './room-of-request.ts'

export interface VisitorCall extends Visitor {
  readonly request: Request
}

/** The call, or the answer to give where no room is meant. */
export async function visitorCall(c: Context<AppEnv>): Promise<VisitorCall | Response> {
  const request = c.req.raw
  const room = roomOfRequest(new URL(request.url), c.var.deployment.rooms)
  if (room === undefined) return problem(404, 'No such room', 'Name a room of this host: ?room=NAME')
  return { request, ...(await readVisitor(request, room, c.var.deployment, c.executionCtx)) }
}
