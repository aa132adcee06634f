/**
 * Numbers that lost their place while their holder may still be waiting: revoked by an operator, or back from absence too often.
 * They ride in the snapshot, so that the next poll of such a holder asks the object instead of showing a place.
 *
 * Bounded in number and time: every waiting ticket is confirmed by the object about once a minute anyway, so a number that was
 * pushed out is told then.
 */
import { ageMs } from './age.ts'
import { LOST_PLACES_MAX, LOST_PLACES_SECONDS } from './limits.ts'

/** Pairs (number, wall-clock ms), the oldest first. */
export type LostPlacesState = readonly (readonly [number, number])[]

export class LostPlaces {
  private lost: (readonly [number, number])[]

  constructor(state: LostPlacesState = []) {
    this.lost = [...state]
  }

  add(number: number, nowMs: number): void {
    this.forgetOld(nowMs)
    this.lost.push([number, nowMs])
    if (this.lost.length > LOST_PLACES_MAX) this.lost.shift()
  }

  /** Those that polls are answered for from the snapshot: from the frontier on. Below it the object is asked anyway. */
  numbersFrom(frontier: number, nowMs: number): Uint32Array {
    if (this.lost.length === 0) return NONE
    this.forgetOld(nowMs)
    return Uint32Array.from(this.lost.map(([number]) => number).filter((number) => number >= frontier))
  }

  toStored(): LostPlacesState {
    return [...this.lost]
  }

  private forgetOld(nowMs: number): void {
    this.lost = this.lost.filter(([, atMs]) => ageMs(atMs, nowMs) < LOST_PLACES_SECONDS * 1000)
  }
}

const NONE = new Uint32Array()
