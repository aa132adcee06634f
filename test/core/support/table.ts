import { State } from '../../../src/core/ticket-state.ts'
import { Tickets } from '../../../src/core/tickets.ts'

/** A table with this many waiting tickets, heard at second 7, stored and verified. */
export function tableOf(count: number): Tickets {
  const tickets = new Tickets()
  for (let i = 0; i < count; i++) tickets.issue(State.waiting, 7)
  tickets.takeChanges(true)
  tickets.takeNewlyLive()
  tickets.verifyMoved()
  return tickets
}
