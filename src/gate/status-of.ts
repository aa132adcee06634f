/** A visitor's status from the isolate's snapshot. */
import type { SnapshotView } from '../core/snapshot-view.ts'
import type { Status, VisitorState } from '../pages/status.ts'
import { LONG_POLL_SECONDS, pollAfterSeconds } from './poll-interval.ts'

/** Of someone who waits. `position` where the object told it, otherwise it is looked up. */
export function waitingStatus(
  room: string,
  view: SnapshotView,
  number: number,
  position = view.position(number),
): Status {
  const { snapshot } = view
  const estimate = view.estimate(position)
  return {
    state: snapshot.mode === 'queue-all' ? 'paused' : 'waiting',
    room,
    number,
    position,
    waiting: Math.max(snapshot.waiting, position),
    etaSeconds: estimate?.likelySeconds ?? null,
    etaLowSeconds: estimate?.lowSeconds ?? null,
    etaHighSeconds: estimate?.highSeconds ?? null,
    pollAfterSeconds: pollAfterSeconds(view, position, Math.random()),
    message: null,
    updatedAt: new Date(snapshot.atMs).toISOString(),
  }
}

/** Of someone with no place in the line. */
export function placelessStatus(
  room: string,
  state: VisitorState,
  view: SnapshotView | null,
  details: { number?: number; message?: string; pollAfterSeconds?: number } = {},
): Status {
  return {
    state,
    room,
    number: details.number ?? null,
    position: null,
    waiting: view?.snapshot.waiting ?? 0,
    etaSeconds: null,
    etaLowSeconds: null,
    etaHighSeconds: null,
    pollAfterSeconds: details.pollAfterSeconds ?? LONG_POLL_SECONDS,
    message: details.message ?? null,
    updatedAt: new Date(view?.snapshot.atMs ?? Date.now()).toISOString(),
  }
}
