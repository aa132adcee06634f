/**
 * Visitors far from the front poll less often, so their tickets may be silent for longer.
 *
 * The tick finds the number from which on the expected wait is long: from there on isolates tell
 * visitors to poll at up to `pollIntervalMaxSeconds`. The silence limit follows with a lag: a
 * ticket is far until it has been near without a break for `SILENCE_INTERVALS` of the longest
 * intervals. So a visitor who polls as told is heard in time, even if the line suddenly moves
 * faster. No state per ticket: both borders are numbers.
 */
import { type ExpectedFlow, expectedWaitSeconds } from './estimate.ts'
import { REGULAR } from './lanes.ts'
import { FAR_WAIT_INTERVALS } from './limits.ts'
import type { LineRules } from './rules.ts'
import { farLimitSeconds } from './silence.ts'
import type { Tickets } from './tickets.ts'

/** As the first far number: nobody is far. */
export const NOBODY_FAR = Number.POSITIVE_INFINITY

/** The tickets that may be silent for longer than the heartbeat timeout. */
export interface FarTickets {
  /** From this number on. */
  readonly from: number
  readonly limitSeconds: number
}

export interface FarPollsState extends FarTickets {
  /** Where isolates tell visitors to poll less often. */
  readonly told: number
}

interface Border {
  readonly from: number
  readonly limitSeconds: number
  /** Until this listening second, at which another one followed; null: in force. */
  untilSeconds: number | null
}

export class FarPolls {
  /** Oldest first; the last one is in force. At most one per tick of the lag. */
  private borders: Border[] = []

  constructor(state: FarPollsState | undefined, nowSeconds: number) {
    if (state === undefined) return
    const { from, told, limitSeconds } = state
    this.borders = [
      { from, limitSeconds, untilSeconds: nowSeconds },
      { from: told, limitSeconds, untilSeconds: null },
    ]
  }

  /** From this number on visitors are told to poll less often. */
  get told(): number {
    return this.borders.at(-1)?.from ?? NOBODY_FAR
  }

  get tickets(): FarTickets {
    return {
      from: Math.min(NOBODY_FAR, ...this.borders.map(({ from }) => from)),
      limitSeconds: Math.max(0, ...this.borders.map(({ limitSeconds }) => limitSeconds)),
    }
  }

  /** The tick. @param nowSeconds on the listening clock */
  follow(tickets: Tickets, flow: ExpectedFlow, rules: LineRules, nowSeconds: number): void {
    this.put(farFrom(tickets, flow, rules), farLimitSeconds(rules.pollIntervalMaxSeconds), nowSeconds)
  }

  /** Tickets from here on got other numbers: each may have been far until now. */
  renumbered(first: number, nowSeconds: number): void {
    const { limitSeconds, from } = this.tickets
    if (from === NOBODY_FAR) return
    const { told } = this
    this.put(Math.min(first, told), limitSeconds, nowSeconds)
    this.put(told, limitSeconds, nowSeconds)
  }

  private put(from: number, limitSeconds: number, nowSeconds: number): void {
    const last = this.borders.at(-1)
    if (last?.from !== from || last.limitSeconds !== limitSeconds) {
      if (last !== undefined) last.untilSeconds = nowSeconds
      this.borders.push({ from, limitSeconds, untilSeconds: null })
    }
    const lagSeconds = this.tickets.limitSeconds
    this.borders = this.borders.filter(
      ({ untilSeconds }) => untilSeconds === null || nowSeconds - untilSeconds <= lagSeconds,
    )
  }

  /** Undefined: nobody is far, or was within the lag. */
  toStored(): FarPollsState | undefined {
    const { tickets, told } = this
    return tickets.from === NOBODY_FAR ? undefined : { ...tickets, told }
  }
}

/**
 * The first regular number whose wait is expected to be long. Lanes that go before only make it
 * longer.
 */
function farFrom(tickets: Tickets, flow: ExpectedFlow, rules: LineRules): number {
  const longSeconds = FAR_WAIT_INTERVALS * rules.pollIntervalMaxSeconds
  const isLong = (position: number) => expectedWaitSeconds(flow, position) > longSeconds
  // A newcomer counts as well.
  let far = (tickets.waitingByLane[REGULAR] as number) + 1
  if (farLimitSeconds(rules.pollIntervalMaxSeconds) === 0 || !isLong(far)) return NOBODY_FAR
  for (let near = 0; far - near > 1; ) {
    const middle = (near + far) >> 1
    if (isLong(middle)) far = middle
    else near = middle
  }
  return tickets.waitingNumberAt(far - 1)
}
