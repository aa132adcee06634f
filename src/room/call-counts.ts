/**
 * What an isolate counts for a room between two calls that are answered. Rides along with the next call.
 */
import type { CallCounts } from '../core/exchange.ts'

const NONE: Required<CallCounts> = { failures: 0, honoured: 0, limited: 0, foreign: 0 }

export class CallCounter {
  private counts = { ...NONE }

  /** Whether there is something that is worth a call of its own. */
  get hasNews(): boolean {
    return this.counts.limited + this.counts.foreign > 0
  }

  add(what: keyof CallCounts, count = 1): void {
    this.counts[what] += count
  }

  /** Takes everything, to be put back if the call fails. */
  take(): Required<CallCounts> {
    const taken = this.counts
    this.counts = { ...NONE }
    return taken
  }

  putBack(taken: Required<CallCounts>): void {
    for (const what of Object.keys(NONE) as (keyof CallCounts)[]) this.add(what, taken[what])
  }
}
