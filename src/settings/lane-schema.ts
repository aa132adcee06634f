/** The setting `lanes`: lines beside the regular one, and how often each goes next. */
import * as v from 'valibot'
import { type LaneRule, REGULAR_NAME, SKIP_NAME, SLOW_NAME } from '../core/lanes.ts'
import { LANE_WEIGHT_MAX, LANES_IN_SETTINGS_MAX } from '../core/limits.ts'
import { flag, table, whole } from './values.ts'

const nameMessage = 'must be 1 to 32 of a-z, 0-9 and "-"'

/** Lanes that every room has. An entry changes their weight. */
const GIVEN = [REGULAR_NAME, SLOW_NAME]

const laneSchema = v.pipe(
  table({
    name: v.pipe(
      v.string(nameMessage),
      v.regex(/^[a-z0-9-]{1,32}$/, nameMessage),
      v.check(
        (name) => name !== SKIP_NAME,
        `cannot be "${SKIP_NAME}": every room has this lane, and it always goes first`,
      ),
    ),
    weight: v.optional(whole(1, LANE_WEIGHT_MAX)),
    first: v.optional(flag, false),
  }),
  v.check(
    ({ weight, first }) => (weight !== undefined) !== first,
    'needs one of "weight" and "first = true", not both',
  ),
  v.check(({ name, first }) => !first || !GIVEN.includes(name), `"${GIVEN.join('" and "')}" can only have a weight`),
)

export const lanesSchema = v.pipe(
  v.array(laneSchema, 'must be a list of lanes'),
  v.check(
    (lanes) => lanes.filter(({ name }) => !GIVEN.includes(name)).length <= LANES_IN_SETTINGS_MAX,
    `at most ${LANES_IN_SETTINGS_MAX} lanes besides "${GIVEN.join('" and "')}"`,
  ),
  v.check((lanes) => new Set(lanes.map(({ name }) => name)).size === lanes.length, 'two lanes have the same name'),
)

export type LaneSettings = v.InferOutput<typeof lanesSchema>

export function toLaneRules(lanes: LaneSettings): LaneRule[] {
  return lanes.map(({ name, weight = 0, first }) => ({ name, weight, first }))
}
