/**
 * A ticket's state, one byte in its segment: the state in the low bits, two flags above it, and on top how often it came back.
 */
export const State = { gone: 0, waiting: 1, offered: 2, active: 3, absent: 4 } as const

export type State = (typeof State)[keyof typeof State]

export const STATE_MASK = 7

/** The session has sent a beacon: from then on the short session time-out holds. */
export const BEACON_FLAG = 8

/** Its page said goodbye: the limit for that holds until it is heard again. */
export const DEPARTING_FLAG = 16

/** How often it came back from absence since it last had a slot, 0 to 7: more count as 7. */
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

/** What stays of a byte when its ticket moves to another state: who has a slot for sure begins anew. */
export function keptReturns(byte: number, to: State): number {
  return to === State.gone || to === State.active ? 0 : byte & RETURNS_MASK
}

export type StateName = keyof typeof State

const NAMES: readonly StateName[] = ['gone', 'waiting', 'offered', 'active', 'absent']

export function stateName(state: State): StateName {
  return NAMES[state] as StateName
}

/** Whether a move from one state to another is in the picture of a ticket's life (DESIGN section 3). */
export function mayMove(from: State, to: State): boolean {
  return MAY_MOVE[(from << 3) | to] === 1
}

/** Changes that must be durable before anyone is told: all but those between waiting and absent. */
export function mustBeDurable(from: State, to: State): boolean {
  return MUST_BE_DURABLE[(from << 3) | to] === 1
}

function isInPicture(from: State, to: State): boolean {
  switch (from) {
    case State.gone:
      return to === State.waiting || to === State.active
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

function isTold(from: State, to: State): boolean {
  const lazy = (state: State) => state === State.waiting || state === State.absent
  return !(lazy(from) && lazy(to))
}

/** A rule of two states, looked up: a tick may ask for a million moves. */
function table(rule: (from: State, to: State) => boolean): Uint8Array {
  const states = Object.values(State)
  const answers = new Uint8Array(64)
  for (const from of states) for (const to of states) answers[(from << 3) | to] = rule(from, to) ? 1 : 0
  return answers
}

const MAY_MOVE = table(isInPicture)
const MUST_BE_DURABLE = table(isTold)
