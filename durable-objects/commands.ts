/**
 * What operators may have a room do, and what becomes of it: each command changes the line in memory and says what the audit
 * is to note. Does not store anything: the object does, all at once.
 */
import type { Line } from '../src/core/line.ts'
import { State, stateName } from '../src/core/ticket-state.ts'
import type { RoomSettings } from '../src/settings/room-schema.ts'
import {
  type PatchProblem,
  runtimeRules,
  type SettingsPatch,
  withMessageEnd,
} from '../src/settings/runtime-settings.ts'
import type { AuditValues } from './control-store.ts'
import type { RoomControls, SettingsView } from './room-controls.ts'

export type Command =
  | SettingsCommand
  | { readonly kind: 'admit-next'; readonly count: number }
  | { readonly kind: 'revoke'; readonly number: number }
  | { readonly kind: 'reset' }

export interface SettingsCommand {
  readonly kind: 'settings'
  /** What the audit calls it. */
  readonly action: string
  readonly patch: SettingsPatch
  /** Refused unless it (any of several) is still the current one; null: whatever it is. */
  readonly etag: string | readonly string[] | null
}

export type Refusal = 'changed-meanwhile' | 'paused' | 'suspended' | 'no-such-ticket' | 'gone-already'

export type CommandAnswer =
  | { readonly state: 'done'; readonly result: AuditValues; readonly settings: SettingsView }
  | { readonly state: 'refused'; readonly why: Refusal | PatchProblem; readonly settings: SettingsView }

/** `note` writes what is to be kept besides the line; `result` is what the operator is told. */
type Outcome =
  | { readonly state: 'done'; readonly line: Line; readonly result: AuditValues; readonly note: () => void }
  | { readonly state: 'refused'; readonly why: Refusal | PatchProblem }

export interface Desk {
  readonly room: RoomSettings
  readonly controls: RoomControls
  readonly who: string
  readonly nowMs: number
}

/** The line has begun the event. `line` of the outcome is another one after a reset. */
export function perform(command: Command, line: Line, desk: Desk): Outcome {
  switch (command.kind) {
    case 'settings':
      return changeSettings(command, line, desk)
    case 'admit-next':
      return admitNext(command.count, line, desk)
    case 'revoke':
      return revoke(command.number, line, desk)
    case 'reset':
      return reset(line, desk)
  }
}

function changeSettings(
  { patch: asked, action, etag }: SettingsCommand,
  line: Line,
  { room, controls, who, nowMs }: Desk,
): Outcome {
  if (etag !== null && ![etag].flat().includes(controls.view(room).etag))
    return { state: 'refused', why: 'changed-meanwhile' }
  const patch = withMessageEnd(asked)
  const problem = controls.problemOf(room, patch, nowMs)
  if (problem !== null) return { state: 'refused', why: problem }
  const note = controls.change(room, patch, who, action, nowMs)
  line.applyRuntimeRules(runtimeRules(controls.values(room)))
  line.admit()
  return { state: 'done', line, result: {}, note }
}

function admitNext(count: number, line: Line, { controls, who, nowMs }: Desk): Outcome {
  const { mode, suspended } = line.rules
  if (suspended) return { state: 'refused', why: 'suspended' }
  if (mode === 'paused') return { state: 'refused', why: 'paused' }
  const before = figures(line)
  const admitted = line.admitByHand(count)
  const result = { asked: count, admitted }
  const note = () => controls.note(who, 'admit-next', before, { ...figures(line), ...result }, nowMs)
  return { state: 'done', line, result, note }
}

function revoke(number: number, line: Line, { controls, who, nowMs }: Desk): Outcome {
  if (number >= line.tickets.next) return { state: 'refused', why: 'no-such-ticket' }
  const was = line.tickets.stateOf(number)
  if (was === State.gone) return { state: 'refused', why: 'gone-already' }
  line.leave(number, 'revoked')
  line.admit()
  const result = { number, was: stateName(was) }
  const note = () => controls.note(who, 'revoke', { number, state: result.was }, { number, state: 'gone' }, nowMs)
  return { state: 'done', line, result, note }
}

/** A new run begins with nobody in it: every token of the one before is void. */
function reset(line: Line, { controls, who, nowMs }: Desk): Outcome {
  // A clock that went back must not give out a run twice.
  const next = line.startOver(Math.max(line.run + 1, nowMs), nowMs)
  const before = { run: line.run, ...figures(line) }
  const note = () => controls.note(who, 'reset', before, { run: next.run, ...figures(next) }, nowMs)
  return { state: 'done', line: next, result: { run: next.run }, note }
}

function figures({ tickets }: Line) {
  return { waiting: tickets.waiting, active: tickets.occupied }
}
