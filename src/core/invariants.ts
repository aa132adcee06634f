/**
 * What must hold of every line. Each function throws `BrokenInvariant`: then nothing of the event may be stored, and its memory is
 * not to be used any more. The counts themselves are verified by tickets.ts.
 */
import { BrokenInvariant, type Tickets } from './tickets.ts'

/** The parts of a line that are verified. */
interface Verified {
  readonly tickets: Tickets
  readonly frontier: number
}

/** The cheap ones, of every event. `occupiedBefore`: slots taken when it began, more than the capacity where that was lowered. */
export function verifyEvent(line: Verified, capacity: number, occupiedBefore: number): void {
  line.tickets.verifyMoved()
  const { occupied } = line.tickets
  if (occupied > Math.max(capacity, occupiedBefore)) {
    throw new BrokenInvariant(`${occupied} slots taken of ${capacity}`)
  }
  verifyFrontier(line)
}

/** Every one there is, but for the capacity, which only an event can exceed. It looks at each ticket. */
export function verifyWhole(line: Verified): void {
  line.tickets.verifyAll()
  verifyFrontier(line)
}

function verifyFrontier({ frontier, tickets: { next } }: Verified): void {
  if (frontier > next) throw new BrokenInvariant(`frontier ${frontier} above next number ${next}`)
}
