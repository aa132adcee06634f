/**
 * The line of a room, in memory and in storage: one event at a time, whose changes are durable
 * before it is answered.
 *
 * If memory could differ from storage (a broken invariant, a failed write) the object aborts, and
 * the next event starts from storage.
 */
import { Line } from '../src/core/line.ts'
import type { LineRules } from '../src/core/rules.ts'
import { SnapshotCache } from '../src/core/snapshot.ts'
import { logError } from '../src/log/log.ts'
import { abortReason } from '../src/room/call-errors.ts'
import type { RetiredRoom, RoomDocument } from '../src/room/room-object.ts'
import { lineRules, type RoomSettings } from '../src/settings/rooms.ts'
import type { AccessStore } from './access-store.ts'
import { DrawBeacon } from './draw-beacon.ts'
import type { LineStore } from './line-store.ts'
import type { RoomClockwork } from './room-clockwork.ts'
import type { RoomControls } from './room-controls.ts'
import type { RoomEvents } from './room-events.ts'
import type { RoomSource } from './room-source.ts'

/** The parts of the object that change together with the line. */
interface LineParts {
  readonly source: RoomSource
  readonly store: LineStore
  readonly clockwork: RoomClockwork
  readonly controls: RoomControls
  readonly access: AccessStore
  readonly roomEvents: RoomEvents
}

export class RoomLine {
  /** Null: nobody has come yet. */
  line: Line | null = null
  room = ''
  readonly snapshot = new SnapshotCache()
  private readonly ctx: DurableObjectState
  private readonly source: RoomSource
  private readonly store: LineStore
  private readonly clockwork: RoomClockwork
  private readonly controls: RoomControls
  private readonly access: AccessStore
  private readonly roomEvents: RoomEvents
  private readonly beacon: DrawBeacon

  constructor(ctx: DurableObjectState, parts: LineParts) {
    this.ctx = ctx
    this.source = parts.source
    this.store = parts.store
    this.clockwork = parts.clockwork
    this.controls = parts.controls
    this.access = parts.access
    this.roomEvents = parts.roomEvents
    this.beacon = new DrawBeacon(ctx, (work) => this.publicRandomness(work))
    this.snapshot.settingsVersion = this.source.version
    this.load(Date.now())
  }

  /** Takes the line from storage, with the current rules. */
  private load(nowMs: number): void {
    const stored = this.store.load()
    if (stored === null) return
    this.room = stored.room
    this.controls.load(this.deployed, nowMs)
    this.clockwork.alarmAtMs = stored.alarmAtMs
    this.line = Line.restore(this.rules(), stored.line, stored.line.head.clock.touchedMs)
    this.line.holders.restore(this.access.moved(this.line.run))
    this.openEvents(this.line, nowMs)
  }

  /** Runs one event of the line. */
  event<T>(room: string, work: (line: Line, nowMs: number) => T): T {
    return this.guarded(room, (nowMs) => work(this.line ?? this.open(room, nowMs), nowMs))
  }

  /**
   * Reads the clock, once per event. After a failure the object aborts, so half-changed memory is
   * never used.
   */
  guarded<T>(room: string, work: (nowMs: number) => T): T {
    const nowMs = Date.now()
    try {
      return work(nowMs)
    } catch (error) {
      logError('room_aborted', error, { room }, 'at_next_start')
      this.ctx.abort(abortReason(error))
      throw error
    }
  }

  private open(room: string, nowMs: number): Line {
    this.room = room
    const line = Line.start(this.rules(), nowMs, nowMs)
    this.line = line
    this.openEvents(line, nowMs)
    return line
  }

  private openEvents(line: Line, nowMs: number): void {
    if (this.deployed !== undefined) this.roomEvents.open(this.deployed, line.course, nowMs)
  }

  /** Undefined: the room is no longer in the settings. */
  private get deployed(): RoomSettings | undefined {
    return this.source.of(this.room)
  }

  rules(): LineRules {
    const { deployed } = this
    return lineRules(deployed, deployed && this.controls.values(deployed))
  }

  /** Makes the changes of an event durable: verifies the invariants, then writes once. */
  commit(line: Line, nowMs: number, everything: boolean): void {
    line.verify()
    const alarmBefore = this.clockwork.alarmAtMs
    this.clockwork.keepAlarm(this.room, line, nowMs)
    const changes = line.takeChanges(everything)
    const { alarmAtMs } = this.clockwork
    if (changes !== null) this.store.write(this.room, alarmAtMs, changes)
    else if (alarmAtMs !== alarmBefore) this.store.writeAlarm(alarmAtMs)
    this.clockwork.startChains(this.room, line, nowMs)
    this.beacon.follow(this.room, line, this.deployed?.draw_beacon, nowMs)
  }

  /** The beacon was read. */
  private publicRandomness(work: (line: Line) => void): void {
    this.event(this.room, (line, nowMs) => {
      line.beginInternalEvent(nowMs)
      work(line)
      line.admit()
      this.commit(line, nowMs, true)
    })
  }

  /** Replaces the line, in storage as well. */
  replace(line: Line): void {
    this.line = line
    this.store.clear()
    this.access.clear()
    this.clockwork.reset()
  }

  /** Takes a document over: the line goes on under its rules. */
  adopt(room: string, document: RoomDocument): void {
    const settings = this.source.read(room, document)
    this.guarded(room, (nowMs) => {
      const { line } = this
      const before = this.source.version
      line?.beginInternalEvent(nowMs)
      if (line !== null) this.commit(line, nowMs, true)
      this.source.take(settings, document)
      this.snapshot.settingsVersion = document.version
      this.snapshot.clear()
      const { by, version, draining } = document
      this.controls.audit(by, 'document', { version: before }, { version, draining }, nowMs)
      // As after a deploy: the line goes on from storage, under the new rules.
      this.load(nowMs)
      if (this.line === null) return
      this.line.beginInternalEvent(nowMs)
      this.line.admit()
      this.commit(this.line, nowMs, true)
    })
  }

  /** Removes the room, unless people are in it and that is not `isForced`. */
  retire(room: string, version: number, isForced: boolean): RetiredRoom {
    return this.guarded(room, (nowMs) => this.retireAt(room, version, isForced, nowMs))
  }

  private retireAt(room: string, version: number, isForced: boolean, nowMs: number): RetiredRoom {
    const { line } = this
    if (line === null) {
      this.source.drop(room, version)
      return { state: 'gone' }
    }
    line.beginInternalEvent(nowMs)
    const { waiting, occupied } = line.tickets
    this.commit(line, nowMs, true)
    if (!isForced && waiting + occupied > 0) return { state: 'occupied', waiting, active: occupied }
    this.source.drop(room, version)
    this.snapshot.clear()
    const empty = Line.start(this.rules(), Math.max(line.run + 1, nowMs), nowMs)
    this.replace(empty)
    this.controls.clear()
    this.roomEvents.clear()
    this.commit(empty, nowMs, true)
    return { state: 'gone' }
  }
}
