/**
 * What a visitor is told about the line: the body of `GET /__waiting-room/status`, and what the waiting page shows.
 * Owns the shape only; the line's rules are in `src/core`, the wording is in the page.
 */

export type VisitorState = 'waiting' | 'admitted' | 'expired' | 'paused' | 'closed' | 'full'

export interface Status {
  readonly state: VisitorState
  readonly room: string
  /** The ticket's number, null when the visitor has none (line full, object out of reach before joining). */
  readonly number: number | null
  /** People ahead + 1, null when not waiting or not known. */
  readonly position: number | null
  /** People in the line, all of them. */
  readonly waiting: number
  /** Estimated wait in whole seconds, null when it is not known (nobody was admitted from the line recently). */
  readonly etaSeconds: number | null
  readonly etaLowSeconds: number | null
  readonly etaHighSeconds: number | null
  /** When the visitor joined, ISO 8601, and at which position: where progress starts. Null: not known. */
  readonly joinedAt: string | null
  readonly startPosition: number | null
  /** Who is silent for longer than this loses the place. */
  readonly placeKeptSeconds: number
  /** The line cannot be asked right now: these are the last figures known, and the place is kept. */
  readonly unreachable: boolean
  /** When to ask again, whole seconds, 1 to 60. */
  readonly pollAfterSeconds: number
  /** The operator's message to everyone in line, plain text, null when there is none. */
  readonly message: string | null
  /** ISO 8601, when a closed room opens; null: not known. Only of a closed room. */
  readonly opensAt?: string | null
  /** Everyone waits, newcomers too, and operators admit by hand (`queue_all`); missing: no. A pause is a state of its own. */
  readonly queueAll?: boolean
  /** Too many newcomers from one address at once: this one gets a place a little later. */
  readonly limited?: boolean
  /** ISO 8601 time of the figures. */
  readonly updatedAt: string
}

/** The body of `GET /status`. */
export interface PolledStatus extends Status {
  /** False: the client sends its ticket in the header, but not the cookie that we set, without which nobody gets to the site. */
  readonly cookies: boolean
}
