/** What every call of a visitor's own endpoints starts with: the room, the tokens, the time. */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { isSecure } from '../gate/answers.ts'
import type { VisitContext } from '../gate/visit.ts'
import { problem } from '../problem.ts'
import { type PresentedToken, readTokens } from '../tokens/presented.ts'
import { roomOfRequest } from './room-of-request.ts'

export interface VisitorCall {
  readonly request: Request
  readonly context: VisitContext
  readonly presented: readonly PresentedToken[]
}

/** The call, or the answer to give where no room is meant. */
export async function visitorCall(c: Context<AppEnv>): Promise<VisitorCall | Response> {
  const { rooms, keys, client } = c.var.deployment
  const request = c.req.raw
  const room = roomOfRequest(new URL(request.url), rooms)
  if (room === undefined) return problem(404, 'No such room', 'Name a room of this host: ?room=NAME')
  const nowMs = Date.now()
  const presented = await readTokens(request.headers, room, keys, isSecure(request), nowMs)
  return { request, presented, context: { room, client: client(room), keys, keepAlive: c.executionCtx, nowMs } }
}
