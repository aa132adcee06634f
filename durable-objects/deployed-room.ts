/** The deploy that an object runs: the settings of its rooms, and the bindings. */
import type { Bindings } from '../src/api.ts'
import type { DocumentReader } from '../src/settings/room-document.ts'
import type { RoomSettings } from '../src/settings/rooms.ts'

export interface RoomDeploy {
  readonly settings: { readonly rooms: readonly RoomSettings[] }
  readonly bindings: Bindings
  /** Missing: there are no runtime rooms. */
  readonly readDocument?: DocumentReader
}

/** Undefined: the room is not in the settings. */
export function deployedRoom(rooms: readonly RoomSettings[], room: string): RoomSettings | undefined {
  return rooms.find(({ name }) => name === room)
}
