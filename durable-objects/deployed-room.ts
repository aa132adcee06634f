/** The settings that this deploy has for a room. */
import { deployedSettings } from '../src/settings/deployed-settings.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'

/** Undefined: the room is not in the settings. */
export function deployedRoom(room: string): RoomSettings | undefined {
  return deployedSettings.rooms.find(({ name }) => name === room)
}

/** During a deploy, isolates may know a room that the object's version does not. */
export function mustBeDeployed(room: string): RoomSettings {
  const settings = deployedRoom(room)
  if (settings === undefined) throw new Error(`room ${room} is not in the settings of this deploy`)
  return settings
}
