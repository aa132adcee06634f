/**
 * How many newcomers one client address may bring in a while. Counted by the platform's rate limit, per place and roughly;
 * limit and period are in wrangler.toml, since the binding fixes them. Only who joins is counted: whoever has a ticket or a
 * pass may poll and reload as they like.
 */
import { clientNetwork } from '../client-address.ts'
import { logWarning } from '../log.ts'
import { errorText } from '../reporter/scrub.ts'
import type { RoomSettings } from '../settings/rooms.ts'

/**
 * Whether one more may join. True, too, where it cannot be told: without the binding, without an address, and while the
 * platform does not count. A limit that fails must not keep people out.
 */
export async function mayJoinNow(limiter: RateLimit | null, request: Request, room: RoomSettings): Promise<boolean> {
  if (limiter === null || !room.join_limit) return true
  const network = clientNetwork(request)
  if (network === null) return true
  try {
    const { success } = await limiter.limit({ key: `${room.name} ${network}` })
    return success
  } catch (error) {
    logWarning('join_limit_failed', { room: room.name, error: errorText(error) })
    return true
  }
}
