/**
 * Counts the end of a stay as a visitor who gave up in line, as a no-show, or as a session of some
 * length. Must be called before the ticket moves.
 *
 * A visitor who falls silent in line has given up once the reclaim grace is over; until then the
 * place can be reclaimed. Visitors whom an operator removed, or who lost their place because they
 * returned too often, have not given up.
 */
import { JOIN_BLOCK_SIZE, SEGMENT_SIZE } from './limits.ts'
import type { EndEvent } from './line-record.ts'
import type { LineState } from './line-state.ts'
import { observes } from './rules.ts'
import type { Segment } from './segment.ts'
import { ADMITTED_FLAG, STATE_MASK, State } from './ticket-state.ts'
import { type JoinBlock, joinBlock, joinedInBlock, joinedSeconds } from './wait-times.ts'

/** A ticket ends by an event other than silence. */
export function noteEnd(line: LineState, number: number, event: EndEvent): void {
  const { tickets, clock, record } = line
  const segment = tickets.segmentOf(number)
  if (segment === undefined) return
  const offset = number % SEGMENT_SIZE
  const byte = segment.states[offset] as number
  const state = byte & STATE_MASK
  if (observes(line.rules)) {
    noteStay(line, number, state, record.nowSeconds)
    return
  }
  if (state === State.active) noteSession(line, segment, offset, clock.nowSeconds)
  if (event !== 'left' && event !== 'missed') return
  if (state === State.offered) record.totals.noShows++
  if (!isInLine(byte)) return
  const joined = joinedSeconds(tickets, number)
  if (joined !== null) record.distributions.abandonedWaits.push(goneSeconds(line, segment, offset) - joined)
}

/**
 * Counts the tickets of a segment that have been silent for too long (ascending offsets). Works by
 * segment, as one tick may find a million.
 * @param after by state: what becomes of them
 */
export function noteSilent(line: LineState, segment: Segment, offsets: Uint16Array, after: Uint8Array): void {
  const { tickets, record, rules, clock } = line
  const first = segment.index * SEGMENT_SIZE
  let block: JoinBlock | null = null
  let blockEnd = 0
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i] as number
    const byte = segment.states[offset] as number
    const state = byte & STATE_MASK
    if (observes(rules)) {
      const silentSeconds = Math.max(0, clock.nowSeconds - (segment.heard[offset] as number))
      noteStay(line, first + offset, state, record.nowSeconds - silentSeconds)
      continue
    }
    if (state === State.active) noteSession(line, segment, offset, segment.heard[offset] as number)
    else if (state === State.offered) record.totals.noShows++
    if (!isInLine(byte) || ((after[state] as number) & STATE_MASK) !== State.gone) continue
    const number = first + offset
    if (number >= blockEnd) {
      block = joinBlock(tickets, number)
      blockEnd = number - (number % JOIN_BLOCK_SIZE) + JOIN_BLOCK_SIZE
    }
    if (block !== null)
      record.distributions.abandonedWaits.push(goneSeconds(line, segment, offset) - joinedInBlock(block, number))
  }
}

/** Waiting, or silent since it waited. */
function isInLine(byte: number): boolean {
  const state = byte & STATE_MASK
  return state === State.waiting || (state === State.absent && (byte & ADMITTED_FLAG) === 0)
}

/** Wall-clock time at which a ticket in line ended or was found silent. */
function goneSeconds({ clock, record }: LineState, segment: Segment, offset: number): number {
  const isAbsent = segment.stateAt(offset) === State.absent
  // A restore sets the time to one that lies ahead.
  const agoSeconds = isAbsent ? Math.max(0, clock.nowSeconds - (segment.heard[offset] as number)) : 0
  return record.nowSeconds - agoSeconds
}

/**
 * While the room observes, everyone is on the site from the join on.
 * @param endSeconds wall clock
 */
function noteStay(line: LineState, number: number, state: number, endSeconds: number): void {
  if (state === State.gone || state === State.absent) return
  const joined = joinedSeconds(line.tickets, number)
  if (joined !== null) line.record.distributions.siteTimes.push(endSeconds - joined)
}

/** Sessions without a known start are not counted. */
function noteSession(line: LineState, segment: Segment, offset: number, endSeconds: number): void {
  const started = line.sessions.startedSeconds(segment, offset)
  if (started !== null) line.record.distributions.siteTimes.push(endSeconds - started)
}
