/**
 * The licences of the small origin: one per person, held until logout or silence. Pure: the time is
 * an argument. Owns the holders and the count of refusals; knows nothing of HTTP or of the waiting
 * room.
 */

/** The origin's report on its licences. */
export interface LicenceFigures {
  /** Number of licences. */
  readonly capacity: number
  /** Held now. */
  readonly held: number
  /** Most ever held at once. */
  readonly maxHeld: number
  /** People refused with a 500 because no licence was left. */
  readonly overloads: number
}

export class Licences {
  readonly #capacity: number
  readonly #holdMs: number
  /** Person to last heartbeat, in milliseconds. Never more entries than licences. */
  readonly #lastHeardMs = new Map<string, number>()
  #maxHeld = 0
  #overloads = 0

  /** `holdMs`: how long a silent person keeps the licence, milliseconds. */
  constructor(capacity: number, holdMs: number) {
    this.#capacity = capacity
    this.#holdMs = holdMs
  }

  /**
   * Takes or keeps a licence for the person; false when none is left, which counts as an overload.
   */
  take(person: string, nowMs: number): boolean {
    this.#freeSilent(nowMs)
    if (!this.#lastHeardMs.has(person) && this.#lastHeardMs.size >= this.#capacity) {
      this.#overloads += 1
      return false
    }
    this.#lastHeardMs.set(person, nowMs)
    this.#maxHeld = Math.max(this.#maxHeld, this.#lastHeardMs.size)
    return true
  }

  /** A beacon keeps a held licence and never takes one; false if the person holds none. */
  keep(person: string, nowMs: number): boolean {
    this.#freeSilent(nowMs)
    if (!this.#lastHeardMs.has(person)) return false
    this.#lastHeardMs.set(person, nowMs)
    return true
  }

  /**
   * A hint that the person may be leaving: frees the licence after `withinMs`, unless a later
   * heartbeat keeps it.
   */
  shorten(person: string, withinMs: number, nowMs: number): void {
    const lastHeardMs = this.#lastHeardMs.get(person)
    if (lastHeardMs === undefined) return
    this.#lastHeardMs.set(person, Math.min(lastHeardMs, nowMs - this.#holdMs + withinMs))
  }

  release(person: string): void {
    this.#lastHeardMs.delete(person)
  }

  figures(nowMs: number): LicenceFigures {
    this.#freeSilent(nowMs)
    return {
      capacity: this.#capacity,
      held: this.#lastHeardMs.size,
      maxHeld: this.#maxHeld,
      overloads: this.#overloads,
    }
  }

  #freeSilent(nowMs: number): void {
    for (const [person, lastHeardMs] of this.#lastHeardMs) {
      if (nowMs - lastHeardMs >= this.#holdMs) this.#lastHeardMs.delete(person)
    }
  }
}
