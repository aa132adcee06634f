/**
 * Lent slots: while nobody waits, isolates get numbers in advance and admit newcomers with them, so
 * that these wait for no call.
 *
 * A lent slot is a ticket that was issued and admitted like any other, and whose visitor is not
 * known yet: it takes a slot, and a whole admission of the rate. So the guarantees of both hold
 * whatever isolates do, and no number is told twice. It becomes a session when its isolate reports
 * it used, or when its visitor is heard first. Unused ones come back as soon as their isolate says
 * so; those of an isolate that falls silent come back when any session would have ended.
 */
import type { EventCourse } from './event-course.ts'
import { bordersBetween } from './events.ts'
import { REGULAR } from './lanes.ts'
import { LEASE_LIFE_MS, LEASE_MAX, LENT_MAX, SEGMENT_SIZE } from './limits.ts'
import type { LineState } from './line-state.ts'
import { isClosed } from './rules.ts'
import type { SilentBefore } from './silence.ts'
import { LENT_FLAG, State } from './ticket-state.ts'
import { noteJoinTime } from './wait-times.ts'

/** Consecutive regular numbers that an isolate may give to newcomers. */
export interface Lease {
  readonly first: number
  readonly count: number
  /** They may be used for this long, counted from the start of the call. */
  readonly lifeMs: number
}

export class Lending {
  private readonly line: LineState
  private readonly course: EventCourse

  constructor(line: LineState, course: EventCourse) {
    this.line = line
    this.course = course
  }

  /** Slots lent now. */
  get count(): number {
    return this.line.lent.count
  }

  /** Whether a number is lent, and no visitor is known to hold it. */
  isLent(number: number): boolean {
    return this.line.lent.has(number)
  }

  /**
   * Tops up what an isolate holds to `wanted`, the newcomers that it expects within the life of a
   * lease. Null: nothing is lent now.
   */
  lend(isolate: string, wanted: number): Lease | null {
    if (!(wanted > 0) || !this.mayLend) return null
    const { line } = this
    const { tickets, lent, bucket, rules, clock, record } = line
    const { leaseBelow = 0, capacity, checkIntervalSeconds } = rules
    const count = Math.min(
      Math.min(Math.floor(wanted), LEASE_MAX) - lent.countOf(isolate),
      Math.floor(leaseBelow * capacity) - tickets.occupied,
      bucket.admissionsAbove(1 - leaseBelow, this.course.pace),
      line.numbers.endOf(REGULAR) - tickets.next,
      LENT_MAX - lent.count,
    )
    if (count <= 0) return null
    const first = tickets.next
    const heard = clock.heardSeconds(0, checkIntervalSeconds)
    for (let i = 0; i < count; i++) {
      bucket.take()
      const number = tickets.issue(State.offered, heard)
      tickets.setFlags(number, LENT_FLAG)
      lent.add(number, isolate)
      line.numbers.admitted(number)
      noteJoinTime(tickets, number, record.nowSeconds)
    }
    return { first, count, lifeMs: LEASE_LIFE_MS }
  }

  /** Nobody waits, the room admits, and it still does when the lease ends. */
  private get mayLend(): boolean {
    const { rules, tickets, record, events } = this.line
    const { mode, suspended, soldOut } = rules
    if (mode !== 'open' || suspended || soldOut || isClosed(rules, record.nowMs)) return false
    if (tickets.waiting > 0) return false
    const { followedMs } = this.course
    return bordersBetween(events, followedMs, followedMs + LEASE_LIFE_MS).length === 0
  }

  /**
   * A visitor came with a lent number: it is a session from now on, and counts as joined and
   * admitted. Other numbers are ignored. Callers report the visitor's presence separately.
   * @param network see `Newcomer`
   */
  take(number: number, network?: number): void {
    const { tickets, lent, sessions, rules, clock, record } = this.line
    if (!lent.remove(number)) return
    tickets.move(number, State.active)
    sessions.start(number, rules, clock.nowSeconds)
    record.joined(number, network)
    record.admittedAtOnce(number)
  }

  /** An isolate has not used these numbers, and will not. Numbers that are not lent are ignored. */
  giveBack(numbers: Iterable<number>): void {
    const { tickets, lent, record } = this.line
    for (const number of numbers) {
      if (!lent.remove(number)) continue
      tickets.move(number, State.gone)
      record.totals.lentBack++
    }
  }

  /**
   * Takes lent slots back whose isolate has not reported them, and whose visitor would be silent.
   */
  takeBackSilent({ near }: SilentBefore): void {
    const { tickets, lent } = this.line
    const isSilent = (number: number) => {
      const segment = tickets.segmentOf(number)
      const offset = number % SEGMENT_SIZE
      const before = near[segment?.states[offset] ?? 0] as number
      return segment === undefined || (segment.heard[offset] as number) < before
    }
    this.giveBack([...lent.all()].filter(isSilent))
  }
}
