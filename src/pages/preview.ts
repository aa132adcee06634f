/** Figures for a preview of the waiting page in each of its states. */
import type { RoomSettings } from '../settings/rooms.ts'
import type { PageState, Status, VisitorState } from '../status.ts'
import { standsInLine } from './wording.ts'

const STATES: Readonly<Record<PageState, VisitorState>> = {
  joining: 'waiting',
  waiting: 'waiting',
  almost: 'waiting',
  paused: 'paused',
  full: 'full',
  closed: 'closed',
  expired: 'expired',
  left: 'waiting',
  lost: 'waiting',
  admitted: 'admitted',
}

const JOINED_BEFORE_MS = 14 * 60_000
const OPENS_AFTER_MS = 26 * 3600_000

export function previewStatus(room: RoomSettings, state: PageState, message: string | null, nowMs: number): Status {
  const isAlmost = state === 'almost'
  const stands = standsInLine(state)
  const isKnown = stands && state !== 'paused'
  return {
    state: STATES[state],
    room: room.name,
    number: stands || state === 'expired' ? 5012 : null,
    position: stands ? (isAlmost ? 3 : 1234) : null,
    waiting: isAlmost ? 3090 : 4321,
    etaSeconds: isKnown ? (isAlmost ? 30 : 320) : null,
    etaLowSeconds: isKnown ? (isAlmost ? 20 : 245) : null,
    etaHighSeconds: isKnown ? (isAlmost ? 45 : 410) : null,
    joinedAt: stands ? new Date(nowMs - JOINED_BEFORE_MS).toISOString() : null,
    startPosition: stands ? 2980 : null,
    placeKeptSeconds: room.heartbeat_timeout_seconds + room.reclaim_grace_seconds,
    unreachable: false,
    pollAfterSeconds: 5,
    message,
    ...(state === 'closed' ? { opensAt: new Date(nowMs + OPENS_AFTER_MS).toISOString() } : {}),
    updatedAt: new Date(nowMs).toISOString(),
  }
}
