/**
 * When a visitor who waits asks again. Near the front soon, else about every six seconds: three polls fit into the shortest
 * heartbeat time-out but one, so one lost poll never costs a place. Spread, so that a crowd does not ask in step.
 */
import type { SnapshotView } from '../core/snapshot.ts'

const NEAR_SECONDS = 2
const FAR_MIN_SECONDS = 5
const FAR_MAX_SECONDS = 7

/** Who could be called within this time is near. */
const NEAR_WAIT_SECONDS = 15

/** What a room that is full or out of reach asks for. */
export const LONG_POLL_SECONDS = 15

/** 1 to 5: keeps a crowd that waits for the same moment from asking in step. `random`: 0 to 1. */
export function spreadSeconds(random: number): number {
  return 1 + Math.floor(random * FAR_MIN_SECONDS)
}

/** Who was refused for the crowd at the same address: past the limit's period, and not all in step. */
const LIMITED_MIN_SECONDS = 10
const LIMITED_MAX_SECONDS = 20

export function limitedPollSeconds(random: number): number {
  return LIMITED_MIN_SECONDS + Math.floor(random * (LIMITED_MAX_SECONDS - LIMITED_MIN_SECONDS + 1))
}

/** Whole seconds. `random`: 0 to 1. */
export function pollAfterSeconds(view: SnapshotView, position: number, random: number): number {
  const { ratePerMinute, mode } = view.snapshot
  const soonestSeconds = (position / ratePerMinute) * 60
  const likelySeconds = view.estimate(position)?.likelySeconds ?? soonestSeconds
  if (mode === 'open' && Math.max(soonestSeconds, likelySeconds) <= NEAR_WAIT_SECONDS) return NEAR_SECONDS
  return FAR_MIN_SECONDS + Math.floor(random * (FAR_MAX_SECONDS - FAR_MIN_SECONDS + 1))
}
