/**
 * Limits of newcomers per client address, per wider network and per bound client, counted by the
 * platform's rate limits. Their numbers are in wrangler.toml, since the bindings fix them;
 * docs/abuse.md has the arithmetic.
 *
 * Without a binding, without an address and on errors everyone may join: a limit that fails must
 * not keep people out. The platform counts per location and approximately.
 */
import { clientAddress, clientNetwork, networkOf } from '../http/client-address.ts'
import { BOUND_CLIENT_WEIGHT, IPV6_HOME_BYTES, IPV6_HOME_WEIGHT, WIDE_IPV4_BYTES, WIDE_IPV6_BYTES } from '../limits.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { JoinLimit, RoomClient } from '../room/room-client.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { ClientBinding } from '../tokens/client-binding.ts'

/** Null: the deployment has no such binding, and nobody is counted by it. */
export interface JoinLimiters {
  readonly joinLimiter: RateLimit | null
  readonly networkLimiter: RateLimit | null
}

interface LimitedRequest extends JoinLimiters {
  readonly request: Request
  readonly room: RoomSettings
  readonly client: RoomClient
}

/**
 * Counts a newcomer; the limit that is reached, or null. Narrow limits come first and end the
 * count, so that one client's retries do not use up what its neighbours may do.
 */
export async function joinLimitReached(
  context: LimitedRequest,
  binding: ClientBinding | null,
): Promise<JoinLimit | null> {
  const { joinLimiter, networkLimiter, request, room } = context
  if (!(await isWithinLimit(context, room.name))) return 'limited'
  const address = clientAddress(request)
  if (address === null) return null
  if (binding !== null) {
    // By the agent alone, all phones of one model would count as one client.
    const counter = `${room.name} client ${await binding.forToken()} ${clientNetwork(request)}`
    if (!(await isWithin(context, joinLimiter, counter, BOUND_CLIENT_WEIGHT))) return 'limitedByClient'
  }
  const isIpv6 = address.kind() === 'ipv6'
  const home = `${room.name} home ${networkOf(address, WIDE_IPV4_BYTES, IPV6_HOME_BYTES)}`
  if (isIpv6 && !(await isWithin(context, networkLimiter, home, IPV6_HOME_WEIGHT))) return 'limitedByNetwork'
  const wide = `${room.name} network ${networkOf(address, WIDE_IPV4_BYTES, WIDE_IPV6_BYTES)}`
  return (await isWithin(context, networkLimiter, wide)) ? null : 'limitedByNetwork'
}

/** Counts a preflight, apart from joins; false: too many came from this client's address. */
export function mayPreflightNow(context: LimitedRequest): Promise<boolean> {
  return isWithinLimit(context, `${context.room.name} preflight`)
}

/** Counts a check before joining, apart from joins; false: too many came from this address. */
export function mayCheckNow(context: LimitedRequest): Promise<boolean> {
  return isWithinLimit(context, `${context.room.name} check`)
}

/** Counts a join with an access key, apart from other joins; false: too many from this address. */
export function mayUseKeyNow(context: LimitedRequest): Promise<boolean> {
  return isWithinLimit(context, `${context.room.name} key`)
}

/**
 * Counts by client address.
 * @param counter no room's name has a space
 */
async function isWithinLimit(context: LimitedRequest, counter: string): Promise<boolean> {
  const network = clientNetwork(context.request)
  return network === null || isWithin(context, context.joinLimiter, `${counter} ${network}`)
}

/** @param weight a request counts this many times, which divides the limit by it */
async function isWithin(context: LimitedRequest, limiter: RateLimit | null, key: string, weight = 1): Promise<boolean> {
  if (limiter === null || !entrySetting(context, 'join_limit')) return true
  try {
    for (let i = 0; i < weight; i++) if (!(await limiter.limit({ key })).success) return false
    return true
  } catch (error) {
    logWarning('join_limit_failed', { room: context.room.name, error: errorText(error) })
    return true
  }
}
