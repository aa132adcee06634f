/**
 * The context of a response to a request of one room: the room's parts of the deployment, and the
 * visitor.
 */
import type { Call } from '../app-env.ts'
import { once } from '../cache.ts'
import type { NewcomerCounts } from '../core/proof-of-work.ts'
import { isSecure, type RequestUrl } from '../http/request-url.ts'
import type { Site } from '../origin/site.ts'
import type { Looks } from '../pages/looks.ts'
import type { KeepAlive } from '../room/room-calls.ts'
import type { RoomClient } from '../room/room-client.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { ClientBinding } from '../tokens/client-binding.ts'
import type { OriginPasses } from '../tokens/origin-pass.ts'
import { type PresentedToken, readTokens, type TokenVerifier } from '../tokens/presented.ts'
import { REHEARSAL_HEADER, type Rehearsal } from '../tokens/rehearsal.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import { type PresentedTexts, presentedTexts } from '../tokens/token-cookie.ts'
import type { TurnstileValidator } from '../turnstile/validation.ts'
import { joinCheckOf } from './join-check.ts'
import { type JoinLimiters, joinLimitReached, mayUseKeyNow } from './join-limits.ts'
import { networkDetails } from './join-network.ts'
import { keyEntryOf } from './key-entry.ts'
import type { VisitContext } from './outcome.ts'

/** One request to one room. */
export interface RoomContext extends TokenVerifier, JoinLimiters {
  readonly request: Request
  readonly url: RequestUrl
  readonly keepAlive: KeepAlive
  readonly room: RoomSettings
  readonly client: RoomClient
  readonly site: Site
  readonly looks: Looks
  readonly turnstile: TurnstileValidator | null
  readonly infiniteKeys: readonly SigningKey[]
  readonly newcomers: NewcomerCounts
  readonly accessKeys: readonly SigningKey[]
  readonly passes: OriginPasses | null
  readonly rehearsal: Rehearsal | null
}

export function roomContext({ request, url, keepAlive, site, deployment }: Call, room: RoomSettings): RoomContext {
  const { client, looks, keys, verified, turnstile, infiniteKeys, accessKeys, passes, rehearsal } = deployment
  const { joinLimiter, networkLimiter, newcomers } = deployment
  const limits = { joinLimiter, networkLimiter, newcomers }
  const own = { site, looks, keys, verified, turnstile, infiniteKeys, accessKeys, passes, rehearsal, ...limits }
  return { request, url, keepAlive, room, client: client(room), ...own }
}

/** A request with the visitor's tokens. */
export interface Visitor extends RoomContext, VisitContext {
  readonly presented: readonly PresentedToken[]
  readonly texts: PresentedTexts
}

export async function readVisitor(context: RoomContext): Promise<Visitor> {
  const { request, room, client, keys, keepAlive } = context
  const nowMs = Date.now()
  const texts = presentedTexts(request.headers, room, isSecure(request))
  const reading = readTokens(texts, room, context, nowMs)
  const read = reading instanceof Promise ? await reading : reading
  const binding = ClientBinding.of(request, room, keys)
  const presented = binding === null ? read : await binding.own(read)
  if (presented.length < read.length) client.countRefused('foreign', keepAlive, read.length - presented.length)
  for (const { token } of presented) client.learnGatherers(token)
  const visitor: Visitor = {
    ...context,
    presented,
    texts,
    nowMs,
    binding,
    joinLimit: async () => ((await isRehearsed(context, nowMs)) ? null : joinLimitReached(context, binding)),
    joinDetails: () => networkDetails(request, room, keys),
    joinCheck: once(() => joinCheckOf(visitor)),
    keyEntry: once(() => keyEntryOf(visitor, () => mayUseKeyNow(context))),
  }
  return visitor
}

/** The same visitor, who confirmed that the key's place moves here. Nothing else counts. */
export function takingOver(visitor: Visitor): Visitor {
  return { ...visitor, keyEntry: once(() => keyEntryOf(visitor, () => mayUseKeyNow(visitor), true)) }
}

/** The whole crowd of a rehearsal comes from one address, which no limit may count. */
async function isRehearsed({ request, room, rehearsal }: RoomContext, nowMs: number): Promise<boolean> {
  return (await rehearsal?.isVisitor(request.headers.get(REHEARSAL_HEADER), room.name, nowMs)) ?? false
}
