/** Kinds of values that several settings have, each with the text of its problem. */
import * as v from 'valibot'
import { UNKNOWN_SETTING } from './problems.ts'

export const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message))
}

export const flag = v.boolean('must be true or false')

export const oneOf = <const T extends readonly (string | number)[]>(values: T) =>
  v.picklist(values, `must be one of ${values.join(', ')}`)

export const textOf = (min: number, max: number) => {
  const message = `must be a text of ${min} to ${max} characters`
  return v.pipe(v.string(message), v.minLength(min, message), v.maxLength(max, message))
}

/** Keys with their values, and no others. */
export const table = <E extends v.ObjectEntries>(entries: E) =>
  v.strictObject(entries, ({ expected }) => (expected === 'never' ? UNKNOWN_SETTING : 'must be a table'))

/** A value that null switches off; null by default. */
export const orNull = <S extends v.GenericSchema>(schema: S) => v.optional(v.nullable(schema), null)

const timeMessage = 'must be an RFC 3339 time with its offset, such as "2026-11-27T10:00:00+01:00"'

/** The text is kept as it was written. */
export const time = v.config(
  v.pipe(v.string(timeMessage), v.isoTimestamp(timeMessage), v.check(isRfc3339, timeMessage)),
  { abortPipeEarly: true },
)

/** Which ISO 8601 times are of this kind. `Date.parse` would read February 30 as March 2. */
function isRfc3339(text: string): boolean {
  const [day = ''] = text.split('T')
  return /T.*(Z|[+-]\d\d:\d\d)$/.test(text) && new Date(day).toISOString().startsWith(day)
}

export const capacity = whole(1, 1_000_000)
export const ratePerMinute = whole(1, 1_000_000)
export const sessionTimeoutSeconds = whole(15, 1800)

export function pathItem(key: string): v.ObjectPathItem {
  return { type: 'object', origin: 'value', input: {}, key, value: undefined }
}
