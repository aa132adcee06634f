/**
 * Numbers that lost their place while their holder may still be waiting: revoked by an operator,
 * absent too often, or given up in another copy of the ticket. They are part of the snapshot, so
 * that the holder's next poll calls the object instead of showing a position.
 *
 * Bounded in number and time. The object confirms every waiting ticket about once a minute, so the
 * holder of a number that was pushed out learns of it then.
 */
import { ageMs } from './age.ts'
import { LOST_PLACES_MAX, LOST_PLACES_SECONDS } from './limits.ts'

/** Pairs (number, wall-clock ms), oldest first. */
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

  /** Numbers from the frontier on. Polls of lower numbers call the object anyway. */
  numbersFrom(frontier: number, nowMs: number): Uint32Array {
    if (this.lost.length === 0) return NONE
    this.forgetOld(nowMs)
    return Uint32Array.from(this.lost.map(([number]) => number).filter((number) => number >= frontier))
  }

  /** The tickets in [first, end) got other numbers of the same range. */
  renumber(first: number, end: number, lineNumber: (number: number) => number): void {
    this.lost = this.lost.map((entry) =>
      entry[0] >= first && entry[0] < end ? [lineNumber(entry[0]), entry[1]] : entry,
    )
  }

  toStored(): LostPlacesState {
    return [...this.lost]
  }

  private forgetOld(nowMs: number): void {
    this.lost = this.lost.filter(([, atMs]) => ageMs(atMs, nowMs) < LOST_PLACES_SECONDS * 1000)
  }
}

const NONE = new Uint32Array()
