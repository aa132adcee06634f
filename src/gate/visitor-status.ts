/** A visitor's status from the isolate's snapshot, and when the visitor polls again. */
import { memoize } from '../cache.ts'
import { laneNumber, REGULAR } from '../core/lanes.ts'
import { NEAR_POLL_MAX_SECONDS } from '../core/limits.ts'
import { farLimitSeconds } from '../core/silence.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { SnapshotView } from '../core/snapshot-view.ts'
import { ISO_TIMES_MAX } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { Status, VisitorState } from '../status.ts'
import type { Token } from '../tokens/token.ts'

/**
 * All visitors share the snapshot's time, and many share the second of joining: formatting both
 * took 10 us of a poll.
 */
const isoTime = memoize(ISO_TIMES_MAX, (ms) => new Date(ms).toISOString())

type NamedRoom = Pick<RoomSettings, 'name' | 'prefix'>

/**
 * The status of a waiting visitor.
 * @param position the object's answer, or the position in the snapshot
 */
export function waitingStatus(
  room: NamedRoom,
  view: SnapshotView,
  { number: issued, joinedSeconds, startPosition }: Pick<Token, 'number' | 'joinedSeconds' | 'startPosition'>,
  position = view.position(view.lineNumber(issued)),
): Status {
  const { snapshot } = view
  const number = view.lineNumber(issued)
  const lane = view.laneOf(number)
  const draw = view.drawOf(issued)
  const hasPosition = !isUndrawn(view, issued)
  const estimate = hasPosition ? view.estimate(position, lane) : null
  return {
    state: waitingState(view),
    room: room.name,
    number: shownNumber(view, issued),
    position: hasPosition ? position : null,
    waiting: Math.max(view.waitingIn(lane), hasPosition ? position : 0),
    etaSeconds: estimate?.likelySeconds ?? null,
    etaLowSeconds: estimate?.lowSeconds ?? null,
    etaHighSeconds: estimate?.highSeconds ?? null,
    joinedAt: joinedSeconds === undefined ? null : isoTime(joinedSeconds * 1000),
    startPosition: draw === null ? (startPosition ?? null) : draw.ahead + number - draw.first + 1,
    placeKeptSeconds: silenceLimitAt(view, number) + snapshot.reclaimGraceSeconds,
    unreachable: false,
    pollAfterSeconds: pollAfterSeconds(view, number, position, Math.random()),
    message: snapshot.message ?? null,
    ...queueAllOf(view),
    ...methodOf(view),
    ...laneName(view, lane),
    ...eventOf(view, room, issued),
    updatedAt: isoTime(snapshot.atMs),
  }
}

/** The number that the visitor's page shows: within the lane, and after a draw the line number. */
export function shownNumber(view: SnapshotView | null, issued: number): number {
  if (view === null) return laneNumber(issued)
  const number = view.lineNumber(issued)
  return view.laneOf(number) === REGULAR ? number : laneNumber(number)
}

const NO_LANE: Pick<Status, 'lane'> = {}

function laneName(view: SnapshotView, index: number): Pick<Status, 'lane'> {
  const lane = view.laneName(index)
  return lane === null ? NO_LANE : { lane }
}

function waitingState({ snapshot }: SnapshotView): VisitorState {
  if (snapshot.soldOut === true) return 'sold-out'
  if (isBeforeStart(snapshot.event)) return 'lobby'
  return snapshot.mode === 'open' ? 'waiting' : 'paused'
}

function isBeforeStart(event: Snapshot['event']): boolean {
  return event?.phase === 'lobby' || event?.phase === 'drawing'
}

/** The ticket is an entry of a draw that is not made yet, so it has no position. */
export function isUndrawn(view: SnapshotView, issued: number): boolean {
  const { event, frontier } = view.snapshot
  if (view.laneOf(issued) !== REGULAR) return false
  if (event == null || event.firstEntry === null || !isBeforeStart(event)) return false
  // Tickets below the frontier were passed or admitted while the lobby was suspended.
  const first = Math.max(event.firstEntry, frontier)
  return first <= issued && (event.entriesEnd === null || issued < event.entriesEnd)
}

/** `issued`: the number of the visitor's ticket; null: the visitor has none. */
function eventOf(view: SnapshotView, room: NamedRoom, issued: number | null): Pick<Status, 'event'> {
  const { event, lastEvent } = view.snapshot
  if (event == null && lastEvent == null) return NO_EVENT
  const serverTime = new Date().toISOString()
  const draw = issued === null ? null : view.drawOf(issued)
  const isEntry = issued !== null && (draw !== null || isUndrawn(view, issued))
  // A visitor may still wait with a rank from an earlier event.
  const own = draw?.event === (event ?? lastEvent)?.id ? draw : null
  const visitors = {
    entry: isEntry ? issued : null,
    rank: own === null ? null : view.lineNumber(issued as number) - own.first + 1,
    entries: own === null ? null : own.end - own.first,
    serverTime,
  }
  if (event != null) {
    const { name, phase, startAtMs, endAtMs, draw: hasDraw, commitment } = event
    const times = { startsAt: isoTime(startAtMs), endsAt: isoTime(endAtMs) }
    const drawUrl = commitment === null ? null : `${room.prefix}/draw?room=${room.name}`
    return { event: { name, phase, ...times, draw: hasDraw, commitment, drawUrl, ...visitors } }
  }
  const { name, startAtMs, endAtMs } = lastEvent as NonNullable<typeof lastEvent>
  const times = { startsAt: isoTime(startAtMs), endsAt: isoTime(endAtMs) }
  return { event: { name, phase: 'ended', ...times, draw: false, commitment: null, drawUrl: null, ...visitors } }
}

const NO_EVENT: Pick<Status, 'event'> = {}

/**
 * The status of a newcomer to a closed room. If the opening time is known, the next poll follows it
 * by some seconds.
 */
export function closedStatus(room: RoomSettings, view: SnapshotView, nowMs: number): Status {
  const { opensAtMs = null, message = null } = view.snapshot
  const untilOpenSeconds = opensAtMs === null ? LONG_POLL_SECONDS : Math.max(0, Math.ceil((opensAtMs - nowMs) / 1000))
  const pollAfterSeconds = Math.min(LONG_POLL_SECONDS, untilOpenSeconds) + spreadSeconds(Math.random())
  const opensAt = opensAtMs === null ? null : new Date(opensAtMs).toISOString()
  const state = refusedState(view, opensAtMs)
  const status = { ...placelessStatus(room, state, view, { pollAfterSeconds }), message, opensAt }
  return opensAt === null ? status : { ...status, serverTime: new Date(nowMs).toISOString() }
}

function refusedState({ snapshot }: SnapshotView, opensAtMs: number | null): VisitorState {
  if (snapshot.soldOut === true) return 'sold-out'
  return snapshot.lastEvent != null && opensAtMs === null ? 'ended' : 'closed'
}

/** The status of someone without a place in line. */
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
    placeKeptSeconds: heartbeatTimeoutSeconds + reclaimGraceSeconds,
    unreachable: details.unreachable ?? false,
    pollAfterSeconds: details.pollAfterSeconds ?? LONG_POLL_SECONDS,
    message: null,
    ...queueAllOf(view),
    ...methodOf(view),
    ...(view === null ? NO_EVENT : eventOf(view, room, null)),
    updatedAt: isoTime(view?.snapshot.atMs ?? Date.now()),
  }
}

/** It is the visitor's turn, and nobody looks at the page: the slot is held for a while. */
export function calledStatus(
  room: RoomSettings,
  view: SnapshotView | null,
  number: number,
  heldSeconds: number,
  nowMs: number,
): Status {
  return {
    ...placelessStatus(room, 'called', view, { number, pollAfterSeconds: NEAR_MIN_SECONDS }),
    enterBy: new Date(nowMs + heldSeconds * 1000).toISOString(),
    serverTime: new Date(nowMs).toISOString(),
  }
}

const QUEUE_ALL: Pick<Status, 'queueAll'> = { queueAll: true }
const NO_QUEUE_ALL: Pick<Status, 'queueAll'> = {}

/** The pages show a pause and `queue_all` alike; Cloudflare's fields distinguish them. */
function queueAllOf(view: SnapshotView | null): Pick<Status, 'queueAll'> {
  return view?.snapshot.mode === 'queue-all' ? QUEUE_ALL : NO_QUEUE_ALL
}

/** Before the first snapshot the method is not told. */
function methodOf(view: SnapshotView | null): Pick<Status, 'method'> {
  const { method = 'fifo' } = view?.snapshot ?? {}
  return method === 'fifo' ? FIFO : { method }
}

const FIFO: Pick<Status, 'method'> = {}

/** A ticket is absent after this silence, and gone after the grace period on top. */
function silenceLimitAt(view: SnapshotView, number: number): number {
  const { heartbeatTimeoutSeconds, pollIntervalMaxSeconds = 0 } = view.snapshot
  const farSeconds = view.isFar(number) ? farLimitSeconds(pollIntervalMaxSeconds) : 0
  return Math.max(heartbeatTimeoutSeconds, farSeconds)
}

const NEXT_SECONDS = 2
const NEAR_MIN_SECONDS = 5

/** Visitors who could be admitted within this time are next. */
const NEXT_WAIT_SECONDS = 15

/** Far from the front polls are spread over this share of the longest interval. */
const FAR_SPREAD = 0.25

/** For a room that is full or unreachable. */
export const LONG_POLL_SECONDS = 15

/**
 * 1 to 5 seconds, so that a crowd that waits for the same moment does not poll in step.
 * @param random 0 to 1
 */
function spreadSeconds(random: number): number {
  return 1 + Math.floor(random * 5)
}

/**
 * For newcomers who were refused for the crowd at their address: after the limit's period, and not
 * in step.
 */
const LIMITED_MIN_SECONDS = 10
const LIMITED_MAX_SECONDS = 20

export function limitedPollSeconds(random: number): number {
  return LIMITED_MIN_SECONDS + Math.floor(random * (LIMITED_MAX_SECONDS - LIMITED_MIN_SECONDS + 1))
}

/**
 * When a waiting visitor polls again: soon if next, after about six seconds near the front, and
 * seldom far from it. One lost poll never costs a place. Intervals are spread so that a crowd does
 * not poll in step.
 * @param number the line number
 * @param random 0 to 1
 */
export function pollAfterSeconds(view: SnapshotView, number: number, position: number, random: number): number {
  const { ratePerMinute, mode, pollIntervalMaxSeconds = NEAR_POLL_MAX_SECONDS } = view.snapshot
  if (view.isFar(number)) return wholeBetween((1 - FAR_SPREAD) * pollIntervalMaxSeconds, pollIntervalMaxSeconds, random)
  const soonestSeconds = (position / ratePerMinute) * 60
  const likelySeconds = view.expectedWaitSeconds(position, view.laneOf(number))
  if (mode === 'open' && Math.max(soonestSeconds, likelySeconds) <= NEXT_WAIT_SECONDS) return NEXT_SECONDS
  return wholeBetween(NEAR_MIN_SECONDS, NEAR_POLL_MAX_SECONDS, random)
}

function wholeBetween(from: number, to: number, random: number): number {
  const first = Math.ceil(from)
  return first + Math.floor(random * (to - first + 1))
}
