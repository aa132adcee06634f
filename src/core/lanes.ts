/**
 * Lanes: lines beside the regular one that share its slots and its rate, so that a priority visitor
 * raises nobody's number in the regular line.
 *
 * A lane is a range of numbers of the same table of tickets. Within a lane the lowest number goes
 * first; which lane goes next is in lane-order.ts. Pure functions: isolates use them, too.
 */
import { LANE_BITS, LANES_MAX, MAX_NUMBER, REGULAR_MAX_NUMBER } from './limits.ts'

/** The index of the regular line, and of the lanes that need no setting. */
export const REGULAR = 0
const SKIP_INDEX = 1
const SLOW_INDEX = 2

export const REGULAR_NAME = 'regular'
/** Always drained first. */
export const SKIP_NAME = 'skip'
/** For visitors who could not complete a check. */
export const SLOW_NAME = 'slow'

/** A lane in a room's settings. An entry named `regular` or `slow` sets the weight of that lane. */
export interface LaneRule {
  readonly name: string
  /** Its share of the admissions, 1 to 1000; has no effect with `first`. */
  readonly weight: number
  /** Drained before all lanes with a weight, in the order of the settings. */
  readonly first: boolean
}

const REGULAR_WEIGHT = 10
const SLOW_WEIGHT = 1

/** `before`: its place among the lanes that are drained first; null: the weight decides. */
export interface LanePriority {
  readonly before: number | null
  readonly weight: number
}

/** A lane that is no longer in the settings drains with the weight of the regular line. */
export function priorityOf(name: string, rules: readonly LaneRule[]): LanePriority {
  if (name === SKIP_NAME) return { before: 0, weight: 0 }
  const at = rules.findIndex((rule) => rule.name === name)
  const rule = rules[at]
  if (rule?.first === true) return { before: at + 1, weight: 0 }
  if (rule !== undefined) return { before: null, weight: rule.weight }
  if (name === SLOW_NAME) return { before: null, weight: SLOW_WEIGHT }
  return { before: null, weight: name === REGULAR_NAME ? REGULAR_WEIGHT : priorityOf(REGULAR_NAME, rules).weight }
}

/** The sum of the weights of all lanes that a visitor may be in. `names`: those with tickets. */
export function totalWeight(names: readonly string[], rules: readonly LaneRule[]): number {
  const all = new Set([REGULAR_NAME, SLOW_NAME, ...rules.map(({ name }) => name), ...names])
  return [...all].reduce((sum, name) => sum + priorityOf(name, rules).weight, 0)
}

/** Whether newcomers may join a lane of this name. */
export function isKnownLane(name: string, rules: readonly LaneRule[]): boolean {
  return name === SKIP_NAME || name === SLOW_NAME || rules.some((rule) => rule.name === name)
}

/** The lane that a priority key leads to if it names none; undefined: the settings have none. */
export function firstLane(rules: readonly Pick<LaneRule, 'name'>[]): string | undefined {
  return rules.find(({ name }) => name !== REGULAR_NAME && name !== SLOW_NAME)?.name
}

/** The index of a lane of this name, among those whose entry is free; -1: none is left. */
export function freeIndexFor(name: string, isTaken: (index: number) => boolean): number {
  if (name === SKIP_NAME) return SKIP_INDEX
  if (name === SLOW_NAME) return SLOW_INDEX
  for (let index = SLOW_INDEX + 1; index <= LANES_MAX; index++) if (!isTaken(index)) return index
  return -1
}

/** The lane of a number, 0: the regular line. Numbers above the last lane's are never issued. */
export function laneOf(number: number): number {
  return number <= REGULAR_MAX_NUMBER ? REGULAR : (number >>> LANE_BITS) - LANES_BELOW + 1
}

/** The number within its lane, 1 for the first visitor. */
export function laneNumber(number: number): number {
  return number - startOf(laneOf(number))
}

export function firstNumberOf(lane: number): number {
  return startOf(lane) + 1
}

export function lastNumberOf(lane: number): number {
  return lane === REGULAR ? REGULAR_MAX_NUMBER : Math.min(startOf(lane + 1) - 1, MAX_NUMBER)
}

/** The ranges of a lane's size below the first lane. */
const LANES_BELOW = 2 ** (30 - LANE_BITS)

/** Below the first number of a lane, and a multiple of the segment size. No ticket has it. */
export function startOf(lane: number): number {
  return lane === REGULAR ? 0 : REGULAR_MAX_NUMBER + 1 + (lane - 1) * 2 ** LANE_BITS
}
