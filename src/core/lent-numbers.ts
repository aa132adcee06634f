/**
 * The numbers whose slots are lent, and the isolate that each was lent to. Their tickets carry
 * `LENT_FLAG`, so a restart finds them; it does not know the isolates any more.
 */
import { SEGMENT_SIZE } from './limits.ts'
import type { Segment } from './segment.ts'
import { isLent } from './silence.ts'
import { BrokenInvariant, State } from './ticket-state.ts'
import type { Tickets } from './tickets.ts'

const UNKNOWN_ISOLATE = ''

export class LentNumbers {
  private readonly isolates = new Map<number, string>()
  private readonly counts = new Map<string, number>()

  get count(): number {
    return this.isolates.size
  }

  has(number: number): boolean {
    return this.isolates.has(number)
  }

  /** How many are lent to an isolate, as far as is known. */
  countOf(isolate: string): number {
    return this.counts.get(isolate) ?? 0
  }

  all(): Iterable<number> {
    return this.isolates.keys()
  }

  add(number: number, isolate: string): void {
    this.isolates.set(number, isolate)
    this.counts.set(isolate, this.countOf(isolate) + 1)
  }

  /** False: it was not lent. */
  remove(number: number): boolean {
    const isolate = this.isolates.get(number)
    if (isolate === undefined) return false
    this.isolates.delete(number)
    const left = this.countOf(isolate) - 1
    if (left > 0) this.counts.set(isolate, left)
    else this.counts.delete(isolate)
    return true
  }

  /** Finds the lent tickets of a stored segment. */
  restore({ index, states, counts }: Segment): void {
    if (counts[State.offered] === 0) return
    for (const [offset, byte] of states.entries()) {
      if (isLent(byte)) this.add(index * SEGMENT_SIZE + offset, UNKNOWN_ISOLATE)
    }
  }

  /** @throws BrokenInvariant */
  verify(tickets: Tickets): void {
    let found = 0
    for (const { states, counts } of tickets.all()) {
      if (counts[State.offered] !== 0) found += states.reduce((sum, byte) => sum + Number(isLent(byte)), 0)
    }
    if (found !== this.count) throw new BrokenInvariant(`${this.count} slots lent, ${found} found`)
  }
}
