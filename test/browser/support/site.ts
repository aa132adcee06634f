/** The rooms of the browser tests and their addresses. */
import { room as contractRoom, type Stage } from '../../contract/support/stage.ts'
import { type Headers, Visitor } from '../../contract/support/visitor.ts'
import type { RoomTable } from '../../contract/support/worker-config.ts'

/** A room on its own host, so that tests do not share cookies. */
export function room(name: string, capacity: number, more: RoomTable = {}): RoomTable {
  return contractRoom(name, capacity, { host: hostOf(name), ...more })
}

export function urlOf({ workerd }: Stage, room: string, path = '/'): string {
  return `http://${hostOf(room)}:${workerd.port}${path}`
}

/** Another visitor of a room, over plain HTTP, which costs less than a tab. */
export function visitorOf({ workerd }: Stage, room: string, own?: Headers): Visitor {
  return new Visitor(workerd, hostOf(room), own)
}

/** Takes a place on the site, so that the next visitor has to wait. */
export async function guestOf(stage: Stage, room: string): Promise<Visitor> {
  const guest = visitorOf(stage, room)
  const reply = await guest.get('/echo')
  if (guest.holds !== 'pass') throw new Error(`No pass for ${room}: ${reply.status} ${reply.text}`)
  return guest
}

function hostOf(room: string): string {
  return `${room}.localhost`
}
