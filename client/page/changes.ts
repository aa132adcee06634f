/** Decides which changes need an explanation: a figure that got worse, or another ticket. */
import type { Status } from '../../src/status.ts'

/** The number that a ticket was issued with: a draw changes `number` alone. */
export function ticketOf({ number, event }: Status): number | null {
  return event?.entry ?? number
}

export type Change = 'returned' | 'slower' | 'betterTicket' | 'newTicket'

/** Estimates move all the time: only a rise by this much, and by this share, is explained. */
const RISE_MIN_SECONDS = 60
const RISE_MIN_SHARE = 0.2

/** The lowest estimate shown so far, and the explanation on the page. */
export interface Told {
  readonly number: number | null
  readonly lowestSeconds: number | null
  readonly change: Change | null
}

export function toldFirst(status: Status): Told {
  return { number: ticketOf(status), lowestSeconds: status.etaSeconds, change: null }
}

/** `before` and `after`: two consecutive statuses. */
export function tellChange(told: Told, before: Status, after: Status): Told {
  const eta = after.etaSeconds
  const [earlier, number] = [ticketOf(before), ticketOf(after)]
  if (earlier !== null && number !== null && earlier !== number) {
    return { number, lowestSeconds: eta, change: number < earlier ? 'betterTicket' : 'newTicket' }
  }
  if (before.position !== null && after.position !== null && after.position > before.position) {
    return { number, lowestSeconds: eta, change: 'returned' }
  }
  const { lowestSeconds } = told
  if (eta === null || lowestSeconds === null) return { ...told, number, lowestSeconds: eta ?? lowestSeconds }
  if (eta - lowestSeconds >= Math.max(RISE_MIN_SECONDS, lowestSeconds * RISE_MIN_SHARE)) {
    return { number, lowestSeconds: eta, change: 'slower' }
  }
  // An explanation stays until the figures improve.
  const better = before.position !== null && after.position !== null && after.position < before.position
  const isSettled = eta < lowestSeconds && better
  return {
    number,
    lowestSeconds: Math.min(lowestSeconds, eta),
    change: isSettled ? null : told.change,
  }
}
