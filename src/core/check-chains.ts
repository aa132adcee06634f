/**
 * The chains of delayed checks, one per segment with live tickets.
 *
 * A queue delivers at least once and in any order. Each check carries a generation. The first
 * message of a new generation continues the chain; all others end there. So duplicates never fork a
 * chain, and a chain that was started twice (after a loss of memory) merges after one step. If a
 * message is lost, the tick restarts the chain once it is overdue.
 */
import { ageMs } from './age.ts'

export interface SegmentCheck {
  readonly segment: number
  readonly generation: number
}

/** The message of the queue `checks`. */
export interface CheckMessage extends SegmentCheck {
  readonly room: string
  readonly run: number
}

/** A chain without a message for this many check intervals is broken. */
const OVERDUE_INTERVALS = 3

interface Chain {
  generation: number
  /** When its last message was sent or seen. */
  movedMs: number
}

export class CheckChains {
  private readonly chains = new Map<number, Chain>()

  /**
   * A segment got its first live ticket. Returns the check to send, or null if its chain is
   * running.
   */
  start(segment: number, nowMs: number, intervalSeconds: number): SegmentCheck | null {
    const chain = this.chains.get(segment)
    if (chain !== undefined && !isOverdue(chain, nowMs, intervalSeconds)) return null
    return this.step(segment, (chain?.generation ?? 0) + 1, nowMs)
  }

  /** A check arrived. Returns the next check, or null for a duplicate or late message. */
  next(check: SegmentCheck, nowMs: number): SegmentCheck | null {
    const known = this.chains.get(check.segment)?.generation ?? 0
    return check.generation < known ? null : this.step(check.segment, check.generation + 1, nowMs)
  }

  /** The segment has no live tickets left. */
  end(segment: number): void {
    this.chains.delete(segment)
  }

  /**
   * Restarts the chains of live segments that are broken or, after a loss of memory, unknown. If an
   * unknown chain is still running, the two merge after one step.
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
