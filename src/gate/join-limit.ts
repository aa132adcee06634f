/**
 * How many newcomers one client address may bring in a while, and how many preflights it may send. Counted by the platform's rate limit, per place and roughly;
 * limit and period are in wrangler.toml, since the binding fixes them. Only who joins is counted: whoever has a ticket or a
 * pass may poll and reload as they like. Preflights are counted apart, so that they use up no one's turn to join.
 */
import { clientNetwork } from '../http/client-address.ts'
import { logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import type { RoomSettings } from '../settings/rooms.ts'

/**
 * Whether one more may join. True, too, where it cannot be told: without the binding, without an address, and while the
 * platform does not count. A limit that fails must not keep people out.
 */
export function mayJoinNow(limiter: RateLimit | null, request: Request, room: RoomSettings): Promise<boolean> {
  return isWithinLimit(limiter, request, room, room.name)
}

/** Whether one more preflight may go to the site; the limit and its failures are those of joins. */
export function mayPreflightNow(limiter: RateLimit | null, request: Request, room: RoomSettings): Promise<boolean> {
  return isWithinLimit(limiter, request, room, `${room.name} preflight`)
}

/** `what`: counted apart from everything else; no room's name has a space. */
async function isWithinLimit(
  limiter: RateLimit | null,
  request: Request,
  room: RoomSettings,
  what: string,
): Promise<boolean> {
  if (limiter === null || !room.join_limit) return true
  const network = clientNetwork(request)
  if (network === null) return true
  try {
    const { success } = await limiter.limit({ key: `${what} ${network}` })
    return success
  } catch (error) {
    logWarning('join_limit_failed', { room: room.name, error: errorText(error) })
    return true
  }
}
