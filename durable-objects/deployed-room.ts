/** The deploy that an object runs: the settings of its rooms, and the bindings. */
import type { Bindings } from '../src/api.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'

export interface RoomDeploy {
  readonly settings: { readonly rooms: readonly RoomSettings[] }
  readonly bindings: Bindings
}

/** Undefined: the room is not in the settings. */
export function deployedRoom(rooms: readonly RoomSettings[], room: string): RoomSettings | undefined {
  return rooms.find(({ name }) => name === room)
}

/** During a deploy, isolates may know a room that the object's version does not. */
export function mustBeDeployed(rooms: readonly RoomSettings[], room: string): RoomSettings {
  const settings = deployedRoom(rooms, room)
  if (settings === undefined) throw new Error(`room ${room} is not in the settings of this deploy`)
  return settings
}
