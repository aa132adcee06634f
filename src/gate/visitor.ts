/**
 * Who a request comes from: the tokens that count for it, and what its visit is decided with.
 */
import type { Deployment } from '../deployment.ts'
import { isSecure } from '../http/request-url.ts'
import type { KeepAlive } from '../room/room-client.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { ClientBinding } from '../tokens/client-binding.ts'
import { type PresentedToken, readTokens } from '../tokens/presented.ts'
import { type PresentedTexts, presentedTexts } from '../tokens/token-cookie.ts'
import { mayJoinNow } from './join-limit.ts'
import type { VisitContext } from './visit.ts'

export interface Visitor {
  readonly context: VisitContext
  readonly presented: readonly PresentedToken[]
  readonly texts: PresentedTexts
}

export async function readVisitor(
  request: Request,
  room: RoomSettings,
  deployment: Deployment,
  keepAlive: KeepAlive,
): Promise<Visitor> {
  const { keys, verified, joinLimiter } = deployment
  const nowMs = Date.now()
  const texts = presentedTexts(request.headers, room, isSecure(request))
  const client = deployment.client(room)
  const read = await readTokens(texts, room, deployment, nowMs)
  const binding = ClientBinding.of(request, room, keys)
  const presented = binding === null ? read : await binding.own(read)
  if (presented.length < read.length) client.countRefused('foreign', keepAlive, read.length - presented.length)
  const mayJoin = () => mayJoinNow(joinLimiter, request, room)
  const context = { room, client, keys, verified, keepAlive, nowMs, binding, mayJoinNow: mayJoin }
  return { presented, texts, context }
}
