/** The message of the queue `checks`: look at one segment for silent tickets. */
import * as v from 'valibot'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const checkMessage = v.object({
  room: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,32}$/)),
  run: count,
  segment: count,
  generation: count,
})

export type CheckMessage = v.InferOutput<typeof checkMessage>

/** The message, or null for anything of another shape. */
export function parseCheckMessage(body: unknown): CheckMessage | null {
  const result = v.safeParse(checkMessage, body)
  return result.success ? result.output : null
}
