/**
 * What the Worker does with a queue, by the end of the queue's name: each environment may put what it likes in front. The
 * settings check refuses names that have no role here.
 */
export const QUEUE_ROLES = ['checks', 'checks-dead', 'alerts', 'alerts-dead'] as const

export type QueueRole = (typeof QUEUE_ROLES)[number]

/** Null: not a queue of ours. */
export function queueRole(queue: string): QueueRole | null {
  return QUEUE_ROLES.find((role) => queue.endsWith(`-${role}`)) ?? null
}
