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
  /** When to ask again, whole seconds, 1 to 60. */
  readonly pollAfterSeconds: number
  /** A sentence for the visitor, plain text, null when there is nothing to say. */
  readonly message: string | null
  /** ISO 8601 time of the figures. */
  readonly updatedAt: string
}
