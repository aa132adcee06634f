/** The segments of a table of tickets, by ascending index. Dropped ones are missing. */
import { Segment } from './segment.ts'

export class SegmentList {
  private segments: Segment[] = []
  private readonly byIndex = new Map<number, Segment>()

  get all(): readonly Segment[] {
    return this.segments
  }

  at(index: number): Segment | undefined {
    return this.byIndex.get(index)
  }

  /** The segment, empty if it is new or was dropped. */
  ensure(index: number): Segment {
    const known = this.byIndex.get(index)
    if (known !== undefined) return known
    const segment = new Segment(index)
    // Mostly the last one. Lanes grow independently, and a draw brings dropped segments back.
    this.segments.splice(this.positionFrom(index), 0, segment)
    this.byIndex.set(index, segment)
    return segment
  }

  /** Position in `all` of the first with at least this index. */
  positionFrom(index: number): number {
    let low = 0
    let high = this.segments.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.segments[middle] as Segment).index < index) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Drops all others and returns them. */
  keep(isKept: (segment: Segment) => boolean): Segment[] {
    const dropped = this.segments.filter((segment) => !isKept(segment))
    if (dropped.length === 0) return dropped
    this.segments = this.segments.filter(isKept)
    for (const { index } of dropped) this.byIndex.delete(index)
    return dropped
  }

  restore(segments: Iterable<Segment>): void {
    this.segments = [...segments].sort((a, b) => a.index - b.index)
    for (const segment of this.segments) this.byIndex.set(segment.index, segment)
  }
}
