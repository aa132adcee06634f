/**
 * Joins with an access key: applies the decision of access.ts to the line. The caller stores line
 * and rows together.
 */
import {
  type AccessClaim,
  type AccessRows,
  type AccessWorld,
  decideAccess,
  keySubject,
  noteTakeOver,
  noteUse,
  presentIn,
} from './access.ts'
import type { Line } from './line.ts'
import type { JoinAnswer, Newcomer } from './places.ts'
import { State } from './ticket-state.ts'

/** A newcomer with an access key. */
interface KeyHolder extends Newcomer {
  readonly access: AccessClaim
}

export function joinWithKey(line: Line, joinKey: string, details: KeyHolder, rows: AccessRows): JoinAnswer {
  const { access } = details
  const world = worldOf(line)
  const decision = decideAccess(joinKey, access, rows, world)
  switch (decision.kind) {
    case 'redeem':
      return access.skips === true ? skip(line, joinKey, access, rows) : redeem(line, joinKey, details, rows)
    case 'same':
      return rejoin(line, decision.number, decision.holder)
    case 'pass':
      return { state: 'passed' }
    case 'elsewhere':
      return { state: 'taken', number: decision.number, isNew: decision.isNew }
    case 'take-over': {
      const { number, holder } = decision
      if (!line.holders.move(number, holder, world.nowMs)) return { state: 'taken', number, isNew: false }
      noteTakeOver(joinKey, access, { number, holder }, rows, world)
      line.totals.keyTakeOvers++
      return rejoin(line, number, holder)
    }
    case 'refuse':
      line.totals.keysRefused++
      return { state: 'full', why: decision.why }
  }
}

function worldOf(line: Line): AccessWorld {
  return {
    run: line.run,
    nowMs: line.nowMs,
    isLive: (number) => line.isLive(number),
    holderOf: (number) => line.holders.of(number),
  }
}

/** Gives the visitor a new place, then gives up the present one. */
function redeem(line: Line, joinKey: string, details: KeyHolder, rows: AccessRows): JoinAnswer {
  const { access } = details
  const world = worldOf(line)
  const from = presentPlace(line, access)
  // The visitor's turn has come meanwhile: no better place is needed.
  if (from !== null && isAdmitted(line, from)) return { state: 'full' }
  // The rows tell repeated joins apart, for longer than the line remembers keys.
  const used = rows.get(keySubject(access.id))
  const answer = line.places.join(`${joinKey} ${used?.run === line.run ? used.used : 0}`, details)
  if (answer.state !== 'waiting' && answer.state !== 'active') return answer
  noteUse(joinKey, access, answer.number, rows, world)
  line.totals.keysRedeemed++
  if (from !== null) line.places.leave(from)
  return answer
}

/** The line number of the place that the visitor still holds; null: none. */
function presentPlace(line: Line, access: AccessClaim): number | null {
  const from = presentIn(access, line.run)
  if (from === undefined || line.holders.hasMovedOn(from.number, from.holder)) return null
  return line.isLive(from.number) ? line.course.lineNumber(from.number) : null
}

function isAdmitted(line: Line, number: number): boolean {
  const state = line.tickets.stateOf(number)
  return state === State.offered || state === State.active
}

/** Lets the visitor past the room, then gives up the present place. */
function skip(line: Line, joinKey: string, access: AccessClaim, rows: AccessRows): JoinAnswer {
  noteUse(joinKey, access, 0, rows, worldOf(line))
  line.totals.keysRedeemed++
  const from = presentPlace(line, access)
  if (from !== null) line.places.leave(from)
  return { state: 'passed' }
}

function rejoin(line: Line, number: number, holder: number): JoinAnswer {
  const answer = line.places.rejoin(number)
  // Absent once too often: the place is gone, and the key was used for it.
  if (answer.state === 'full') return { state: 'full', why: 'key-used' }
  return holder === 0 ? answer : { ...answer, holder }
}
