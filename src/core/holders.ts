/**
 * Places that moved from one device to another. Each move gives the place the next generation;
 * tokens carry the generation of their device, so those of earlier devices are recognized.
 *
 * Only moved places are kept, while they are alive. They are stored with the access keys
 * (access.ts). The last moves are part of the snapshot, so that the earlier device's next poll
 * calls the object. Numbers are issued ones.
 */
import { ageMs } from './age.ts'
import { HOLDERS_MAX, LOST_PLACES_MAX, LOST_PLACES_SECONDS } from './limits.ts'

export class Holders {
  private readonly byNumber = new Map<number, number>()
  /** Oldest first. */
  private recent: { readonly number: number; readonly atMs: number }[] = []

  /** The generation of the device that holds the place, 0 for the first one. */
  of(number: number): number {
    return this.byNumber.get(number) ?? 0
  }

  /** @param holder the generation of a token; undefined: an older version does not say */
  hasMovedOn(number: number, holder: number | undefined): boolean {
    return holder !== undefined && holder < this.of(number)
  }

  /** False: too many places have moved. */
  move(number: number, holder: number, nowMs: number): boolean {
    if (!this.byNumber.has(number) && this.byNumber.size >= HOLDERS_MAX) return false
    this.byNumber.set(number, holder)
    this.recent = [...this.recent.filter((move) => move.number !== number), { number, atMs: nowMs }]
    if (this.recent.length > LOST_PLACES_MAX) this.recent.shift()
    return true
  }

  /** The moves that were stored. */
  restore(moved: Iterable<readonly [number: number, holder: number]>): void {
    for (const [number, holder] of moved) this.byNumber.set(number, Math.max(holder, this.of(number)))
  }

  forgetGone(isLive: (number: number) => boolean): void {
    for (const number of this.byNumber.keys()) if (!isLive(number)) this.byNumber.delete(number)
  }

  /** Pairs (number, generation) of the last moves. */
  lately(nowMs: number): Uint32Array {
    if (this.recent.length === 0) return NONE
    this.recent = this.recent.filter(({ atMs }) => ageMs(atMs, nowMs) < LOST_PLACES_SECONDS * 1000)
    return Uint32Array.from(this.recent.flatMap(({ number }) => [number, this.of(number)]))
  }
}

const NONE = new Uint32Array()
