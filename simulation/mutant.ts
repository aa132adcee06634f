import type { Gathering } from '../src/room/gathering.ts'
import type { RoomPort } from '../src/room/room-calls.ts'
import type { RoomClient } from '../src/room/room-client.ts'

/** A defect put into a client or a gatherer: tests show that the judges notice it. */
export interface Mutant {
  readonly gathering?: (gathering: Gathering) => void
  readonly port?: (port: RoomPort) => RoomPort
  readonly client?: (client: RoomClient) => void
}
