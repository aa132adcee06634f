/**
 * Maps the outcome of a visit to an answer. The gate, `/line` and `/status` differ only in their
 * `VisitAnswers`.
 */

import type { RoomSettings } from '../settings/rooms.ts'
import type { Status } from '../status.ts'
import type { TokenChange } from '../tokens/token-cookie.ts'
import type { Issued } from './issue.ts'
import type { KeyOutcome, ValidKey } from './key-entry.ts'
import type { Visit } from './outcome.ts'

export interface VisitAnswers<Answer> {
  admitted(pass: Issued): Answer
  /**
   * Without a pass: the room is suspended, or it is unreachable and `on_room_failure` is "admit".
   */
  letThrough(reason: 'suspended' | 'unreachable'): Answer
  /** The visitor waits, or has lost the place. */
  wait(status: Status, ticket: Issued | null, change: TokenChange): Answer
  /** A newcomer gets no ticket. `code`: 429 for too many newcomers from one address. */
  refuse(status: Status, code?: 429): Answer
  /** A newcomer must pass the check before joining. */
  unchecked(): Answer
  /** An access key leads past the room. */
  passed(key: ValidKey): Answer
  /** There is no place, because of an access key or because one is missing. */
  keyEnds(outcome: KeyOutcome): Answer
  /** The request has no token that counts and may not join. */
  noToken(): Answer
}

export function answerVisit<Answer>(
  outcome: Visit,
  { on_room_failure }: Pick<RoomSettings, 'on_room_failure'>,
  answers: VisitAnswers<Answer>,
): Answer {
  switch (outcome.state) {
    case 'admitted':
      return answers.admitted(outcome.pass)
    case 'waiting':
      return answers.wait(outcome.status, outcome.ticket, changeOf(outcome.ticket))
    case 'expired':
    case 'moved':
      return answers.wait(outcome.status, null, null)
    case 'full':
    case 'closed':
      return answers.refuse(outcome.status)
    case 'limited':
      return answers.refuse(outcome.status, 429)
    case 'unchecked':
      return answers.unchecked()
    case 'passed':
      return answers.passed(outcome.key)
    case 'uninvited':
    case 'key-refused':
    case 'taken':
      return answers.keyEnds(outcome)
    case 'suspended':
      return answers.letThrough('suspended')
    case 'unreachable':
      if (on_room_failure === 'admit') return answers.letThrough('unreachable')
      return answers.wait(outcome.status, outcome.ticket, changeOf(outcome.ticket))
    case 'no-token':
      return answers.noToken()
  }
}

function changeOf(ticket: Issued | null): TokenChange {
  return ticket?.renewed ? ticket.text : undefined
}
