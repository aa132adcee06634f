/** The lanes of a seed: the settings, which a deploy may change, and who joins which. */
import type { LaneSettings } from '../src/settings/lane-schema.ts'
import type { Random } from './random.ts'

const MEMBERS = { name: 'members', weight: 30, first: false }
const SPONSORS = { name: 'sponsors', first: true }
const PRESS = { name: 'press', first: true }

const SETTINGS: readonly LaneSettings[] = [
  [MEMBERS, SPONSORS],
  [SPONSORS, PRESS, { ...MEMBERS, weight: 3 }],
  [PRESS, SPONSORS, MEMBERS, { name: 'regular', weight: 2, first: false }],
  [
    { ...MEMBERS, weight: 10 },
    { name: 'slow', weight: 5, first: false },
  ],
]

export function lanesOfSeed(random: Random): LaneSettings {
  return random.pick(SETTINGS)
}

/** The next deploy has other lanes, or none. */
export function lanesOfDeploy(random: Random): LaneSettings {
  return random.pick([...SETTINGS, []])
}

/** Undefined: the regular line, as most visitors. */
export function laneOfVisitor(random: Random): string | undefined {
  return random.pick([
    undefined,
    undefined,
    undefined,
    'members',
    'members',
    'sponsors',
    'press',
    'slow',
    'skip',
    'none',
  ])
}
