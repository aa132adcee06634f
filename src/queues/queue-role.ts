/** A queue's role is the end of its name: each environment may choose the part before. */
export const QUEUE_ROLES = ['checks', 'checks-dead', 'alerts', 'alerts-dead'] as const

export type QueueRole = (typeof QUEUE_ROLES)[number]

/** Null: the name has no role; the settings check rejects it. */
export function queueRole(queue: string): QueueRole | null {
  return QUEUE_ROLES.find((role) => queue.endsWith(`-${role}`)) ?? null
}
