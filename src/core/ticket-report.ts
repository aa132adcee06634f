/**
 * What is known of one ticket, for the operator who is asked "what became of number 4711?". Its state is always known; when
 * it was admitted and why it ended only as long as the journal remembers (its last events, since the object's memory began).
 */

import type { JournalEntry } from './journal.ts'
import type { Line } from './line.ts'
import { State, type StateName, stateName } from './ticket-state.ts'
import { joinedSeconds } from './wait-times.ts'

export interface TicketReport {
  readonly run: number
  readonly number: number
  readonly state: StateName
  /** People ahead + 1, null for who does not wait. */
  readonly position: number | null
  /** Wall-clock ms; exact where the journal has it, else from the join times (one per 64 numbers). Null: not kept. */
  readonly joinedMs: number | null
  readonly admitted: 'yes' | 'no' | 'unknown'
  /** Null: never, or not kept. */
  readonly admittedMs: number | null
  /** Why the stay is over; null for one that is not. */
  readonly ended: 'left' | 'revoked' | 'expired' | 'forgotten' | 'ended' | 'unknown' | null
  readonly endedMs: number | null
  /** What the journal still has of it, oldest first. */
  readonly events: readonly JournalEntry[]
}

/** Null for a number that was never handed out in this run. */
export function ticketReport(line: Line, number: number): TicketReport | null {
  const { tickets } = line
  if (number < 1 || number >= tickets.next) return null
  const state = tickets.stateOf(number)
  const events = line.journal.of(number)
  const joined = events.find(({ event }) => event === 'joined')
  const admission = events.findLast(({ event }) => event === 'admitted')
  // The last event of who is gone is the end of the stay: the journal forgets the oldest first.
  const ending = state === State.gone ? events.at(-1) : undefined
  const seconds = joinedSeconds(tickets, number, line.lastJoinSeconds)
  return {
    run: line.run,
    number,
    state: stateName(state),
    position: state === State.waiting ? tickets.waitingBefore(number) + 1 : null,
    joinedMs: joined?.atMs ?? (seconds === null ? null : seconds * 1000),
    admitted: wasAdmitted(line, number, state, admission !== undefined, joined !== undefined),
    admittedMs: admission?.atMs ?? null,
    ended: state === State.gone ? ((ending?.event as TicketReport['ended']) ?? 'unknown') : null,
    endedMs: ending?.atMs ?? null,
    events,
  }
}

/** From the frontier on nobody was admitted; of lower numbers that wait or are gone only the journal can tell. */
function wasAdmitted(
  { frontier }: Line,
  number: number,
  state: State,
  isNoted: boolean,
  isComplete: boolean,
): TicketReport['admitted'] {
  if (isNoted || state === State.offered || state === State.active) return 'yes'
  return number >= frontier || isComplete ? 'no' : 'unknown'
}
