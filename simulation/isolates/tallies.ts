/** Counts and distributions of a simulation with very many events. */

/** Events by second. */
export class PerSecond {
  private readonly counts = new Map<number, number>()

  /** Returns the events of this second so far, this one included. */
  count(nowMs: number): number {
    const second = Math.floor(nowMs / 1000)
    const count = (this.counts.get(second) ?? 0) + 1
    this.counts.set(second, count)
    return count
  }

  /** The events of each second of a span, without its end. */
  between(fromMs: number, toMs: number): number[] {
    const [from, to] = [Math.floor(fromMs / 1000), Math.floor(toMs / 1000)]
    return Array.from({ length: to - from }, (_, i) => this.counts.get(from + i) ?? 0)
  }
}

/** Durations by millisecond; longer ones count as the longest. */
export class Durations {
  private readonly counts = new Uint32Array(60_001)
  private total = 0

  add(ms: number): void {
    ;(this.counts[Math.min(Math.max(0, Math.round(ms)), this.counts.length - 1)] as number)++
    this.total++
  }

  /** In milliseconds. */
  percentile(share: number): number {
    let left = Math.ceil(share * this.total)
    for (let ms = 0; ms < this.counts.length; ms++) {
      left -= this.counts[ms] as number
      if (left <= 0) return ms
    }
    return 0
  }
}

export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
