/**
 * Which changes of an event are refused: those that cannot work, and those that would break a
 * promise that visitors have seen.
 */
import type { EventPhase } from '../core/events.ts'
import {
  crossProblems,
  type EventKey,
  type EventSettings,
  type IdentifiedEvent,
  overlapProblem,
} from './event-schema.ts'

/** How far an event is. */
export interface EventStage {
  readonly phase: EventPhase
  /** The draw's commitment has been published. */
  readonly isCommitted: boolean
  /** The entries of the draw are frozen: it is made, or waits for public randomness. */
  readonly isFrozen: boolean
}

export const NOT_BEGUN: EventStage = { phase: 'none', isCommitted: false, isFrozen: false }

/** `key`: empty if the problem is with the event as a whole. */
export interface ChangeProblem {
  readonly key: EventKey | ''
  readonly problem: string
}

/** Settings that cannot work, whatever the state of the event. `before`: null for a new event. */
export function invalidKeys(
  before: EventSettings | null,
  after: EventSettings,
  checkIntervalSeconds: number,
  nowMs: number,
): ChangeProblem[] {
  const isChanged = (key: EventKey) => before === null || differs(before, after, key)
  const problems: ChangeProblem[] = [...crossProblems(after)].filter(
    // A lobby may be shorter if an operator has started the event.
    ({ key }) => key !== 'prequeue_start_time' || isChanged(key) || isChanged('event_start_time'),
  )
  if ((after.session_timeout_seconds ?? Number.POSITIVE_INFINITY) <= checkIntervalSeconds) {
    const problem = `must be above check_interval_seconds of the room, ${checkIntervalSeconds}`
    problems.push({ key: 'session_timeout_seconds', problem })
  }
  for (const key of ['event_start_time', 'event_end_time'] as const) {
    if (isChanged(key) && Date.parse(after[key]) <= nowMs) {
      problems.push({ key, problem: 'is in the past: set a future time' })
    }
  }
  return problems
}

/** Promises that a change would break. `after`: null for a deletion. */
export function* brokenPromises(
  before: EventSettings,
  after: EventSettings | null,
  { phase, isCommitted, isFrozen }: EventStage,
): Iterable<ChangeProblem> {
  const isStarted = phase === 'drawing' || phase === 'running'
  if (after === null) {
    if (!isCommitted || phase === 'running' || phase === 'ended') return
    const remedy = phase === 'drawing' ? 'Try again in a minute' : 'Suspend, delay or start it'
    yield { key: '', problem: `The draw of the event is promised, so the event cannot be deleted before it. ${remedy}` }
    return
  }
  if (phase === 'ended') {
    yield { key: '', problem: 'The event has ended and cannot change. Create another one' }
    return
  }
  if ((isStarted || isCommitted || phase === 'lobby') && differs(before, after, 'prequeue_start_time')) {
    yield { key: 'prequeue_start_time', problem: 'cannot change: the lobby has opened' }
  }
  if ((isStarted || isFrozen) && differs(before, after, 'event_start_time')) {
    const why = isStarted ? 'the event has started' : 'its entries have been drawn. Create another event instead'
    yield { key: 'event_start_time', problem: `cannot change: ${why}` }
  }
  if ((phase !== 'none' || isCommitted) && differs(before, after, 'shuffle_at_event_start')) {
    yield { key: 'shuffle_at_event_start', problem: drawProblem(before, isStarted) }
  }
}

function drawProblem({ shuffle_at_event_start }: EventSettings, isStarted: boolean): string {
  if (isStarted) return 'cannot change: the event has started'
  return shuffle_at_event_start
    ? 'cannot be turned off: the commitment of the draw is published. Suspend, delay or start the event instead'
    : 'cannot be turned on: the lobby has opened, and visitors know their positions'
}

/** Problems with the state of the event, or with the `others` of the room. */
export function refusedChange(
  before: EventSettings | null,
  after: EventSettings,
  stage: EventStage,
  others: readonly IdentifiedEvent[],
): ChangeProblem[] {
  const broken = before === null ? [] : [...brokenPromises(before, after, stage)]
  const overlap = overlapProblem(after, others)
  return overlap === null ? broken : [...broken, overlap]
}

/** Keys whose value differs. */
export function changedKeys(before: EventSettings, after: EventSettings): EventKey[] {
  return (Object.keys(after) as EventKey[]).filter((key) => differs(before, after, key))
}

function differs(before: EventSettings, after: EventSettings, key: EventKey): boolean {
  const [from, to] = [before[key], after[key]]
  const isTime = key.endsWith('_time') && from !== null && to !== null
  return isTime ? Date.parse(String(from)) !== Date.parse(String(to)) : JSON.stringify(from) !== JSON.stringify(to)
}

/** The event `byMs` later: the lobby unless it has opened, start, end and rate plan. */
export function delayed(event: EventSettings, byMs: number, isLobbyOpen: boolean): EventSettings {
  const { prequeue_start_time } = event
  return {
    ...event,
    ...(isLobbyOpen || prequeue_start_time === null ? {} : { prequeue_start_time: later(prequeue_start_time, byMs) }),
    event_start_time: later(event.event_start_time, byMs),
    event_end_time: later(event.event_end_time, byMs),
    rate_plan: laterPlan(event, byMs),
  }
}

/** The event as it is when it starts now. Without an open lobby it has none. */
export function startedNow(event: EventSettings, nowMs: number, isLobbyOpen: boolean): EventSettings {
  return {
    ...event,
    ...(isLobbyOpen ? {} : { prequeue_start_time: null }),
    event_start_time: new Date(nowMs).toISOString(),
    rate_plan: laterPlan(event, nowMs - Date.parse(event.event_start_time)),
  }
}

function laterPlan({ rate_plan }: EventSettings, byMs: number): EventSettings['rate_plan'] {
  return rate_plan === null ? null : rate_plan.map((step) => ({ ...step, at: later(step.at, byMs) }))
}

function later(time: string, byMs: number): string {
  return new Date(Date.parse(time) + byMs).toISOString()
}
