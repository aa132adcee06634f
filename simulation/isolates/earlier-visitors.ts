/**
 * Visitors who have joined before a run begins. The shipped core issues their tickets in large
 * calls, and a tick follows. Then the room restarts, so the run begins with a line from storage and
 * with new pacing. Spares a run of ten million visitors most of its joins.
 */
import type { Snapshot } from '../../src/core/snapshot.ts'
import type { DenseScheduler } from '../dense-scheduler.ts'
import type { SimulatedObject } from '../simulated-object.ts'

export interface EarlierVisitors {
  readonly run: number
  readonly numbers: Uint32Array
  /** Of the restarted room. */
  readonly snapshot: Snapshot
}

/** The first tick comes in this time. */
export const EARLIER_MS = 15_000
const JOINS_PER_CALL = 50_000

/** Takes `EARLIER_MS`. */
export async function joinEarlier(
  count: number,
  object: SimulatedObject,
  timeline: DenseScheduler,
): Promise<EarlierVisitors> {
  const untilMs = timeline.nowMs + EARLIER_MS
  const numbers = new Uint32Array(count)
  let run = 0
  for (let first = 0; first < count; first += JOINS_PER_CALL) {
    const joins = Array.from({ length: Math.min(JOINS_PER_CALL, count - first) }, (_, i) => `earlier ${first + i}`)
    const answer = object.exchange({ ...emptyRequest(object), joins })
    run = answer.run
    for (const [i, join] of answer.joins.entries()) {
      if (!('number' in join)) throw new Error(`a visitor could not join: ${join.state}`)
      numbers[first + i] = join.number
    }
  }
  await timeline.runUntil(untilMs)
  object.deploy(object.settings, false)
  return { run, numbers, snapshot: object.exchange(emptyRequest(object)).snapshot }
}

function emptyRequest({ settings }: SimulatedObject) {
  const none = { numbers: new Uint32Array(0), agesMs: new Uint32Array(0) }
  const nobody = { joins: [], claims: [], leaves: [], departures: none, presence: none }
  return { room: settings.name, isolate: 'earlier', run: 0, failures: 0, honoured: 0, ...nobody }
}
