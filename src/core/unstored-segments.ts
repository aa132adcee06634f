/**
 * The segments that changed since the last store. Durable changes must be stored before any visitor
 * is answered, lazy ones with the next tick.
 */
import type { Segment, Unstored } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

export class UnstoredSegments {
  private readonly durable = new Set<number>()
  private readonly lazy = new Set<number>()
  private readonly dropped = new Set<number>()

  mark(segment: Segment, what: Exclude<Unstored, 'nothing'>): void {
    if (segment.unstored === what || segment.unstored === 'durable') return
    segment.unstored = what
    if (what === 'durable') this.durable.add(segment.index)
    else this.lazy.add(segment.index)
  }

  /** The segment was dropped: its row goes. */
  drop({ index }: Segment): void {
    this.durable.delete(index)
    this.lazy.delete(index)
    this.dropped.add(index)
  }

  /** The segment is there again, if it was dropped. */
  keep({ index }: Segment): void {
    this.dropped.delete(index)
  }

  /** The changes to store now; with `everything`, lazy ones too. Reports each change once. */
  take(everything: boolean, segments: SegmentList): { changed: Segment[]; dropped: number[] } {
    const indexes = everything ? [...new Set([...this.durable, ...this.lazy])] : [...this.durable]
    const changed = indexes.map((index) => segments.at(index)).filter((segment) => segment !== undefined)
    const dropped = [...this.dropped]
    // A durable write stores the whole segment, including its lazy changes.
    for (const segment of changed) segment.unstored = 'nothing'
    for (const index of indexes) this.lazy.delete(index)
    this.durable.clear()
    this.dropped.clear()
    return { changed, dropped }
  }
}
