/** The rules of a room's alerts. */
import * as v from 'valibot'
import { ALERT_METRICS } from '../core/alert-rules.ts'
import { UNKNOWN_SETTING } from './problems.ts'
import { oneOf, pathItem, whole } from './values.ts'

const ruleNameMessage = 'must be 1 to 32 of a-z, 0-9 and "-"'
const finite = v.pipe(v.number('must be a number'), v.finite('must be a number'))

const alertEntries = {
  name: v.pipe(v.string(ruleNameMessage), v.regex(/^[a-z0-9-]{1,32}$/, ruleNameMessage)),
  metric: oneOf(ALERT_METRICS),
  above: v.optional(finite),
  below: v.optional(finite),
  for_minutes: v.optional(whole(1, 60), 1),
  channels: v.pipe(
    v.array(v.string('must be a channel name'), 'must be a list of channel names'),
    v.minLength(1, 'at least one channel is needed'),
    v.maxLength(10, 'at most 10 channels'),
  ),
}

const alertSchema = v.pipe(
  v.looseObject(alertEntries, 'must be a table'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const key of Object.keys(dataset.value)) {
      if (!Object.hasOwn(alertEntries, key)) addIssue({ message: UNKNOWN_SETTING, path: [pathItem(key)] })
    }
    const { above, below } = dataset.value
    if ((above === undefined) === (below === undefined)) {
      addIssue({ message: 'needs one of "above" and "below", not both', path: [pathItem('above')] })
    }
  }),
)

export const alertsSchema = v.pipe(v.array(alertSchema, 'must be a list of rules'), v.maxLength(20, 'at most 20 rules'))
