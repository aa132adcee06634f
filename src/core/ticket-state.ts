/**
 * A ticket's state, one byte in its segment: the state in the low 3 bits, two flags, and in the top
 * 3 bits its returns from absence. Owns which moves between states exist.
 */

/**
 * Memory contradicts itself: nothing of the event may be stored, and the memory must not be used
 * again.
 */
export class BrokenInvariant extends Error {
  override name = 'BrokenInvariant'
}

export const State = { gone: 0, waiting: 1, offered: 2, active: 3, absent: 4 } as const

export type State = (typeof State)[keyof typeof State]

export const STATE_MASK = 7

/** The session has sent a beacon: from then on the short session timeout applies. */
export const BEACON_FLAG = 8

/**
 * Of an offered ticket, which has no session yet: its slot is lent to an isolate, and no visitor is
 * known to hold it (lending.ts).
 */
export const LENT_FLAG = 8

/** Of an absent ticket: it was admitted before it fell silent. */
export const ADMITTED_FLAG = 8

/** Its page was left: the limit for departures applies until the visitor is heard again. */
export const DEPARTING_FLAG = 16

/** Returns from absence since the ticket last had a session, 0 to 7: more count as 7. */
export const RETURNS_MASK = 0xe0
const RETURNS_SHIFT = 5
export const RETURNS_MAX = 7

export function returnsOf(byte: number): number {
  return (byte & RETURNS_MASK) >>> RETURNS_SHIFT
}

/** The byte after one more return. */
export function withOneMoreReturn(byte: number): number {
  const returns = Math.min(returnsOf(byte) + 1, RETURNS_MAX)
  return (byte & ~RETURNS_MASK) | (returns << RETURNS_SHIFT)
}

/** The returns that a byte keeps when its ticket moves to another state: a session resets them. */
export function keptReturns(byte: number, to: State): number {
  return to === State.gone || to === State.active ? 0 : byte & RETURNS_MASK
}

export type StateName = keyof typeof State

const NAMES: readonly StateName[] = ['gone', 'waiting', 'offered', 'active', 'absent']

export function stateName(state: State): StateName {
  return NAMES[state] as StateName
}

/** Whether a ticket may move from one state to the other. */
export function mayMove(from: State, to: State): boolean {
  return MAY_MOVE[(from << 3) | to] === 1
}

/**
 * Whether a move must be durable before any visitor is answered: all but those between waiting and
 * absent.
 */
export function mustBeDurable(from: State, to: State): boolean {
  return MUST_BE_DURABLE[(from << 3) | to] === 1
}

function isAllowed(from: State, to: State): boolean {
  switch (from) {
    case State.gone:
      return to === State.waiting || to === State.active || to === State.offered
    case State.waiting:
      return to === State.offered || to === State.absent || to === State.gone
    case State.offered:
      return to === State.active || to === State.absent || to === State.gone
    case State.active:
      return to === State.absent || to === State.gone
    case State.absent:
      return to === State.waiting || to === State.gone
  }
}

function isDurable(from: State, to: State): boolean {
  const lazy = (state: State) => state === State.waiting || state === State.absent
  return !(lazy(from) && lazy(to))
}

/** A lookup table of a rule: a tick may ask for a million moves. */
function table(rule: (from: State, to: State) => boolean): Uint8Array {
  const states = Object.values(State)
  const answers = new Uint8Array(64)
  for (const from of states) for (const to of states) answers[(from << 3) | to] = rule(from, to) ? 1 : 0
  return answers
}

const MAY_MOVE = table(isAllowed)
const MUST_BE_DURABLE = table(isDurable)
