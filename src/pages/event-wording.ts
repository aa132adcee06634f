/** An event and its draw in words: a part of the waiting page's view. */

import type { EventStatus, Status } from '../status.ts'
import { fill, type Words } from './words.ts'

/** An empty text hides the element. */
export interface EventView {
  /** The name of the event. */
  readonly event: string
  /** Time until the start. */
  readonly countdown: string
  /** When the places are drawn. */
  readonly drawn: string
  /** The number in the draw. */
  readonly entry: string
  readonly rank: string
  readonly commitment: string
}

export const NO_EVENT: EventView = { event: '', countdown: '', drawn: '', entry: '', rank: '', commitment: '' }

interface EventMoment {
  readonly nowMs: number
  /** How far the server's clock is ahead of this one. */
  readonly serverAheadMs?: number
  /** The visitor is in line. */
  readonly stands: boolean
}

export function eventViewOf(
  { state, position }: Status,
  { name, phase, startsAt, draw, entry, rank, entries, commitment }: EventStatus,
  words: Words,
  { nowMs, serverAheadMs = 0, stands }: EventMoment,
): EventView {
  const { texts, number } = words
  const startMs = Date.parse(startsAt)
  const isLobby = stands && state === 'lobby' && phase === 'lobby'
  const isDrawn = stands && rank !== null && entries !== null
  return {
    // The line of a room may go on after an event.
    event: phase === 'ended' && state !== 'ended' ? '' : name,
    countdown: isLobby ? countdownText(startMs - nowMs - serverAheadMs, words) : '',
    // Those who wait before all entries have a position already.
    drawn: isLobby && draw && position === null ? fill(texts.drawn, { time: words.clock(startMs) }) : '',
    entry: entry === null || !stands ? '' : number(entry),
    rank: isDrawn ? fill(texts.rank, { rank: number(rank), entries: number(entries) }) : '',
    commitment: commitment ?? '',
  }
}

/** The names that texts of a state may use during an event. */
export function namesOf({ name, startsAt }: EventStatus, { clock, dayAndClock }: Words) {
  const startMs = Date.parse(startsAt)
  return { event: name, date: dayAndClock(startMs), time: clock(startMs) }
}

/** "4:05", "1:04:05", "2 days 1:04:05"; `over` once the time is over. */
export function countdownText(leftMs: number, { texts, number, duration }: Words, over = texts.starting): string {
  const seconds = Math.ceil(leftMs / 1000)
  if (seconds <= 0) return over
  const days = Math.floor(seconds / 86_400)
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60]
  if (seconds < 3600) parts.shift()
  const clock = parts.map((part, i) => (i > 0 && part < 10 ? number(0) : '') + number(part)).join(':')
  return days === 0 ? clock : `${duration(days, 'day')} ${clock}`
}
