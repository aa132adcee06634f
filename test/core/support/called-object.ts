/**
 * The calls of many isolates that always have something to report, to the pacing of an object: each
 * calls again after the returned time, plus or minus network jitter. Seeded.
 */
import { Random } from '../../../simulation/random.ts'
import { Pacing } from '../../../src/core/pacing.ts'
import { START_MS } from './driven-line.ts'

const WAY_MS = 20

export interface Calls {
  /** Per second, from the first call on. */
  readonly perSecond: readonly number[]
  readonly paceMaxMs: number
}

export interface Isolates {
  readonly isolates: number
  readonly seconds: number
  /** All first calls come within this time. */
  readonly comingMs: number
  /** An isolate is idle for at most this long when it may call. */
  readonly idleMaxMs?: number
  /** Called before each second. */
  readonly happens?: (second: number, object: CalledObject) => void
}

export class CalledObject {
  pacing = new Pacing()
  clockOffsetMs = 0
  /** Isolates from this one on do not call any more. */
  isolatesLeft = Number.POSITIVE_INFINITY
}

export function callsOf({ isolates, seconds, comingMs, idleMaxMs = 0, happens }: Isolates): Calls {
  const random = new Random(isolates)
  const object = new CalledObject()
  const perSecond = Array.from({ length: seconds }, () => 0)
  let paceMaxMs = 0
  const due = Array.from({ length: seconds * 1000 }, (): number[] => [])
  for (let i = 0; i < isolates; i++) due[Math.floor((i * comingMs) / isolates)]?.push(i)
  for (const [ms, calling] of due.entries()) {
    const second = Math.floor(ms / 1000)
    if (ms % 1000 === 0) happens?.(second, object)
    for (const isolate of calling) {
      if (isolate >= object.isolatesLeft) continue
      perSecond[second] = (perSecond[second] as number) + 1
      const paceMs = object.pacing.nextCallAfterMs(`isolate ${isolate}`, START_MS + ms + object.clockOffsetMs)
      paceMaxMs = Math.max(paceMaxMs, paceMs)
      const laterMs =
        Math.max(2 * WAY_MS, paceMs) + (random.next() - random.next()) * WAY_MS + random.next() * idleMaxMs
      due[ms + Math.round(laterMs)]?.push(isolate)
    }
  }
  return { perSecond, paceMaxMs }
}
