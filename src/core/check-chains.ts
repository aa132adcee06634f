/**
 * The chains of delayed checks, one per segment with live tickets.
 *
 * A queue delivers at least once and in any order. Each check carries a generation; the first message with a generation
 * not seen before goes on with the next one, all others end there. So duplicates never fork a chain, and a chain that was
 * started twice (after a loss of memory, or by mistake) is one chain again after a step. A lost message is made good by
 * the tick, which starts a chain again once it is overdue.
 */
import { ageMs } from './age.ts'

export interface SegmentCheck {
  readonly segment: number
  readonly generation: number
}

/** A chain is taken as broken when it is silent for this many check intervals. */
const OVERDUE_INTERVALS = 3

interface Chain {
  generation: number
  /** When its last message was sent or seen. */
  movedMs: number
}

export class CheckChains {
  private readonly chains = new Map<number, Chain>()

  /** A segment has its first live ticket: the check to send, or null where a chain runs already. */
  start(segment: number, nowMs: number, intervalSeconds: number): SegmentCheck | null {
    const chain = this.chains.get(segment)
    if (chain !== undefined && !isOverdue(chain, nowMs, intervalSeconds)) return null
    return this.step(segment, (chain?.generation ?? 0) + 1, nowMs)
  }

  /** A check arrived. The one to send next, or null for a duplicate or a latecomer. */
  next(check: SegmentCheck, nowMs: number): SegmentCheck | null {
    const known = this.chains.get(check.segment)?.generation ?? 0
    return check.generation < known ? null : this.step(check.segment, check.generation + 1, nowMs)
  }

  /** The segment has no live ticket any more. */
  end(segment: number): void {
    this.chains.delete(segment)
  }

  /**
   * The checks to send for live segments whose chain broke, or is not known (memory was lost): should that one still run,
   * the two are one again after a step.
   */
  restartOverdue(liveSegments: readonly number[], nowMs: number, intervalSeconds: number): SegmentCheck[] {
    const live = new Set(liveSegments)
    for (const segment of this.chains.keys()) if (!live.has(segment)) this.chains.delete(segment)
    const restarted: SegmentCheck[] = []
    for (const segment of liveSegments) {
      const chain = this.chains.get(segment)
      if (chain !== undefined && !isOverdue(chain, nowMs, intervalSeconds)) continue
      restarted.push(this.step(segment, (chain?.generation ?? 0) + 1, nowMs))
    }
    return restarted
  }

  private step(segment: number, generation: number, nowMs: number): SegmentCheck {
    this.chains.set(segment, { generation, movedMs: nowMs })
    return { segment, generation }
  }
}

function isOverdue(chain: Chain, nowMs: number, intervalSeconds: number): boolean {
  return ageMs(chain.movedMs, nowMs) >= OVERDUE_INTERVALS * intervalSeconds * 1000
}
