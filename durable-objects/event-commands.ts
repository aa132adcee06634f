/**
 * The commands of operators for events. Each changes the events in memory. Stores nothing: the
 * object does, in one write.
 */

import type { AuditValues } from '../src/room/audit-entry.ts'
import type { EventAnswer, EventCommand } from '../src/room/room-events.ts'
import {
  brokenPromises,
  type ChangeProblem,
  changedKeys,
  delayed,
  type EventStage,
  invalidKeys,
  NOT_BEGUN,
  refusedChange,
  startedNow,
} from '../src/settings/event-changes.ts'
import { type EventKey, type EventSettings, identified } from '../src/settings/event-schema.ts'
import type { RoomSettings } from '../src/settings/room-schema.ts'
import { type EventStore, isOverridden, NO_PLACE, type StoredEvent, tagOf } from './event-store.ts'
import type { RoomControls } from './room-controls.ts'

const MINUTE_MS = 60_000

export interface EventContext {
  readonly room: RoomSettings
  readonly events: EventStore
  /** How far an event has progressed. */
  readonly stageOf: (id: string) => EventStage
  readonly controls: RoomControls
  readonly who: string
  readonly nowMs: number
}

type Refused = Exclude<EventAnswer, { state: 'done' }>

/** `record`: writes everything besides the line, once the line is stored. */
type Outcome = Refused | { readonly state: 'done'; readonly id: string; readonly record: () => void }

/** The line's event has begun. After a command the line still has to be given the events. */
export function applyEventCommand(command: EventCommand, context: EventContext): Outcome {
  const { events } = context
  if (command.kind === 'create') return outdatedTag(command, events.tag) ?? create(command.settings, context)
  const event = events.get(command.id)
  if (event === undefined) return { state: 'refused', why: 'no-such-event' }
  const outdated = outdatedTag(command, tagOf(event))
  if (outdated !== null) return outdated
  const stage = context.stageOf(event.id)
  switch (command.kind) {
    case 'replace':
      return change('event-change', event, command.settings, stage, context)
    case 'change':
      return change('event-change', event, { ...event.settings, ...command.patch } as EventSettings, stage, context)
    case 'delete':
      return remove(event, stage, context)
    case 'start':
      return start(event, stage, context)
    case 'delay':
      return delay(event, command.minutes, stage, context)
  }
}

function outdatedTag({ etag: sent }: EventCommand, etag: string): Refused | null {
  return sent === null || sent.includes(etag) ? null : { state: 'refused', why: 'changed-meanwhile', etag }
}

function create(settings: EventSettings, { room, events, controls, who, nowMs }: EventContext): Outcome {
  const invalid = invalidKeys(null, settings, room.check_interval_seconds, nowMs)
  if (invalid.length > 0) return { state: 'refused', why: 'invalid', problems: invalid }
  const refused = refusedChange(null, settings, NOT_BEGUN, events.all)
  if (refused.length > 0) return conflict(...refused)
  const event = events.create(settings, nowMs, who)
  if (event === null) return conflict({ key: '', problem: NO_PLACE })
  const record = () => {
    events.save()
    controls.audit(who, 'event-create', {}, auditValues(event.id, settings, setKeys(settings)), nowMs)
  }
  return { state: 'done', id: event.id, record }
}

function change(
  action: string,
  event: StoredEvent,
  settings: EventSettings,
  stage: EventStage,
  context: EventContext,
): Outcome {
  const invalid = invalidKeys(event.settings, settings, context.room.check_interval_seconds, context.nowMs)
  if (invalid.length > 0) return { state: 'refused', why: 'invalid', problems: invalid }
  return put(action, event, settings, stage, context)
}

/** Puts settings in force unless they break a promise or overlap another event. */
function put(
  action: string,
  event: StoredEvent,
  settings: EventSettings,
  stage: EventStage,
  { events, controls, who, nowMs }: EventContext,
): Outcome {
  const { id, settings: before } = event
  const refused = refusedChange(before, settings, stage, events.except(id))
  if (refused.length > 0) return conflict(...refused)
  events.put({ ...event, settings, atMs: nowMs, by: who })
  const record = () => {
    events.save()
    const keys = changedKeys(before, settings)
    controls.audit(who, action, auditValues(id, before, keys), auditValues(id, settings, keys), nowMs)
  }
  return { state: 'done', id, record }
}

/** A deployed event that an operator has changed is restored. */
function remove(event: StoredEvent, stage: EventStage, context: EventContext): Outcome {
  const { room, events, controls, who, nowMs } = context
  const deployed = identified(room.events).find(({ id }) => id === event.id)
  if (deployed !== undefined && isOverridden(event)) {
    return change('event-delete', event, deployed.settings, stage, context)
  }
  const remedy = 'Set suspended = true, or remove it from wrangler.toml'
  if (deployed !== undefined) return conflict({ key: '', problem: `The event is part of the deployment. ${remedy}` })
  const broken = [...brokenPromises(event.settings, null, stage)]
  if (broken.length > 0) return conflict(...broken)
  events.remove(event.id)
  const record = () => {
    events.save()
    const before = auditValues(event.id, event.settings, setKeys(event.settings))
    controls.audit(who, 'event-delete', before, { event: event.id, name: null }, nowMs)
  }
  return { state: 'done', id: event.id, record }
}

function start(event: StoredEvent, stage: EventStage, context: EventContext): Outcome {
  const { settings } = event
  if (settings.suspended) return conflict({ key: 'suspended', problem: 'is true: set it to false first' })
  const isLobbyOpen = stage.phase !== 'none'
  if (!isLobbyOpen && settings.shuffle_at_event_start) {
    const problem = 'is true, but the lobby has not opened: there is nobody to draw. Set it to false first'
    return conflict({ key: 'shuffle_at_event_start', problem })
  }
  return put('event-start', event, startedNow(settings, context.nowMs, isLobbyOpen), stage, context)
}

function delay(event: StoredEvent, minutes: number, stage: EventStage, context: EventContext): Outcome {
  const isLobbyOpen = stage.phase !== 'none' || stage.isCommitted
  return change('event-delay', event, delayed(event.settings, minutes * MINUTE_MS, isLobbyOpen), stage, context)
}

function conflict(...problems: readonly ChangeProblem[]): Refused {
  return { state: 'refused', why: 'conflict', problems }
}

/** Keys that have a value. */
function setKeys(settings: EventSettings): EventKey[] {
  return (Object.keys(settings) as EventKey[]).filter((key) => settings[key] !== null && settings[key] !== false)
}

/** Values for the audit, which are plain. */
export function auditValues(id: string, settings: EventSettings, keys: readonly EventKey[]): AuditValues {
  const values = keys.map((key) => {
    const value = settings[key]
    return [key, typeof value === 'object' && value !== null ? JSON.stringify(value) : value] as const
  })
  return { event: id, ...Object.fromEntries(values) }
}
