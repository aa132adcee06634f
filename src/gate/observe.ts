/**
 * The method `passthrough`: the room observes. The object keeps its line as always, so its figures
 * say who would wait; here everyone is let through.
 */
import { issue } from './issue.ts'
import type { Visit, VisitContext } from './outcome.ts'

export function isObserving({ room, client }: Pick<VisitContext, 'room' | 'client'>): boolean {
  const snapshot = client.view?.snapshot
  return (snapshot === undefined ? room.queueing_method : snapshot.method) === 'passthrough'
}

/**
 * Lets the visitor through. A visitor who would wait gets a pass, by which the room hears of the
 * visitor like of anyone on the site. A visitor without a place is let through uncounted.
 */
export async function letThrough(context: VisitContext, outcome: Visit): Promise<Visit> {
  const { state } = outcome
  if (state === 'admitted' || state === 'passed') return outcome
  const isPlace = state === 'waiting' && outcome.ticket.token.kind === 'ticket'
  return isPlace
    ? { state: 'admitted', pass: await issue(context, 'pass', outcome.ticket.token) }
    : { state: 'suspended' }
}
