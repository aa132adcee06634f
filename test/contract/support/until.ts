/** Waiting for a condition, never for a time. */
import { PATIENCE_MS } from './patience.ts'
import type { Reply } from './visitor.ts'

/**
 * Sends again until it is answered with this status. Who was called may be told "waiting" a little
 * longer: an isolate answers polls from a snapshot that can be some seconds old.
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

/** Sends again until the JSON that it is answered with has these fields. */
export async function untilJson<T extends object>(fields: T, send: () => Promise<Reply>): Promise<T> {
  const giveUpMs = Date.now() + PATIENCE_MS
  for (;;) {
    const reply = await send()
    const told = reply.json<T>()
    if (Object.entries(fields).every(([key, value]) => told[key as keyof T] === value)) return told
    if (Date.now() > giveUpMs) throw new Error(`Still not ${JSON.stringify(fields)}: ${reply.text.slice(0, 200)}`)
  }
}
