/**
 * Everything known about one ticket, for operators who are asked "what happened to number 4711?".
 * The state is always known. The time of admission and the reason of the end are known while the
 * journal holds them (the last events since the object started).
 */

import type { JournalEntry } from './journal.ts'
import { laneNumber, REGULAR } from './lanes.ts'
import type { Line } from './line.ts'
import { State, type StateName, stateName } from './ticket-state.ts'
import { joinedSeconds } from './wait-times.ts'

export interface TicketReport {
  readonly run: number
  readonly number: number
  /** The lane, and the number within it, which its page shows. Missing: the regular line. */
  readonly lane?: string
  readonly laneNumber?: number
  readonly state: StateName
  /** Position in its lane, null for a ticket that does not wait. */
  readonly position: number | null
  /**
   * Wall-clock ms: exact if the journal has it, else from the join times (one per 64 numbers).
   * Null: unknown.
   */
  readonly joinedMs: number | null
  readonly admitted: 'yes' | 'no' | 'unknown'
  /** Null: never, or unknown. */
  readonly admittedMs: number | null
  /** Why the ticket is gone; null for a live one. */
  readonly ended: 'left' | 'revoked' | 'expired' | 'forgotten' | 'missed' | 'ended' | 'unknown' | null
  readonly endedMs: number | null
  /** The events still in the journal, oldest first. */
  readonly events: readonly JournalEntry[]
}

/**
 * By the issued number, which visitors know. Null for one that was never issued in this run, or is
 * lent and has no visitor yet.
 */
export function ticketReport(line: Line, issued: number): TicketReport | null {
  const { tickets } = line
  if (!line.numbers.isIssued(issued)) return null
  const number = line.course.lineNumber(issued)
  if (line.lending.isLent(number)) return null
  const state = tickets.stateOf(number)
  const events = line.journal.of(number)
  const joined = events.find(({ event }) => event === 'joined')
  const admission = events.findLast(({ event }) => event === 'admitted')
  // The last event of a gone ticket is its end: the journal drops the oldest first.
  const ending = state === State.gone ? events.at(-1) : undefined
  const seconds = joinedSeconds(tickets, number)
  return {
    run: line.run,
    number: issued,
    ...laneOf(line, issued),
    state: stateName(state),
    position: state === State.waiting ? tickets.waitingBefore(number) + 1 : null,
    joinedMs: joined?.atMs ?? (seconds === null ? null : seconds * 1000),
    admitted: wasAdmitted(line, number, state, admission !== undefined, joined !== undefined),
    admittedMs: admission?.atMs ?? null,
    ended: state === State.gone ? ((ending?.event as TicketReport['ended']) ?? 'unknown') : null,
    endedMs: ending?.atMs ?? null,
    events: events.map((entry) => ({ ...entry, number: issued })),
  }
}

function laneOf({ numbers }: Line, issued: number): Pick<TicketReport, 'lane' | 'laneNumber'> {
  const index = numbers.indexOf(issued)
  return index === REGULAR ? {} : { lane: numbers.of(index).name, laneNumber: laneNumber(issued) }
}

/**
 * From the frontier on nobody was admitted. For lower numbers that wait or are gone, only the
 * journal knows.
 */
function wasAdmitted(
  { numbers }: Line,
  number: number,
  state: State,
  isNoted: boolean,
  isComplete: boolean,
): TicketReport['admitted'] {
  if (isNoted || state === State.offered || state === State.active) return 'yes'
  return !numbers.isBelowFrontier(number) || isComplete ? 'no' : 'unknown'
}
