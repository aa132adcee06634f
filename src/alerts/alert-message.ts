/**
 * One message of the queue `alerts`: what one channel is to be told, once.
 */
import * as v from 'valibot'

const name = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,32}$/))
const whole = v.pipe(v.number(), v.integer(), v.minValue(0))

const base = {
  /** The same in every try and every duplicate of this message: receivers and we ourselves tell them apart by it. */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.-]{1,200}$/)),
  room: name,
  /** A channel's name, or `stats-push` for the push of figures. */
  channel: name,
  /** When it came about, ms since 1970. */
  atMs: whole,
}

const alert = v.object({
  ...base,
  kind: v.picklist(['firing', 'resolved', 'test']),
  rule: v.pipe(v.string(), v.maxLength(64)),
  metric: v.pipe(v.string(), v.maxLength(64)),
  /** `above` or `below` which the rule fires; null for a test. */
  bound: v.nullable(v.picklist(['above', 'below'])),
  threshold: v.nullable(v.number()),
  value: v.nullable(v.number()),
})

const stats = v.object({
  ...base,
  kind: v.literal('stats'),
  /** The figures of one minute, flat. */
  figures: v.record(v.string(), v.nullable(v.union([v.number(), v.string()]))),
})

const alertMessage = v.variant('kind', [alert, stats])

export type AlertMessage = v.InferOutput<typeof alertMessage>

/** The message, or null for anything of another shape. */
export function parseAlertMessage(body: unknown): AlertMessage | null {
  const result = v.safeParse(alertMessage, body)
  return result.success ? result.output : null
}
