/**
 * The events of a room in the object's storage: those of operators, and those of wrangler.toml as
 * they were last deployed.
 *
 * An operator's change of a deployed event holds until the deployed event changes, or until it is
 * deleted. A deploy cannot be refused, so a deployed change that would break a promise to visitors,
 * or that overlaps another event, is not put in force: `refused` names it. Changes are made in
 * memory; `save` stores them. Two events in force never overlap.
 */
import type { RoomEvent } from '../src/core/events.ts'
import { hexOf } from '../src/core/hex.ts'
import { logWarning } from '../src/log/log.ts'
import { brokenPromises, type EventStage, refusedChange } from '../src/settings/event-changes.ts'
import {
  EVENTS_MAX,
  type EventSettings,
  type IdentifiedEvent,
  identified,
  overlapProblem,
  slugOf,
  timesOf,
  toRoomEvent,
} from '../src/settings/event-schema.ts'
import type { RoomSettings } from '../src/settings/room-schema.ts'
import { isUsed, migrate } from './migrations.ts'
import { DEPLOYMENT, tagHash } from './room-controls.ts'

/** Ended events are kept this long. */
const ENDED_KEPT_MS = 90 * 24 * 3600 * 1000

/** The room is full of events that have not ended. */
export const NO_PLACE = `The room has ${EVENTS_MAX} events that have not ended: delete one of them first`

const SECRET_BYTES = 32
const ID_RANDOM_BYTES = 3

export interface StoredEvent extends IdentifiedEvent {
  /** See `RoomEvent`. */
  readonly secret: string
  /** The hash of the deployed settings that this event was made of; null: not of wrangler.toml. */
  readonly deployed: string | null
  readonly atMs: number
  readonly by: string
}

/** A deployed event that replaced an operator's change. */
export interface ReplacedEvent {
  readonly id: string
  readonly before: EventSettings
  readonly after: EventSettings
}

export class EventStore {
  /** Deployed changes that are not in force, and why. */
  refused: { readonly id: string; readonly problem: string }[] = []
  private readonly sql: SqlStorage
  private byId = new Map<string, StoredEvent>()
  /** Ids whose row differs from `byId`. */
  private readonly unsaved = new Set<string>()

  constructor(sql: SqlStorage) {
    this.sql = sql
  }

  /** By ascending time. */
  get all(): readonly StoredEvent[] {
    return [...this.byId.values()].sort((a, b) => timesOf(a.settings).fromMs - timesOf(b.settings).fromMs)
  }

  get(id: string): StoredEvent | undefined {
    return this.byId.get(id)
  }

  /** For the line. */
  get events(): readonly RoomEvent[] {
    return this.all.map(({ id, settings, secret }) => toRoomEvent(settings, id, secret))
  }

  /** Changes with every change of any event. */
  get tag(): string {
    return tagHash(this.all.map((event) => `${event.id} ${tagOf(event)}`).join())
  }

  /** All events but one. */
  except(id: string): readonly StoredEvent[] {
    return this.all.filter((event) => event.id !== id)
  }

  /** Reads the stored events. */
  load(): void {
    this.byId.clear()
    this.unsaved.clear()
    if (!isUsed(this.sql)) return
    migrate(this.sql)
    for (const row of this.sql.exec('SELECT * FROM events')) {
      this.byId.set(row.id as string, {
        id: row.id as string,
        settings: JSON.parse(row.settings as string) as EventSettings,
        secret: row.secret as string,
        deployed: row.deployed as string | null,
        atMs: row.at_ms as number,
        by: row.who as string,
      })
    }
  }

  /**
   * Takes over the events of wrangler.toml. Returns those that replaced an operator's change.
   * @param stageOf how far a stored event is
   */
  deploy(room: RoomSettings, stageOf: (id: string) => EventStage, nowMs: number): readonly ReplacedEvent[] {
    this.refused = []
    const deployed = new Map(identified(room.events).map((event) => [event.id, event]))
    const before = new Map(this.byId)
    for (const [id, event] of before) {
      const kept = this.afterDeploy(event, deployed.get(id), stageOf(id), room.name)
      if (kept === null) this.remove(id)
      else if (kept !== event) this.put(kept)
    }
    this.forgetEnded(nowMs)
    for (const { id, settings } of deployed.values()) {
      if (this.byId.has(id)) continue
      const problem = this.isFull ? NO_PLACE : overlapProblem(settings, this.all)?.problem
      if (problem !== undefined) this.refuse(room.name, id, problem)
      else {
        const secret = before.get(id)?.secret ?? randomHex(SECRET_BYTES)
        this.put({ id, settings, secret, deployed: hashOf(settings), atMs: nowMs, by: DEPLOYMENT })
      }
    }
    return [...before.values()].filter(isOverridden).flatMap(({ id, settings }) => {
      const after = this.byId.get(id)
      return after === undefined || isOverridden(after) ? [] : [{ id, before: settings, after: after.settings }]
    })
  }

  /** A stored event after a deploy; null: the deployed one replaces it. */
  private afterDeploy(
    event: StoredEvent,
    next: IdentifiedEvent | undefined,
    stage: EventStage,
    room: string,
  ): StoredEvent | null {
    if (next === undefined) {
      if (event.deployed === null) return event
      const isNeeded = stage.phase === 'ended' || [...brokenPromises(event.settings, null, stage)].length > 0
      return isNeeded ? { ...event, deployed: null } : null
    }
    if (event.deployed === hashOf(next.settings)) return event
    const operators = this.except(event.id).filter((other) => other.deployed === null || isOverridden(other))
    const [refused] = refusedChange(event.settings, next.settings, stage, operators)
    if (refused === undefined) return null
    this.refuse(room, event.id, `${refused.key} ${refused.problem}`.trim())
    return event
  }

  private refuse(room: string, id: string, problem: string): void {
    this.refused.push({ id, problem })
    logWarning('deployed_event_refused', { room, eventId: id, problem })
  }

  put(event: StoredEvent): void {
    this.byId.set(event.id, event)
    this.unsaved.add(event.id)
  }

  remove(id: string): void {
    this.byId.delete(id)
    this.unsaved.add(id)
  }

  /** An operator's new event; null: the room has no place for it. */
  create(settings: EventSettings, nowMs: number, by: string): StoredEvent | null {
    this.forgetEnded(nowMs)
    if (this.isFull) return null
    let id: string
    do id = `${slugOf(settings.name)}-${randomHex(ID_RANDOM_BYTES)}`
    while (this.byId.has(id))
    const event = { id, settings, secret: randomHex(SECRET_BYTES), deployed: null, atMs: nowMs, by }
    this.put(event)
    return event
  }

  private get isFull(): boolean {
    return this.byId.size >= EVENTS_MAX
  }

  /** Forgets events that ended long ago and, in a full room, the one that ended first. */
  private forgetEnded(nowMs: number): void {
    const endOf = ({ settings }: StoredEvent) => timesOf(settings).endAtMs
    const ended = this.all.filter((event) => event.deployed === null && endOf(event) <= nowMs)
    for (const event of ended.sort((a, b) => endOf(a) - endOf(b))) {
      if (this.isFull || nowMs - endOf(event) > ENDED_KEPT_MS) this.remove(event.id)
    }
  }

  /** Stores the changes. */
  save(): void {
    if (this.unsaved.size === 0) return
    migrate(this.sql)
    for (const id of this.unsaved) {
      const event = this.byId.get(id)
      if (event === undefined) this.sql.exec('DELETE FROM events WHERE id = ?', id)
      else {
        this.sql.exec(
          'INSERT OR REPLACE INTO events (id, settings, secret, deployed, at_ms, who) VALUES (?, ?, ?, ?, ?, ?)',
          id,
          JSON.stringify(event.settings),
          event.secret,
          event.deployed,
          event.atMs,
          event.by,
        )
      }
    }
    this.unsaved.clear()
  }
}

/** An operator has changed a deployed event. */
export function isOverridden({ deployed, settings }: StoredEvent): boolean {
  return deployed !== null && deployed !== hashOf(settings)
}

/**
 * Changes with every change of the event. That of a deployed event has no time: a room without a
 * line takes the event over at each call.
 */
export function tagOf(event: StoredEvent): string {
  const hash = hashOf(event.settings)
  return event.deployed === hash ? hash : `${event.atMs.toString(36)}-${hash}`
}

/** Values that are off do not count, so that a new key with such a default changes nothing. */
function hashOf(settings: EventSettings): string {
  return tagHash(JSON.stringify(settings, (_, value) => (value === null || value === false ? undefined : value)))
}

function randomHex(bytes: number): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(bytes)))
}
