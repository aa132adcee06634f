/**
 * What becomes of those who fell silent: absent, forgotten or, without a grace, gone.
 *
 * Works by segments, as the tick may find a million. Who is silent is in silence.ts, what is counted of it in line-record.ts.
 */
import type { LineRecord } from './line-record.ts'
import type { ListeningClock } from './listening-clock.ts'
import type { LineRules } from './rules.ts'
import type { Segment } from './segment.ts'
import type { Sessions } from './sessions.ts'
import { afterSilence, type SilenceLimits, silenceLimits, silentBefore, silentOffsets } from './silence.ts'
import type { Tickets } from './tickets.ts'

/** The parts of a line that fall silent. */
interface Parts {
  readonly tickets: Tickets
  readonly sessions: Sessions
  readonly clock: ListeningClock
  readonly record: LineRecord
}

export class Expiry {
  private readonly limits: SilenceLimits
  private readonly after: Uint8Array
  private readonly parts: Parts

  constructor(rules: LineRules, parts: Parts) {
    this.limits = silenceLimits(rules)
    this.after = afterSilence(rules)
    this.parts = parts
  }

  /** Moves on everyone in these segments who has been silent for too long. */
  expireSilent(segments: readonly Segment[]): void {
    const { tickets, sessions, record } = this.parts
    const { clock } = this.parts
    const before = silentBefore(this.limits, clock)
    const silent = segments
      .map((segment) => ({ segment, offsets: silentOffsets(segment, before) }))
      .filter(({ offsets }) => offsets.length > 0)
    record.noteSilent(silent)
    for (const { segment, offsets } of silent) {
      sessions.endMany(segment, offsets)
      record.countSilent(tickets.moveMany(segment, offsets, this.after))
      segment.hearMany(offsets, clock.nowSeconds)
    }
  }
}
