/**
 * The rule of admission, all of it.
 *
 * Who waits is admitted strictly by number, the lowest first, as long as
 *   1. the room is open (not `queue-all`, not `paused`, not suspended),
 *   2. a slot is free: offered + active < capacity,
 *   3. the rate, which the origin guard may scale down, allows it: the bucket holds a whole admission.
 * A newcomer is admitted at once only if, besides, nobody waits. An admitted ticket is `offered` until its visitor claims
 * it; admission does not refresh when it was last heard, so that who left just before costs the next one seconds.
 *
 * By hand an operator may let the next ones in whatever the rate, and under `queue-all`; never over the capacity.
 */
import type { RateBucket } from './rate-bucket.ts'
import type { LineRules } from './rules.ts'
import { State } from './ticket-state.ts'
import { BrokenInvariant, type Tickets } from './tickets.ts'

/** Whether one more may be let in now as far as the rate allows it: the room is open and a slot is free. */
export function hasPlace(tickets: Tickets, rules: LineRules): boolean {
  return rules.mode === 'open' && !rules.suspended && tickets.occupied < rules.capacity
}

/** Whether one more may be let in now. The bucket has been refilled up to now. */
export function mayAdmit(tickets: Tickets, bucket: RateBucket, rules: LineRules): boolean {
  return hasPlace(tickets, rules) && bucket.hasAdmission
}

/** Whether a newcomer need not wait. */
export function mayAdmitNewcomer(tickets: Tickets, bucket: RateBucket, rules: LineRules): boolean {
  return tickets.waiting === 0 && mayAdmit(tickets, bucket, rules)
}

/** Offers a place to as many as may be let in, lowest number first, and tells each number. */
export function admitWaiting(
  tickets: Tickets,
  bucket: RateBucket,
  rules: LineRules,
  onAdmitted: (number: number) => void,
): void {
  while (tickets.waiting > 0 && mayAdmit(tickets, bucket, rules)) {
    bucket.take()
    offerNext(tickets, rules, onAdmitted)
  }
}

/** Offers a place to the next `count`, as far as slots are free. Takes nothing from the rate. */
export function admitByHand(
  tickets: Tickets,
  rules: LineRules,
  count: number,
  onAdmitted: (number: number) => void,
): void {
  if (rules.mode === 'paused' || rules.suspended) return
  for (let left = count; left > 0 && tickets.waiting > 0 && tickets.occupied < rules.capacity; left--) {
    offerNext(tickets, rules, onAdmitted)
  }
}

function offerNext(tickets: Tickets, rules: LineRules, onAdmitted: (number: number) => void): void {
  const number = tickets.lowestWaiting()
  tickets.move(number, State.offered)
  if (tickets.occupied > rules.capacity) throw new BrokenInvariant(`admitting ${number} exceeds the capacity`)
  onAdmitted(number)
}
