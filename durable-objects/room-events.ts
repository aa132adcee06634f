/**
 * The events of a room's object: taken over from wrangler.toml, shown to operators and changed by
 * them, and handed to the line after each change.
 *
 * Owns when something is written. The rules of changes are in src/settings/event-changes.ts, the
 * table is in event-store.ts.
 */
import type { RoomEvent } from '../src/core/events.ts'
import { Line } from '../src/core/line.ts'
import type {
  EffectiveSettings,
  EventAnswer,
  EventCommand,
  EventDetails,
  EventLine,
  EventsView,
  EventView,
} from '../src/room/room-events.ts'
import { changedKeys, type EventStage, NOT_BEGUN } from '../src/settings/event-changes.ts'
import { lineRules, type RoomSettings } from '../src/settings/rooms.ts'
import { applyEventCommand, auditValues } from './event-commands.ts'
import { EventStore, isOverridden, type StoredEvent, tagOf } from './event-store.ts'
import { DEPLOYMENT, type RoomControls } from './room-controls.ts'

export class RoomEvents {
  private readonly store: EventStore
  private readonly controls: RoomControls

  constructor(sql: SqlStorage, controls: RoomControls) {
    this.store = new EventStore(sql)
    this.controls = controls
  }

  /** For the line. */
  get events(): readonly RoomEvent[] {
    return this.store.events
  }

  /** The room is removed, and its events with it. */
  clear(): void {
    for (const { id } of this.store.all) this.store.remove(id)
    this.store.save()
  }

  /** The line begins or was restored: takes over what was deployed since. */
  open(room: RoomSettings, line: EventLine, nowMs: number): void {
    this.store.load()
    line.setEvents(this.events)
    for (const { id, before, after } of this.store.deploy(room, stages(line), nowMs)) {
      const keys = changedKeys(before, after)
      this.controls.audit(
        DEPLOYMENT,
        'event-change',
        auditValues(id, before, keys),
        auditValues(id, after, keys),
        nowMs,
      )
    }
    line.setEvents(this.events)
    this.store.save()
  }

  /** @param line null: the room has no line, and nothing is written */
  view(room: RoomSettings, line: EventLine | null, nowMs: number): EventsView {
    const known = line ?? this.peek(room, nowMs)
    const { tag, all, refused } = this.store
    return { etag: tag, events: all.map((event) => viewOf(event, known)), refused }
  }

  details(room: RoomSettings, id: string, line: EventLine | null, nowMs: number): EventDetails | null {
    const known = line ?? this.peek(room, nowMs)
    const event = this.store.get(id)
    if (event === undefined) return null
    return { event: viewOf(event, known), effective: this.effective(event, room), ...known.drawOf(id) }
  }

  /** Call `record` once the line is stored. */
  change(
    command: EventCommand,
    room: RoomSettings,
    line: EventLine,
    who: string,
    nowMs: number,
  ): { readonly answer: EventAnswer; readonly record: (() => void) | null } {
    const { store: events, controls } = this
    const outcome = applyEventCommand(command, { room, events, stageOf: stages(line), controls, who, nowMs })
    if (outcome.state === 'refused') return { answer: outcome, record: null }
    line.setEvents(this.events)
    const event = events.get(outcome.id)
    const answer = { state: 'done', event: event === undefined ? null : viewOf(event, line) } as const
    return { answer, record: outcome.record }
  }

  /** The events of a room without a line, by the clock. */
  private peek(room: RoomSettings, nowMs: number): EventLine {
    this.store.load()
    this.store.deploy(room, () => NOT_BEGUN, nowMs)
    return Line.start(lineRules(room), 0, nowMs, this.events).course
  }

  private effective({ settings }: StoredEvent, room: RoomSettings): EffectiveSettings {
    const values = this.controls.values(room)
    const isPlanned = settings.new_users_per_minute !== null || (settings.rate_plan ?? []).length > 0
    return {
      total_active_users: settings.total_active_users ?? values.total_active_users,
      new_users_per_minute: settings.new_users_per_minute ?? values.new_users_per_minute,
      session_timeout_seconds: settings.session_timeout_seconds ?? room.session_timeout_seconds,
      queueing_method: settings.queueing_method ?? values.queueing_method,
      rate_plan: isPlanned ? settings.rate_plan : room.rate_plan,
      message: values.message ?? settings.message,
    }
  }
}

function stages(line: EventLine): (id: string) => EventStage {
  return (id) => ({ phase: line.phaseOf(id), isCommitted: line.isCommitted(id), isFrozen: line.isFrozen(id) })
}

function viewOf(event: StoredEvent, line: EventLine): EventView {
  const { id, settings, atMs, by, deployed } = event
  const source = deployed === null ? 'api' : isOverridden(event) ? 'override' : 'deployed'
  return { id, etag: tagOf(event), phase: line.phaseOf(id), source, atMs, by, settings }
}
