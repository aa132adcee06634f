/**
 * Offered tickets whose slot is held for `confirm_entry_seconds` because the visitor's page is
 * hidden, and when each hold began (listening seconds). Time in which the room was suspended does
 * not count. At most one entry per slot. Not stored: after a restart the hold begins anew with the
 * visitor's next poll.
 */
import { SEGMENT_SIZE } from './limits.ts'
import type { LineRules } from './rules.ts'
import type { Segment } from './segment.ts'
import type { SilenceClock } from './silence.ts'

export class HeldOffers {
  private readonly sinceByNumber = new Map<number, number>()

  /**
   * The visitor polls, and does not come in yet. Returns for how many seconds more the slot is
   * held; null: offers are not held.
   */
  hold(number: number, { confirmEntrySeconds = 0 }: LineRules, clock: SilenceClock): number | null {
    if (confirmEntrySeconds === 0) return null
    const since = this.sinceByNumber.get(number) ?? clock.nowSeconds
    this.sinceByNumber.set(number, since)
    return Math.max(0, confirmEntrySeconds - heldSeconds(since, clock))
  }

  /** The ticket is not offered any more. */
  end(number: number): void {
    this.sinceByNumber.delete(number)
  }

  /** ... any of these tickets of a segment. */
  endMany(segment: Segment, offsets: Uint16Array): void {
    if (this.sinceByNumber.size === 0) return
    for (const offset of offsets) this.end(segment.index * SEGMENT_SIZE + offset)
  }

  /** Numbers whose slot was held for long enough. */
  overdue({ confirmEntrySeconds = 0, suspended }: LineRules, clock: SilenceClock): number[] {
    if (confirmEntrySeconds === 0 || suspended) return []
    const held = [...this.sinceByNumber]
    return held.filter(([, since]) => heldSeconds(since, clock) >= confirmEntrySeconds).map(([number]) => number)
  }
}

function heldSeconds(since: number, { nowSeconds, resumedSeconds }: SilenceClock): number {
  return nowSeconds - Math.max(since, resumedSeconds)
}
