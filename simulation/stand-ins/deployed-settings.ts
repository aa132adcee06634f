/** In place of the deployment's settings: a deploy of the simulation puts others here. */
import type { RoomSettings } from '../../src/settings/rooms.ts'

export const deployedSettings: { rooms: readonly RoomSettings[] } = { rooms: [] }
