/**
 * The deployable Worker: one waiting room in front of a site, with the settings and bindings of
 * wrangler.toml. docs/library.md describes the same room as a part of another Worker.
 */
import { env } from 'cloudflare:workers'
import roomsFile from '../rooms.toml'
import { createWaitingRoom } from './create.ts'
import { roomsOfFile } from './settings/rooms-file.ts'

const rooms = roomsOfFile(roomsFile)

const room = createWaitingRoom<Env>({ settings: (variables) => ({ ...variables, ROOMS_FILE: rooms }) })

// Invalid settings make the start fail: the platform rejects the deploy and keeps serving the
// previous version.
room.check(env)

/** Of the binding WAITING_ROOM: one object per room. */
export class WaitingRoom extends room.WaitingRoom {}

/** Of the binding LOGIN_GUARD. */
export class LoginGuard extends room.LoginGuard {}

/** Of the binding GATHERER: between very many isolates and a room's object. */
export class Gatherer extends room.Gatherer {}

/** Of the binding DIRECTORY: the runtime rooms. */
export class Directory extends room.Directory {}

export default { fetch: room.fetch, queue: room.queue, scheduled: room.scheduled } satisfies ExportedHandler<Env>
