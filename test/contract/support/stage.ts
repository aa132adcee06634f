/**
 * The set-up of nearly every test file: one origin and one Worker in front of it, started before
 * the tests and stopped after them.
 */
import { afterAll, beforeAll } from 'vitest'
import { type Answer, Origin } from './origin.ts'
import { type Headers, Visitor } from './visitor.ts'
import type { RoomTable, WorkerBindings } from './worker-config.ts'
import { Workerd } from './workerd.ts'

export interface Stage {
  readonly origin: Origin
  readonly workerd: Workerd
  /** A visitor of the room with this name, whose host is `<name>.test`. */
  visitor(room: string, own?: Headers): Visitor
  /** A visitor who is already on the site. */
  guest(room: string, own?: Headers): Promise<Visitor>
}

/**
 * Call it at the top of a test file. `pages`: pages of the origin in addition to its usual ones.
 */
export function useStage(
  rooms: readonly RoomTable[],
  bindings: Partial<WorkerBindings> = {},
  pages: Readonly<Record<string, Answer>> = {},
): Stage {
  let origin: Origin
  let workerd: Workerd
  beforeAll(async () => {
    origin = await Origin.start(0, pages)
    workerd = await Workerd.start({ rooms, originUrl: origin.url, ...bindings })
  })
  afterAll(async () => {
    await workerd?.stop()
    await origin?.stop()
  })
  return {
    get origin() {
      return origin
    },
    get workerd() {
      return workerd
    },
    visitor: (room, own) => new Visitor(workerd, `${room}.test`, own),
    async guest(room, own) {
      const visitor = new Visitor(workerd, `${room}.test`, own)
      const reply = await visitor.get('/echo')
      if (visitor.holds !== 'pass') throw new Error(`No pass for ${room}: ${reply.status} ${reply.text}`)
      return visitor
    },
  }
}

/**
 * A room on its own host. By default its rate is unlimited, and its time-outs are long enough that
 * no slow machine ends a session.
 */
export function room(name: string, capacity: number, more: RoomTable = {}): RoomTable {
  return {
    name,
    host: `${name}.test`,
    total_active_users: capacity,
    new_users_per_minute: 1_000_000,
    heartbeat_timeout_seconds: 600,
    session_timeout_seconds: 600,
    // Lent slots count as taken, and leave gaps in the numbers.
    lease_below: 0,
    // Tests use http for hosts that are not on loopback.
    force_https: false,
    ...more,
  }
}
