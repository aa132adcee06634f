import { State } from '../../../src/core/ticket-state.ts'
import { Tickets } from '../../../src/core/tickets.ts'

/** A table in which so many wait, heard at second 7; all of it is stored and verified. */
export function tableOf(count: number): Tickets {
  const tickets = new Tickets()
  for (let i = 0; i < count; i++) tickets.issue(State.waiting, 7)
  tickets.takeChanges(true)
  tickets.takeNewlyLive()
  tickets.verifyMoved()
  return tickets
}
