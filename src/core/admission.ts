/**
 * The rule of admission, complete.
 *
 * Waiting tickets are admitted strictly by number, lowest first, in a room with lanes within each
 * lane (lane-order.ts says which lane goes next), while
 * 1. the room is open (not `queue-all`, `paused` or suspended),
 * 2. a slot is free: offered + active < capacity,
 * 3. the rate, which the origin guard may scale down, allows it: the bucket holds a whole
 *    admission. A newcomer is admitted at once only if, in addition, nobody waits. An admitted
 *    ticket is `offered` until its visitor claims it. Admission does not refresh the last-seen
 *    time, so a visitor who left just before costs the next one seconds, not a session.
 *
 * An operator may admit tickets regardless of the rate and under `queue-all`, but never beyond the
 * capacity.
 */
import type { LaneOrder } from './lane-order.ts'
import type { RateBucket } from './rate-bucket.ts'
import type { LineRules } from './rules.ts'
import { BrokenInvariant, State } from './ticket-state.ts'
import type { Tickets } from './tickets.ts'

/** Conditions 1 and 2. */
export function hasFreeSlot(tickets: Tickets, rules: LineRules): boolean {
  return rules.mode === 'open' && !rules.suspended && tickets.occupied < rules.capacity
}

/** Conditions 1 to 3. The bucket has been refilled up to now. */
export function mayAdmit(tickets: Tickets, bucket: RateBucket, rules: LineRules): boolean {
  return hasFreeSlot(tickets, rules) && bucket.hasAdmission
}

/** Whether a newcomer is admitted without waiting: nobody waits in any lane. */
export function mayAdmitNewcomer(tickets: Tickets, bucket: RateBucket, rules: LineRules): boolean {
  return tickets.waiting === 0 && mayAdmit(tickets, bucket, rules)
}

/** Offers every free slot that the rate allows, in order, and reports each number. */
export function admitWaiting(
  tickets: Tickets,
  lanes: LaneOrder,
  bucket: RateBucket,
  rules: LineRules,
  onAdmitted: (number: number) => void,
): void {
  while (tickets.waiting > 0 && mayAdmit(tickets, bucket, rules)) {
    bucket.take()
    offerNext(tickets, lanes, rules, onAdmitted)
  }
}

/**
 * Offers a slot to the next `count` tickets while slots are free. Takes nothing from the bucket.
 */
export function admitByHand(
  tickets: Tickets,
  lanes: LaneOrder,
  rules: LineRules,
  count: number,
  onAdmitted: (number: number) => void,
): void {
  if (rules.mode === 'paused' || rules.suspended) return
  for (let left = count; left > 0 && tickets.waiting > 0 && tickets.occupied < rules.capacity; left--) {
    offerNext(tickets, lanes, rules, onAdmitted)
  }
}

function offerNext(tickets: Tickets, lanes: LaneOrder, rules: LineRules, onAdmitted: (number: number) => void): void {
  const number = tickets.lowestWaiting(lanes.take(tickets.waitingByLane))
  tickets.move(number, State.offered)
  if (tickets.occupied > rules.capacity) throw new BrokenInvariant(`admitting ${number} exceeds the capacity`)
  onAdmitted(number)
}

/**
 * No event takes more slots than the capacity. `occupiedBefore`: slots taken when the event began,
 * which exceed a capacity that was lowered.
 * @throws BrokenInvariant
 */
export function verifyCapacity(occupied: number, capacity: number, occupiedBefore: number): void {
  if (occupied > Math.max(capacity, occupiedBefore)) {
    throw new BrokenInvariant(`${occupied} slots taken of ${capacity}`)
  }
}
