/** Replaces the settings of the deployment. A simulated deploy assigns new ones. */
import type { RoomSettings } from '../../src/settings/rooms.ts'

export const deployedSettings: { rooms: readonly RoomSettings[] } = { rooms: [] }
