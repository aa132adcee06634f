/** Which room a call of our own endpoints means: `?room=`, or the only one of the host. */
import type { RequestUrl } from '../http/request-url.ts'
import { findRoom, type RoomSettings, roomsOfHost } from '../settings/rooms.ts'

export function roomOfRequest(
  { hostname, search }: RequestUrl,
  rooms: readonly RoomSettings[],
): RoomSettings | undefined {
  const ofHost = roomsOfHost(rooms, hostname)
  const name = roomName(search)
  if (name !== null) return ofHost.find((room) => room.name === name)
  return ofHost.length === 1 ? ofHost[0] : findRoom(rooms, hostname, ['/'])
}

function roomName(search: string): string | null {
  if (search === '') return null
  // As our own pages ask.
  const plain = /^\?room=([\w-]+)$/.exec(search)
  return plain === null ? new URLSearchParams(search).get('room') : (plain[1] as string)
}
