/** Which room a call of our own endpoints means: `?room=`, or the only one of the host. */
import { findRoom, type RoomSettings, roomsOfHost } from '../settings/rooms.ts'

export function roomOfRequest(url: URL, rooms: readonly RoomSettings[]): RoomSettings | undefined {
  const ofHost = roomsOfHost(rooms, url.hostname)
  const name = url.searchParams.get('room')
  if (name !== null) return ofHost.find((room) => room.name === name)
  return ofHost.length === 1 ? ofHost[0] : findRoom(rooms, url.hostname, ['/'])
}
