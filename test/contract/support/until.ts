/** Waits for conditions, never for a fixed time. */
import { PATIENCE_MS } from './patience.ts'
import type { Reply } from './visitor.ts'

/**
 * Repeats the request until the response has this status. An admitted visitor may get "waiting" for
 * some more seconds, because an isolate answers polls from an old snapshot.
 */
export async function untilStatus(status: number, send: () => Promise<Reply>): Promise<Reply> {
  const giveUpMs = Date.now() + PATIENCE_MS
  for (;;) {
    const reply = await send()
    if (reply.status === status) return reply
    if (Date.now() > giveUpMs)
      throw new Error(`Still ${reply.status} instead of ${status}: ${reply.text.slice(0, 200)}`)
  }
}

/** Repeats the request until the JSON of the response has these fields. */
export async function untilJson<T extends object>(fields: T, send: () => Promise<Reply>): Promise<T> {
  const giveUpMs = Date.now() + PATIENCE_MS
  for (;;) {
    const reply = await send()
    const body = reply.json<T>()
    if (Object.entries(fields).every(([key, value]) => body[key as keyof T] === value)) return body
    if (Date.now() > giveUpMs) throw new Error(`Still not ${JSON.stringify(fields)}: ${reply.text.slice(0, 200)}`)
  }
}
