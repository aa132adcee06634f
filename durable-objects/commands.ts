/**
 * The commands of operators. Each changes the line in memory and returns what the audit records.
 * Stores nothing: the object does, in one write.
 */
import type { Line } from '../src/core/line.ts'
import { State, stateName } from '../src/core/ticket-state.ts'
import type { AuditValues } from '../src/room/audit-entry.ts'
import type { Command, Refusal, SettingsCommand } from '../src/room/room-object.ts'
import type { RoomSettings } from '../src/settings/room-schema.ts'
import { type PatchProblem, runtimeRules, withMessageEnd } from '../src/settings/runtime-settings.ts'
import type { RoomControls } from './room-controls.ts'

/**
 * `line`: another one after a reset. `result`: the operator's answer. `record`: writes everything
 * besides the line, once the line is stored.
 */
type Outcome =
  | { readonly state: 'done'; readonly line: Line; readonly result: AuditValues; readonly record: () => void }
  | { readonly state: 'refused'; readonly why: Refusal | PatchProblem }

export interface CommandContext {
  readonly room: RoomSettings
  readonly controls: RoomControls
  readonly who: string
  readonly nowMs: number
}

/** The line's event has begun. */
export function applyCommand(command: Command, line: Line, context: CommandContext): Outcome {
  switch (command.kind) {
    case 'settings':
      return changeSettings(command, line, context)
    case 'admit-next':
      return admitNext(command.count, line, context)
    case 'revoke':
      return revoke(command.number, line, context)
    case 'reset':
      return reset(line, context)
  }
}

function changeSettings(command: SettingsCommand, line: Line, context: CommandContext): Outcome {
  const { room, controls, who, nowMs } = context
  const { action, etag } = command
  if (etag !== null && ![etag].flat().includes(controls.view(room).etag)) {
    return { state: 'refused', why: 'changed-meanwhile' }
  }
  const patch = withMessageEnd(command.patch)
  const problem = controls.problemOf(room, patch, nowMs)
  if (problem !== null) return { state: 'refused', why: problem }
  const record = controls.change(room, patch, who, action, nowMs)
  line.applyRuntimeRules(runtimeRules(controls.values(room)))
  line.admit()
  return { state: 'done', line, result: {}, record }
}

function admitNext(count: number, line: Line, { controls, who, nowMs }: CommandContext): Outcome {
  const { mode, suspended, soldOut } = line.rules
  if (suspended) return { state: 'refused', why: 'suspended' }
  if (soldOut) return { state: 'refused', why: 'sold-out' }
  if (line.course.isBeforeStart) return { state: 'refused', why: 'lobby' }
  if (mode === 'paused') return { state: 'refused', why: 'paused' }
  const before = figures(line)
  const admitted = line.admitByHand(count)
  const result = { asked: count, admitted }
  const record = () => controls.audit(who, 'admit-next', before, { ...figures(line), ...result }, nowMs)
  return { state: 'done', line, result, record }
}

/** `number`: the issued one, which the visitor knows. */
function revoke(number: number, line: Line, { controls, who, nowMs }: CommandContext): Outcome {
  if (!line.numbers.isIssued(number)) return { state: 'refused', why: 'no-such-ticket' }
  const lineNumber = line.course.lineNumber(number)
  // No visitor is known yet. One who is admitted at this moment can be revoked in a second.
  if (line.lending.isLent(lineNumber)) return { state: 'refused', why: 'no-such-ticket' }
  const was = line.tickets.stateOf(lineNumber)
  if (was === State.gone) return { state: 'refused', why: 'gone-already' }
  line.places.leave(lineNumber, 'revoked')
  line.admit()
  const result = { number, was: stateName(was) }
  const record = () => controls.audit(who, 'revoke', { number, state: result.was }, { number, state: 'gone' }, nowMs)
  return { state: 'done', line, result, record }
}

/** Starts a new, empty run, which voids every token of the previous one. */
function reset(line: Line, { controls, who, nowMs }: CommandContext): Outcome {
  // Run ids stay unique even if the clock went back.
  const next = line.startOver(Math.max(line.run + 1, nowMs), nowMs)
  const before = { run: line.run, ...figures(line) }
  const record = () => controls.audit(who, 'reset', before, { run: next.run, ...figures(next) }, nowMs)
  return { state: 'done', line: next, result: { run: next.run }, record }
}

function figures({ tickets }: Line) {
  return { waiting: tickets.waiting, active: tickets.occupied }
}
