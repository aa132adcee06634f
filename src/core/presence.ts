/**
 * The effect of presence, departure and silence on a ticket.
 *
 * Owns the moves between present and absent. The limits of silence are in silence.ts, the counters
 * in line-record.ts. Numbers that were never issued and tickets that are gone are ignored.
 */
import { noteSilent } from './endings.ts'
import { NOBODY_FAR } from './far-polls.ts'
import { REGULAR } from './lanes.ts'
import type { Lending } from './lending.ts'
import { SEGMENT_SIZE } from './limits.ts'
import type { LineState } from './line-state.ts'
import { observes } from './rules.ts'
import type { Segment } from './segment.ts'
import {
  afterSilence,
  isExtendedByDeparture,
  type SilenceLimits,
  silenceLimits,
  silentBefore,
  silentOffsets,
} from './silence.ts'
import { DEPARTING_FLAG, returnsOf, STATE_MASK, State } from './ticket-state.ts'

export class Presence {
  private limits: SilenceLimits
  private limitsOf: { readonly session: number; readonly far: number; readonly observes: boolean }
  private readonly after: Uint8Array
  private readonly line: LineState
  private readonly lending: Lending
  private readonly onOutOfReturns: (number: number) => void

  /** `onOutOfReturns`: the ticket was absent too often and loses its place. */
  constructor(line: LineState, lending: Lending, onOutOfReturns: (number: number) => void) {
    this.limitsOf = limitsOf(line)
    this.limits = silenceLimits(line.rules, this.limitsOf.far)
    // Neither operators nor events change the rule behind this table while the room runs.
    this.after = afterSilence(line.rules)
    this.line = line
    this.lending = lending
    this.onOutOfReturns = onOutOfReturns
  }

  /**
   * A visitor was heard `ageMs` ago. An absent ticket waits again with its number unless it has
   * returned too often.
   */
  hear(number: number, ageMs: number): void {
    const { tickets, clock, record, rules } = this.line
    const segment = tickets.segmentOf(number)
    if (segment === undefined) return
    const offset = number % SEGMENT_SIZE
    const byte = segment.states[offset] as number
    const state = byte & STATE_MASK
    if (state === State.gone) return
    const heard = clock.heardSeconds(ageMs, rules.checkIntervalSeconds)
    if (state === State.absent) {
      // A message this old does not show that the visitor is still there.
      if (ageMs >= rules.heartbeatTimeoutSeconds * 1000) return
      if (rules.returnsMax > 0 && returnsOf(byte) >= rules.returnsMax) {
        this.onOutOfReturns(number)
        return
      }
      tickets.move(number, State.waiting)
      record.returned(number)
      segment.heard[offset] = heard
    } else {
      const known = segment.heard[offset] as number
      if ((byte & DEPARTING_FLAG) !== 0) {
        // By its capped age, it would count as newer than what was said after the departure.
        if (!this.cancelsDeparture(byte, ageMs, known)) return
        tickets.clearFlags(number, DEPARTING_FLAG)
      }
      segment.heard[offset] = Math.max(known, heard)
    }
  }

  /**
   * Whether a message of this age is newer than the departure. When in doubt, the visitor stays
   * longer.
   */
  private cancelsDeparture(byte: number, ageMs: number, known: number): boolean {
    const { clock, rules } = this.line
    // Where a departure extends the stay, a message mistaken for a newer one would shorten it: its
    // age is not capped.
    const said = isExtendedByDeparture(byte, rules)
      ? clock.saidSeconds(ageMs)
      : clock.heardSeconds(ageMs, rules.checkIntervalSeconds)
    // After a restore `known` lies in the future. The message still cancels the departure.
    return said >= Math.min(known, clock.nowSeconds)
  }

  /**
   * A page was left `ageMs` ago: another silence limit applies until the visitor is heard again.
   */
  depart(number: number, ageMs: number): void {
    const { tickets, clock, rules } = this.line
    const segment = tickets.segmentOf(number)
    const offset = number % SEGMENT_SIZE
    const state = segment?.stateAt(offset) ?? State.gone
    if (segment === undefined || state === State.gone || state === State.absent) return
    const byte = segment.states[offset] as number
    const extendsStay = isExtendedByDeparture(byte, rules)
    const heard = segment.heard[offset] as number
    const known = Math.min(heard, clock.nowSeconds)
    const said = clock.saidSeconds(ageMs)
    // After a restore `heard` lies in the future, and while the room is suspended the clock stands
    // still. So nothing tells which was said first: when in doubt, the visitor stays longer.
    const isUndecided = rules.suspended || heard > clock.nowSeconds + 1
    // The visitor was heard after this departure, which arrived late.
    if (said < known && !(isUndecided && extendsStay)) return
    // It arrives again.
    if (said === known && (byte & DEPARTING_FLAG) !== 0) return
    this.hear(number, ageMs)
    // A flag that extends a session must survive a restart; one that shortens the silence limit
    // need not.
    tickets.setFlags(number, DEPARTING_FLAG, extendsStay ? 'durable' : 'lazy')
  }

  /** A session was used `ageMs` ago. */
  touch(number: number, ageMs: number): void {
    const { sessions, clock, rules } = this.line
    sessions.touch(number, clock.heardSeconds(ageMs, rules.checkIntervalSeconds))
  }

  /**
   * Moves every silent ticket of these segments on: to absent, or to gone. Works by segment, as one
   * tick may find a million. In a suspended room nobody expires: its clock stands still, and
   * tickets that were silent before are kept, too.
   */
  expireSilent(segments: readonly Segment[]): void {
    const { tickets, numbers, sessions, heldOffers, record, clock, rules, farPolls } = this.line
    if (rules.suspended) return
    const { from: farFrom, limitSeconds } = farPolls.tickets
    // An event may change the session timeout, and the far limit outlives its setting.
    const { session, far, observes } = limitsOf(this.line)
    const known = this.limitsOf
    if (session !== known.session || far !== known.far || observes !== known.observes) {
      this.limits = silenceLimits(rules, limitSeconds)
    }
    this.limitsOf = { session, far, observes }
    const before = silentBefore(this.limits, clock)
    // First, so that the scan finds none of them.
    this.lending.takeBackSilent(before)
    // Only the regular line has far tickets.
    const farIn = ({ index }: Segment) => (numbers.indexOfSegment(index) === REGULAR ? farFrom : NOBODY_FAR)
    const silent = segments
      .map((segment) => ({ segment, offsets: silentOffsets(segment, before, farIn(segment)) }))
      .filter(({ offsets }) => offsets.length > 0)
    record.noteSilent(silent)
    for (const { segment, offsets } of silent) {
      noteSilent(this.line, segment, offsets, this.after)
      sessions.endMany(segment, offsets)
      heldOffers.endMany(segment, offsets)
      record.countSilent(tickets.moveMany(segment, offsets, this.after))
      segment.hearMany(offsets, clock.nowSeconds)
    }
  }
}

/** Changes of these change the limits of silence. */
function limitsOf({ rules, farPolls }: LineState) {
  return { session: rules.sessionTimeoutSeconds, far: farPolls.tickets.limitSeconds, observes: observes(rules) }
}
