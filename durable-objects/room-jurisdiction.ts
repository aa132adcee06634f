/**
 * Keeps a room in the jurisdiction of its first use. The object of a name in another jurisdiction
 * is another object, so a changed setting would silently begin a new, empty line.
 *
 * Each name has one object without jurisdiction. It holds the room if that has no jurisdiction, and
 * otherwise remembers the room's jurisdiction and refuses the room. An object in a jurisdiction
 * asks it once, before its first use; from then on its own storage is the proof.
 *
 * Owns the decision whether this object may hold the room. Stores nothing else.
 */
import { logError } from '../src/log/log.ts'
import type { RoomObject } from '../src/room/room-object.ts'
import { inTime } from '../src/room/time-out.ts'
import { isUsed } from './migrations.ts'

/** Instead of a jurisdiction: the room is in the object that has none. */
export const NO_JURISDICTION = 'none'

/** An object that hangs must not hold the room's first visitors, nor keep this object awake. */
const ASK_TIMEOUT_MS = 5_000
const SILENT = 'the object without jurisdiction does not answer'

/** The object of a name that is in no jurisdiction. */
export type Registry = (room: string) => {
  fixJurisdiction(jurisdiction: string): ReturnType<RoomObject['fixJurisdiction']> | Promise<string>
}

export class RoomJurisdiction {
  private readonly sql: SqlStorage
  /** The jurisdiction that this object was created in; undefined: none. */
  private readonly own: string | undefined
  private readonly registry: Registry
  /** Whether this object may hold the room. False: it must ask first, or was refused. */
  isSettled: boolean
  private asking: Promise<void> | null = null
  private isRefusalLogged = false

  constructor(sql: SqlStorage, own: string | undefined, registry: Registry) {
    this.sql = sql
    this.own = own
    this.registry = registry
    this.isSettled = isUsed(sql) || (own === undefined && this.stored === null)
  }

  /** Call before the first use while not `isSettled`. Rejects with the reason of a refusal. */
  async settle(room: string): Promise<void> {
    this.asking ??= this.ask(room).finally(() => {
      this.asking = null
    })
    await this.asking
  }

  private async ask(room: string): Promise<void> {
    const own = this.own ?? NO_JURISDICTION
    const fixed =
      this.own === undefined
        ? this.stored
        : await inTime(this.registry(room).fixJurisdiction(this.own), ASK_TIMEOUT_MS, SILENT)
    if (fixed !== own && fixed !== null) throw this.refusal(room, own, fixed)
    this.isSettled = true
  }

  /**
   * In the object without jurisdiction: fixes the room's jurisdiction unless it is fixed already.
   * Returns the one in force, or `NO_JURISDICTION`.
   */
  fix(jurisdiction: string): string {
    if (isUsed(this.sql)) return NO_JURISDICTION
    const { stored } = this
    if (stored !== null) return stored
    // Not a migration: these would mark the object as used.
    this.sql.exec('CREATE TABLE IF NOT EXISTS jurisdiction (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL)')
    this.sql.exec('INSERT INTO jurisdiction (id, name) VALUES (1, ?)', jurisdiction)
    this.isSettled = false
    return jurisdiction
  }

  private get stored(): string | null {
    const tables = this.sql.exec(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'jurisdiction'`)
    if (tables.toArray().length === 0) return null
    const [row] = this.sql.exec('SELECT name FROM jurisdiction').toArray()
    return row === undefined ? null : (row.name as string)
  }

  private refusal(room: string, own: string, fixed: string): Error {
    const isFixed = fixed !== NO_JURISDICTION
    const error = new Error(
      `room ${room} cannot change its jurisdiction to ${own}: it was first used ${isFixed ? `in ${fixed}` : 'without one'}, and an object cannot move. ` +
        `${isFixed ? `Set jurisdiction = ${fixed} again` : 'Remove jurisdiction'}, or give the room another name`,
    )
    if (!this.isRefusalLogged) logError('jurisdiction_refused', error, { room })
    this.isRefusalLogged = true
    return error
  }
}
