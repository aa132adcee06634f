/**
 * The context of a response to a request of one room: the room's parts of the deployment, and the
 * visitor.
 */
import type { Call } from '../app-env.ts'
import { clientNetwork } from '../http/client-address.ts'
import { isSecure, type RequestUrl } from '../http/request-url.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { Origin } from '../origin/proxy.ts'
import type { Looks } from '../pages/looks.ts'
import type { KeepAlive, RoomClient } from '../room/room-client.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { ClientBinding } from '../tokens/client-binding.ts'
import { type PresentedToken, readTokens, type TokenVerifier } from '../tokens/presented.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import { type PresentedTexts, presentedTexts } from '../tokens/token-cookie.ts'
import type { TurnstileValidator } from '../turnstile/validation.ts'
import { joinCheckOf } from './join-check.ts'
import { keyEntryOf } from './key-entry.ts'
import type { VisitContext } from './visit.ts'

/** One request to one room. */
export interface RoomContext extends TokenVerifier {
  readonly request: Request
  readonly url: RequestUrl
  readonly keepAlive: KeepAlive
  readonly room: RoomSettings
  readonly client: RoomClient
  readonly origin: Origin
  readonly looks: Looks
  /** Null: newcomers are not counted by address. */
  readonly joinLimiter: RateLimit | null
  readonly turnstile: TurnstileValidator | null
  readonly infiniteKeys: readonly SigningKey[]
  readonly accessKeys: readonly SigningKey[]
}

export function roomContext({ request, url, keepAlive, deployment }: Call, room: RoomSettings): RoomContext {
  const { client, origin, looks, keys, verified, joinLimiter, turnstile, infiniteKeys, accessKeys } = deployment
  const own = { origin, looks, keys, verified, joinLimiter, turnstile, infiniteKeys, accessKeys }
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
  const read = await readTokens(texts, room, context, nowMs)
  const binding = ClientBinding.of(request, room, keys)
  const presented = binding === null ? read : await binding.own(read)
  if (presented.length < read.length) client.countRefused('foreign', keepAlive, read.length - presented.length)
  const visitor = { ...context, presented, texts, nowMs, binding, mayJoinNow: () => mayJoinNow(context) }
  return { ...visitor, joinCheck: joinCheckOf(visitor), keyEntry: keyEntryOf(visitor, () => mayUseKeyNow(context)) }
}

/** The same visitor, who confirmed that the key's place moves here. Nothing else counts. */
export function takingOver(visitor: Visitor): Visitor {
  return { ...visitor, keyEntry: keyEntryOf(visitor, () => mayUseKeyNow(visitor), true) }
}

/**
 * Counts a newcomer; false: too many came from this client's address. Waiting and admitted visitors
 * may poll and reload as they like. The platform's rate limit counts per location and
 * approximately. Its limit and period are in wrangler.toml, since the binding fixes them. Without
 * the binding, without an address and on errors everyone may join: a limit that fails must not keep
 * people out.
 */
function mayJoinNow(context: RoomContext): Promise<boolean> {
  return isWithinLimit(context, context.room.name)
}

/** Counts a preflight, apart from joins; false: too many came from this client's address. */
export function mayPreflightNow(context: RoomContext): Promise<boolean> {
  return isWithinLimit(context, `${context.room.name} preflight`)
}

/** Counts a check before joining, apart from joins; false: too many came from this address. */
export function mayCheckNow(context: RoomContext): Promise<boolean> {
  return isWithinLimit(context, `${context.room.name} check`)
}

/** Counts a join with an access key, apart from other joins. */
function mayUseKeyNow(context: RoomContext): Promise<boolean> {
  return isWithinLimit(context, `${context.room.name} key`)
}

/** @param counter no room's name has a space */
async function isWithinLimit(context: RoomContext, counter: string): Promise<boolean> {
  const { joinLimiter, request, room } = context
  if (joinLimiter === null || !entrySetting(context, 'join_limit')) return true
  const network = clientNetwork(request)
  if (network === null) return true
  try {
    const { success } = await joinLimiter.limit({ key: `${counter} ${network}` })
    return success
  } catch (error) {
    logWarning('join_limit_failed', { room: room.name, error: errorText(error) })
    return true
  }
}
