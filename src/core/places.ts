/**
 * The places of a line: how a newcomer gets one, what its holder may do, and how it ends.
 *
 * Owns the answers to joins and claims, and every end but the one by silence, which is in
 * presence.ts.
 */
import type { AccessRefusal } from './access.ts'
import { mayAdmitNewcomer } from './admission.ts'
import { noteEnd } from './endings.ts'
import type { EventCourse } from './event-course.ts'
import { REGULAR } from './lanes.ts'
import type { EndEvent } from './line-record.ts'
import type { LineState } from './line-state.ts'
import type { Presence } from './presence.ts'
import { isClosed } from './rules.ts'
import { BEACON_FLAG, State } from './ticket-state.ts'
import { noteJoinTime } from './wait-times.ts'

/**
 * `number`: the issued one, see draw-result.ts. `holder`: see holders.ts; missing: 0. Only joins
 * with an access key get `taken` (another device holds the key's place; `isNew`: since a moment
 * ago) and `passed` (the key leads past the room).
 */
export type JoinAnswer =
  | { readonly state: 'waiting'; readonly number: number; readonly holder?: number }
  | { readonly state: 'active'; readonly number: number; readonly holder?: number }
  | { readonly state: 'taken'; readonly number: number; readonly isNew: boolean }
  | { readonly state: 'passed' }
  /**
   * Refused. `why`: missing when the line is full; a reader that does not know the value says
   * "full". `spent`: the key was used for a ticket that is gone.
   */
  | { readonly state: 'full'; readonly why?: 'closed' | 'suspended' | 'sold-out' | 'spent' | AccessRefusal }

/** Answers about places of the line. */
export type PlaceAnswer = Exclude<JoinAnswer, { readonly state: 'taken' | 'passed' }>

export type ClaimAnswer =
  | { readonly state: 'active' }
  | { readonly state: 'waiting'; readonly position: number }
  /** The slot is held for this long. Only claims with `held` get it. */
  | { readonly state: 'offered'; readonly heldSeconds: number }
  | { readonly state: 'gone' }

/** One newcomer, as far as the line needs to know. */
export interface Newcomer {
  /** The lane to join; missing: the regular one. */
  readonly lane?: string
  /**
   * A keyed hash of the client's network (IPv4 /24, IPv6 /48), 32 bits; missing: unknown. The same
   * in all isolates.
   */
  readonly network?: number
}

export interface ClaimDetails {
  /** The claim comes from the beacon. */
  readonly beacon: boolean
  /** The visitor has interacted with the page since the last beacon. */
  readonly touched: boolean
  /**
   * Nobody looks at the visitor's page: an offered slot is held for `confirmEntrySeconds`. Missing:
   * no, or an older version calls.
   */
  readonly held?: boolean
}

export class Places {
  private readonly line: LineState
  private readonly course: EventCourse
  private readonly presence: Presence

  constructor(line: LineState, course: EventCourse, presence: Presence) {
    this.line = line
    this.course = course
    this.presence = presence
  }

  /**
   * Answers a newcomer, who joins the lane that the details name. The same key gets the same number
   * for `JOIN_KEY_SECONDS`.
   */
  join(key: string, newcomer: Newcomer = {}): PlaceAnswer {
    const { tickets, numbers, joins, bucket, clock, rules, record } = this.line
    const known = joins.find(key)
    if (known !== undefined) return this.rejoin(known)
    if (rules.suspended) return { state: 'full', why: 'suspended' }
    if (rules.soldOut) return { state: 'full', why: 'sold-out' }
    if (isClosed(rules, record.nowMs)) return { state: 'full', why: 'closed' }
    if (tickets.waiting >= rules.maxWaiting) return { state: 'full' }
    const lane = numbers.indexFor(newcomer.lane, rules.lanes ?? [])
    if (numbers.isFull(lane)) return { state: 'full' }
    const isAdmitted = mayAdmitNewcomer(tickets, bucket, rules)
    if (!isAdmitted && rules.method === 'reject') return { state: 'full' }
    const heard = clock.heardSeconds(0, rules.checkIntervalSeconds)
    const number = tickets.issue(
      isAdmitted ? State.active : State.waiting,
      heard,
      lane,
      this.drawnNumber(isAdmitted, lane, key),
    )
    record.joined(number, newcomer.network)
    noteJoinTime(tickets, number, record.nowSeconds)
    joins.remember(key, number, record.nowMs)
    if (!isAdmitted) return { state: 'waiting', number }
    bucket.take()
    this.startSession(number)
    record.admittedAtOnce(number)
    return { state: 'active', number }
  }

  /** With random order, the number of a newcomer who waits in the regular line. */
  private drawnNumber(isAdmitted: boolean, lane: number, key: string): number | undefined {
    const { numbers, tickets, rounds, rules } = this.line
    if (isAdmitted || lane !== REGULAR || rules.method !== 'random') return undefined
    return rounds.take(numbers.of(REGULAR), tickets.waiting, numbers.endOf(REGULAR), key)
  }

  /** Answers a newcomer who has a place already. */
  rejoin(issued: number): PlaceAnswer {
    const number = this.course.lineNumber(issued)
    this.presence.hear(number, 0)
    const { state } = this.claim(number, { beacon: false, touched: false })
    return state === 'active' || state === 'waiting' ? { state, number: issued } : { state: 'full', why: 'spent' }
  }

  /** Answers a visitor who was just heard. An offered ticket becomes a session. */
  claim(number: number, { beacon, touched, held = false }: ClaimDetails): ClaimAnswer {
    const { tickets, heldOffers, record, rules, clock } = this.line
    const state = tickets.stateOf(number)
    if (state === State.gone || state === State.absent) return { state: 'gone' }
    if (state === State.waiting) return { state: 'waiting', position: tickets.waitingBefore(number) + 1 }
    if (state === State.offered) {
      const heldSeconds = held ? heldOffers.hold(number, rules, clock) : null
      if (heldSeconds !== null) return { state: 'offered', heldSeconds }
      heldOffers.end(number)
      tickets.move(number, State.active)
      this.startSession(number)
      record.claimed(number)
    }
    if (beacon) tickets.setFlags(number, BEACON_FLAG)
    if (touched) this.presence.touch(number, 0)
    return { state: 'active' }
  }

  private startSession(number: number): void {
    const { sessions, rules, clock } = this.line
    sessions.start(number, rules, clock.nowSeconds)
  }

  /**
   * A visitor gave up the place for good, or an operator revoked it. False: the ticket was gone
   * before.
   */
  leave(number: number, event: 'left' | 'revoked' = 'left'): boolean {
    const { tickets, lostPlaces, leftPlaces, record } = this.line
    const state = tickets.stateOf(number)
    if (state === State.gone) return false
    this.end(number, state, event)
    // Another copy of the ticket may still wait, and is told.
    const told = event === 'left' ? leftPlaces : lostPlaces
    told.add(number, record.nowMs)
    return true
  }

  /**
   * The ticket returned from absence once too often. Its holder is told and may join again at the
   * end.
   */
  lose(number: number): void {
    const { lostPlaces, record } = this.line
    this.end(number, State.absent, 'forgotten')
    record.totals.limitedReturns++
    lostPlaces.add(number, record.nowMs)
  }

  /** Nobody came in while the slot was held. The holder is told and may join again at the end. */
  missTurn(number: number): void {
    this.end(number, State.offered, 'missed')
    this.line.lostPlaces.add(number, this.line.record.nowMs)
  }

  end(number: number, from: State, event: EndEvent): void {
    const { tickets, sessions, heldOffers, record } = this.line
    noteEnd(this.line, number, event)
    tickets.move(number, State.gone)
    if (from === State.active) sessions.end(number)
    if (from === State.offered) heldOffers.end(number)
    record.ended(number, from, event)
  }
}
