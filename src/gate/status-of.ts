/** A visitor's status from the isolate's snapshot. */

import { memoize } from '../cache.ts'
import type { SnapshotView } from '../core/snapshot-view.ts'
import { ISO_TIMES_MAX } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { Status, VisitorState } from '../status.ts'
import type { Token } from '../tokens/token.ts'
import { LONG_POLL_SECONDS, pollAfterSeconds, spreadSeconds } from './poll-interval.ts'

/** A snapshot's time is everyone's, a second of joining that of many: writing both anew took 10 us of a poll. */
const isoTime = memoize(ISO_TIMES_MAX, (ms) => new Date(ms).toISOString())

/** Of someone who waits. `position` where the object told it, otherwise it is looked up. */
export function waitingStatus(
  room: string,
  view: SnapshotView,
  { number, joinedSeconds, startPosition }: Pick<Token, 'number' | 'joinedSeconds' | 'startPosition'>,
  position = view.position(number),
): Status {
  const { snapshot } = view
  const estimate = view.estimate(position)
  return {
    state: snapshot.mode === 'open' ? 'waiting' : 'paused',
    room,
    number,
    position,
    waiting: Math.max(snapshot.waiting, position),
    etaSeconds: estimate?.likelySeconds ?? null,
    etaLowSeconds: estimate?.lowSeconds ?? null,
    etaHighSeconds: estimate?.highSeconds ?? null,
    joinedAt: joinedSeconds === undefined ? null : isoTime(joinedSeconds * 1000),
    startPosition: startPosition ?? null,
    placeKeptSeconds: placeKeptSeconds(snapshot.heartbeatTimeoutSeconds, snapshot.reclaimGraceSeconds),
    unreachable: false,
    pollAfterSeconds: pollAfterSeconds(view, position, Math.random()),
    message: snapshot.message ?? null,
    ...queueAllOf(view),
    updatedAt: isoTime(snapshot.atMs),
  }
}

/** Of a newcomer to a closed room. Who is told when it opens asks again then, spread over some seconds. */
export function closedStatus(room: RoomSettings, view: SnapshotView, nowMs: number): Status {
  const { opensAtMs = null, message = null } = view.snapshot
  const untilOpenSeconds = opensAtMs === null ? LONG_POLL_SECONDS : Math.max(0, Math.ceil((opensAtMs - nowMs) / 1000))
  const pollAfterSeconds = Math.min(LONG_POLL_SECONDS, untilOpenSeconds) + spreadSeconds(Math.random())
  const opensAt = opensAtMs === null ? null : new Date(opensAtMs).toISOString()
  return { ...placelessStatus(room, 'closed', view, { pollAfterSeconds }), message, opensAt }
}

/** Of someone with no place in the line. */
export function placelessStatus(
  room: RoomSettings,
  state: VisitorState,
  view: SnapshotView | null,
  details: { number?: number; unreachable?: boolean; pollAfterSeconds?: number } = {},
): Status {
  const heartbeatTimeoutSeconds = view?.snapshot.heartbeatTimeoutSeconds ?? room.heartbeat_timeout_seconds
  const reclaimGraceSeconds = view?.snapshot.reclaimGraceSeconds ?? room.reclaim_grace_seconds
  return {
    state,
    room: room.name,
    number: details.number ?? null,
    position: null,
    waiting: view?.snapshot.waiting ?? 0,
    etaSeconds: null,
    etaLowSeconds: null,
    etaHighSeconds: null,
    joinedAt: null,
    startPosition: null,
    placeKeptSeconds: placeKeptSeconds(heartbeatTimeoutSeconds, reclaimGraceSeconds),
    unreachable: details.unreachable ?? false,
    pollAfterSeconds: details.pollAfterSeconds ?? LONG_POLL_SECONDS,
    message: null,
    ...queueAllOf(view),
    updatedAt: isoTime(view?.snapshot.atMs ?? Date.now()),
  }
}

const QUEUE_ALL: Pick<Status, 'queueAll'> = { queueAll: true }
const NO_QUEUE_ALL: Pick<Status, 'queueAll'> = {}

/** The pages show a pause and `queue_all` alike; Cloudflare's fields tell them apart. */
function queueAllOf(view: SnapshotView | null): Pick<Status, 'queueAll'> {
  return view?.snapshot.mode === 'queue-all' ? QUEUE_ALL : NO_QUEUE_ALL
}

/** Silent for the time-out a ticket is absent; absent for the grace it is gone. */
function placeKeptSeconds(heartbeatTimeoutSeconds: number, reclaimGraceSeconds: number): number {
  return heartbeatTimeoutSeconds + reclaimGraceSeconds
}
