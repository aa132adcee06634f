/** The events of a room, as they cross between its object and the operators' API. */
import type { EventPhase, RoomEvent } from '../core/events.ts'
import type { EventPatch, EventSettings, IdentifiedEvent } from '../settings/event-schema.ts'

export interface RoomEventsObject {
  events(room: string): EventsView
  /** Null: there is no such event. */
  eventDetails(room: string, id: string): EventDetails | null
  /** Runs an operator's command. Its effect and its audit entry are stored before the answer. */
  changeEvents(room: string, command: EventCommand, who: string): EventAnswer
}

export interface EventView extends IdentifiedEvent {
  /** Changes with every change of the settings. */
  readonly etag: string
  readonly phase: EventPhase
  /** `override`: an operator has changed a deployed event. */
  readonly source: 'api' | 'deployed' | 'override'
  /** The last change: when, and by whom. */
  readonly atMs: number
  readonly by: string
}

export interface EventsView {
  /** Changes with every change of any event. */
  readonly etag: string
  /** By ascending time. */
  readonly events: readonly EventView[]
  /** Changes of wrangler.toml that are not in force, and why. */
  readonly refused: readonly { readonly id: string; readonly problem: string }[]
}

export interface EventDetails extends EventDraw {
  readonly event: EventView
  /** The settings in force during the event: inherited ones are those of the room now. */
  readonly effective: EffectiveSettings
}

export interface EventDraw {
  /** Null: not published yet, or the event has no draw. */
  readonly commitment: string | null
  /** The public record of the draw; null: it is not made. */
  readonly draw: object | null
}

export type EffectiveSettings = Pick<
  EventSettings,
  | 'total_active_users'
  | 'new_users_per_minute'
  | 'session_timeout_seconds'
  | 'queueing_method'
  | 'rate_plan'
  | 'message'
>

/** `etag`: refused unless one of these is the current tag; null: no condition. */
export type EventCommand = { readonly etag: readonly string[] | null } & (
  | { readonly kind: 'create'; readonly settings: EventSettings }
  | { readonly kind: 'replace'; readonly id: string; readonly settings: EventSettings }
  | { readonly kind: 'change'; readonly id: string; readonly patch: EventPatch }
  | { readonly kind: 'delete' | 'start'; readonly id: string }
  | { readonly kind: 'delay'; readonly id: string; readonly minutes: number }
)

export type EventAnswer =
  /** `event`: null when it was deleted. */
  | { readonly state: 'done'; readonly event: EventView | null }
  | { readonly state: 'refused'; readonly why: 'no-such-event' }
  | { readonly state: 'refused'; readonly why: 'changed-meanwhile'; readonly etag: string }
  | ({ readonly state: 'refused' } & EventRefusal)

/** `invalid`: bad at any time. `conflict`: with the state of this event, or with another one. */
export interface EventRefusal {
  readonly why: 'invalid' | 'conflict'
  readonly problems: readonly { readonly key: string; readonly problem: string }[]
}

/** The line, as far as its events are concerned. */
export interface EventLine {
  setEvents(events: readonly RoomEvent[]): void
  /** `none` for an event that is unknown, suspended or still to come. */
  phaseOf(id: string): EventPhase
  /** The draw's commitment has been published. */
  isCommitted(id: string): boolean
  /** The entries of the draw are frozen. */
  isFrozen(id: string): boolean
  drawOf(id: string): EventDraw
}
