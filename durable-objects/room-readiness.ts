/**
 * The work that an object has to do before its first event: settle its jurisdiction, and learn its
 * settings.
 */
import type { RoomSettings } from '../src/settings/rooms.ts'
import type { RoomJurisdiction } from './room-jurisdiction.ts'
import type { RoomLine } from './room-line.ts'
import type { RoomSource } from './room-source.ts'

export class RoomReadiness {
  private readonly jurisdiction: RoomJurisdiction
  private readonly source: RoomSource
  private readonly roomLine: RoomLine

  constructor(jurisdiction: RoomJurisdiction, source: RoomSource, roomLine: RoomLine) {
    this.jurisdiction = jurisdiction
    this.source = source
    this.roomLine = roomLine
  }

  /** False: work of the room goes through `settled`. */
  isReady(room: string): boolean {
    return this.jurisdiction.isSettled && this.source.isKnown(room, Date.now)
  }

  /**
   * Runs work in an object that must first settle its jurisdiction or learn its settings. The
   * promise is typed as its result, because over RPC every result is a promise.
   */
  settled<T>(room: string, work: () => T): T {
    return this.prepare(room).then(work) as T
  }

  private async prepare(room: string): Promise<void> {
    if (!this.jurisdiction.isSettled) await this.jurisdiction.settle(room)
    if (this.source.isKnown(room, Date.now)) return
    const document = await this.source.ask(room)
    // It may have been given meanwhile.
    if (document !== null && this.source.of(room) === undefined) this.roomLine.adopt(room, document)
  }

  /** For work that needs no settings. */
  onceSettled<T>(room: string, work: () => T): T {
    return this.jurisdiction.isSettled ? work() : (this.jurisdiction.settle(room).then(work) as T)
  }

  /** A read of a room that may not have had any visitor yet. */
  withSettings<T>(name: string, work: (room: RoomSettings) => T): T {
    const answer = () => work(this.source.must(name))
    return this.source.isKnown(name, Date.now) ? answer() : this.settled(name, answer)
  }
}
