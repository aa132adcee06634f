/**
 * The crowd: the visitors, their times of arrival and their plans. Owns the cast of the smoke run
 * and the endless trickle of the normal demo. `visitor.ts` owns the details of a visit.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Kind, type Part, Visitor } from './visitor.ts'

/** A part and its time of arrival, in milliseconds after the first. */
export interface Arrival {
  readonly entersMs: number
  readonly part: Part
}

/**
 * The smoke run in order of arrival: B and S stay, P is polite, V vanishes on the site, L vanishes
 * in line, K locks the phone. Those who vanish come early: a slot lost for up to 32 s must be found
 * well before the end.
 */
const SMOKE_CAST = 'BVPSV PVPSL PKPSL PKSPL KPSPL SPSPP'
const SMOKE_ENTER_EVERY_MS = 500
const SMOKE_PARTS: Readonly<Record<string, Part>> = {
  // Longer than the 32 s in which silent visitors are found: only the beacon keeps this session.
  B: { kind: 'stays', visitMs: 40_000, patienceMs: 0 },
  S: { kind: 'stays', visitMs: 10_000, patienceMs: 0 },
  P: { kind: 'polite', visitMs: 3_000, patienceMs: 0 },
  V: { kind: 'vanishes-on-site', visitMs: 2_000, patienceMs: 0 },
  L: { kind: 'vanishes-in-line', visitMs: 2_000, patienceMs: 4_000 },
  K: { kind: 'locks-phone', visitMs: 3_000, patienceMs: 3_000 },
}

/** The normal demo: each kind with the cumulative share of visitors. */
const MIX: readonly (readonly [upTo: number, kind: Kind])[] = [
  [0.4, 'stays'],
  [0.75, 'polite'],
  [0.83, 'vanishes-on-site'],
  [0.93, 'vanishes-in-line'],
  [1, 'locks-phone'],
]
/** The demo opens with a rush of this share of the crowd. The rest trickle in. */
const RUSH_SHARE = 0.6
const RUSH_EVERY_MS = 250
const TRICKLE_EVERY_MS = 1_500
/**
 * Finished visitors to remember, so that their leaving can be compared with the object's record.
 */
const MAX_REMEMBERED = 200

/** The visitors of the smoke run. */
export function smokeArrivals(): Arrival[] {
  return [...SMOKE_CAST.replaceAll(' ', '')].flatMap((letter, index) => {
    const part = SMOKE_PARTS[letter]
    return part === undefined ? [] : [{ entersMs: index * SMOKE_ENTER_EVERY_MS, part }]
  })
}

function between(lowMs: number, highMs: number): number {
  return lowMs + Math.random() * (highMs - lowMs)
}

function randomPart(): Part {
  const draw = Math.random()
  const kind = MIX.find(([upTo]) => draw < upTo)?.[1] ?? 'polite'
  const visitMs = kind === 'stays' ? between(15_000, 30_000) : between(5_000, 10_000)
  return { kind, visitMs, patienceMs: between(5_000, 30_000) }
}

export class Crowd {
  /** Present and finished visitors, in order of arrival; only the newest finished ones. */
  readonly visitors: Visitor[] = []
  readonly #present = new Set<Visitor>()
  readonly #baseUrl: string
  readonly #signal: AbortSignal

  constructor(baseUrl: string, signal: AbortSignal) {
    this.#baseUrl = baseUrl
    this.#signal = signal
  }

  /** Starts every visit at its time. Resolves at the end of the last visit. */
  async play(arrivals: readonly Arrival[]): Promise<void> {
    const startMs = Date.now()
    const visits: Promise<void>[] = []
    for (const { entersMs, part } of arrivals) {
      await this.#pause(startMs + entersMs - Date.now())
      visits.push(this.#enter(part))
    }
    await Promise.all(visits)
  }

  /**
   * Starts a rush, then replaces visitors who left, never more than `maxPresent` at once. Ends with
   * the signal.
   */
  async trickle(maxPresent: number): Promise<void> {
    for (let arrived = 0; !this.#signal.aborted; ) {
      if (this.#present.size < maxPresent) {
        void this.#enter(randomPart())
        arrived += 1
      }
      await this.#pause(arrived < maxPresent * RUSH_SHARE ? RUSH_EVERY_MS : TRICKLE_EVERY_MS)
    }
  }

  async #enter(part: Part): Promise<void> {
    const visitor = new Visitor(part, this.#baseUrl, this.#signal)
    this.visitors.push(visitor)
    this.#present.add(visitor)
    await visitor.run()
    this.#present.delete(visitor)
    if (this.visitors.length - this.#present.size > MAX_REMEMBERED) this.#forgetOldest()
  }

  #forgetOldest(): void {
    const index = this.visitors.findIndex((visitor) => !this.#present.has(visitor))
    this.visitors.splice(index, 1)
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(Math.max(0, milliseconds), undefined, { signal: this.#signal })
  }
}
