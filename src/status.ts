/**
 * A visitor's status: the body of `GET /__waiting-room/status`, and the input of the waiting page.
 * Types and state names only: the line's rules are in `src/core`, the wording is in
 * `src/pages/wording.ts`.
 */
import type { QueueingMethod } from './core/rules.ts'

export type VisitorState =
  | 'waiting'
  | 'admitted'
  /** It is the visitor's turn, and the slot is held until somebody looks at the page. */
  | 'called'
  | 'expired'
  /** The place moved to another device. */
  | 'moved'
  /** The place was given up, in another copy of the ticket. */
  | 'left'
  | 'paused'
  | 'closed'
  | 'full'
  /** An event has not started: in its lobby, or while its draw is made. */
  | 'lobby'
  /** The event is over, and the room is closed. */
  | 'ended'
  /** Nobody is admitted any more. */
  | 'sold-out'

/**
 * States of the waiting page: the visitor's, and those that only the page distinguishes. Operators
 * may word each.
 */
export const PAGE_STATES = [
  'joining',
  'lobby',
  'drawing',
  'waiting',
  'almost',
  'paused',
  'full',
  'closed',
  'sold-out',
  'ended',
  'expired',
  'moved',
  'left',
  'lost',
  'called',
  'admitted',
] as const

export type PageState = (typeof PAGE_STATES)[number]

export interface Status {
  readonly state: VisitorState
  readonly room: string
  /**
   * The number that orders the line; null without a ticket (line full, or object unreachable before
   * the join). Entries of a draw get another one when it is made: see `EventStatus.entry`.
   */
  readonly number: number | null
  /** The lane that `number`, `position` and `waiting` are about. Absent: the regular line. */
  readonly lane?: string
  /** People ahead + 1; null when not waiting or unknown. */
  readonly position: number | null
  /** All people in the same line. */
  readonly waiting: number
  /**
   * Estimated wait in whole seconds; null when unknown (nobody was admitted from the line
   * recently).
   */
  readonly etaSeconds: number | null
  readonly etaLowSeconds: number | null
  readonly etaHighSeconds: number | null
  /**
   * ISO 8601 time of the join, and the position at that time, from which progress is measured.
   * Null: unknown.
   */
  readonly joinedAt: string | null
  readonly startPosition: number | null
  /** A visitor who is silent for longer than this loses the place. */
  readonly placeKeptSeconds: number
  /** The object is unreachable: these are the last known figures, and the place is kept. */
  readonly unreachable: boolean
  /** Delay until the next poll in whole seconds, 1 to 60. */
  readonly pollAfterSeconds: number
  /** The operator's message to everyone in line, as plain text; null without one. */
  readonly message: string | null
  /** Only in a closed room: ISO 8601 time at which it opens; null: unknown. */
  readonly opensAt?: string | null
  /** Only in the state `called`: ISO 8601 time until which the slot is held. */
  readonly enterBy?: string
  /** ISO 8601 time of the isolate that answers, beside the two above: corrects the clock. */
  readonly serverTime?: string
  /**
   * `queue_all` holds: everyone waits, and operators admit by hand. Absent: no. A pause is not
   * `queueAll` but a state.
   */
  readonly queueAll?: boolean
  /** The queueing method of the room. Absent: `fifo`. */
  readonly method?: QueueingMethod
  /** Too many joins from one address: this visitor gets a place a little later. */
  readonly limited?: boolean
  /** The event under way, or the one that has ended last. Absent: none. */
  readonly event?: EventStatus
  /** ISO 8601 time of the figures. */
  readonly updatedAt: string
}

export interface EventStatus {
  readonly name: string
  readonly phase: 'lobby' | 'drawing' | 'running' | 'ended'
  /** ISO 8601. */
  readonly startsAt: string
  readonly endsAt: string
  /** The places of the lobby are drawn at the start. */
  readonly draw: boolean
  /** The number that the ticket was issued with in a lobby with a draw; null: not in the draw. */
  readonly entry: number | null
  /** 1 is the first of the draw; null until it is made. */
  readonly rank: number | null
  /** How many took part in the draw; null until it is made. */
  readonly entries: number | null
  /** SHA-256 of the secret of the draw, in hex. */
  readonly commitment: string | null
  /** Path of the page about the draw. */
  readonly drawUrl: string | null
  /** ISO 8601 time of the isolate that answers, which corrects the clock of the device. */
  readonly serverTime: string
}

/** The body of `GET /status`. */
export interface PolledStatus extends Status {
  /**
   * False: the client sends its ticket in the header but not in the cookie, without which it cannot
   * enter the site.
   */
  readonly cookies: boolean
}
