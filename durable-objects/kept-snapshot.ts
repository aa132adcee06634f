/** The snapshot that goes with every answer: made anew for news, and otherwise no more often than its length allows. */
import { ageMs } from '../src/core/age.ts'
import type { Line } from '../src/core/line.ts'
import { type Snapshot, takeSnapshot } from '../src/core/snapshot.ts'

/** It may be this old per block of 256 people who wait: a long line's is not made anew for each call. */
const AGE_PER_BLOCK_MS = 0.25
const AGE_MAX_MS = 1000

export class KeptSnapshot {
  private last: Snapshot | null = null

  fresh(line: Line, nowMs: number): Snapshot {
    const { last } = this
    if (last === null || !isFresh(last, line, nowMs)) this.last = takeSnapshot(line, nowMs)
    return this.last as Snapshot
  }

  /** Something else than the line changed. */
  forget(): void {
    this.last = null
  }
}

function isFresh(last: Snapshot, line: Line, nowMs: number): boolean {
  const isNews = last.run !== line.run || last.frontier !== line.frontier
  return !isNews && ageMs(last.atMs, nowMs) < Math.min(AGE_MAX_MS, last.blockCounts.length * AGE_PER_BLOCK_MS)
}
