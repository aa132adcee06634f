/**
 * The network that a newcomer comes from, as a number that the line counts joins by
 * (src/core/join-networks.ts). Keyed with the deployment's secret, so it reveals no address, and
 * with the room, so it links no rooms.
 */
import type { JoinDetails } from '../core/exchange.ts'
import { clientAddress, networkOf } from '../http/client-address.ts'
import { WIDE_IPV4_BYTES, WIDE_IPV6_BYTES } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'

/** No `network` without an address. */
export async function networkDetails(
  request: Request,
  room: RoomSettings,
  keys: readonly SigningKey[],
): Promise<Pick<JoinDetails, 'network'>> {
  const address = clientAddress(request)
  if (address === null) return {}
  // No token begins with this text, so the hash is never part of a signature of one.
  const text = `network:${room.name}\n${networkOf(address, WIDE_IPV4_BYTES, WIDE_IPV6_BYTES)}`
  const digest = await crypto.subtle.sign('HMAC', (keys[0] as SigningKey).key, new TextEncoder().encode(text))
  return { network: new DataView(digest).getUint32(0) }
}
