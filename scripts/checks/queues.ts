/** Checks that this Worker consumes every queue that it sends to, and every dead-letter queue. */
import { QUEUE_ROLES, type QueueRole, queueRole } from '../../src/queues/queue-role.ts'
import { type Environment, queueNames, type Section } from '../deployment-config.ts'
import { didYouMean } from './did-you-mean.ts'

/** The role of the queue behind each binding. */
const PRODUCER_ROLES: Readonly<Record<string, QueueRole>> = { CHECKS: 'checks', ALERTS: 'alerts' }

const DEAD_LETTER_ROLES: Partial<Record<QueueRole, QueueRole>> = { checks: 'checks-dead', alerts: 'alerts-dead' }

export function queueProblems({ queues }: Section): string[] {
  const producers = queues?.producers ?? []
  const consumers = queues?.consumers ?? []
  const consumed = consumers.map(({ queue }) => queue)
  const fed = [
    ...producers.map(({ queue }) => queue),
    ...consumers.flatMap(({ dead_letter_queue }) => dead_letter_queue ?? []),
  ]
  return [
    ...producers.flatMap(({ binding, queue }) => [
      ...wrongRole(
        `queues.producers, ${binding}`,
        queue,
        Object.hasOwn(PRODUCER_ROLES, binding) ? PRODUCER_ROLES[binding] : undefined,
      ),
      ...(consumed.includes(queue) ? [] : [`queues.producers, ${binding}: ${noConsumer(queue, consumed)}`]),
    ]),
    ...consumers.flatMap(({ queue, dead_letter_queue }) => {
      const place = `queues.consumers, ${queue}`
      if (queueRole(queue) === null) return [`${place}: ${noRole(queue)}`]
      const lost = fed.includes(queue) ? [] : [`${place}: nothing is sent to it${didYouMean(queue, fed)}`]
      return [...lost, ...deadLetterProblems(place, queue, dead_letter_queue, consumed)]
    }),
  ]
}

function deadLetterProblems(
  place: string,
  queue: string,
  deadLetterQueue: string | undefined,
  consumed: readonly string[],
): string[] {
  const dead = DEAD_LETTER_ROLES[queueRole(queue) as QueueRole]
  if (dead === undefined) return []
  if (deadLetterQueue === undefined) {
    return [
      `${place}: has no dead_letter_queue, so failed messages are lost unnoticed: set one whose name ends with -${dead}`,
    ]
  }
  return [
    ...wrongRole(`${place}, dead_letter_queue`, deadLetterQueue, dead),
    ...(consumed.includes(deadLetterQueue)
      ? []
      : [`${place}, dead_letter_queue: ${noConsumer(deadLetterQueue, consumed)}`]),
  ]
}

function wrongRole(place: string, queue: string, wanted: QueueRole | undefined): string[] {
  if (wanted === undefined || queueRole(queue) === wanted) return []
  return [`${place}: the name of its queue must end with -${wanted}, not "${queue}": it selects the consumer`]
}

function noRole(queue: string): string {
  const parts = queue.split('-')
  const meant = [parts.slice(-2).join('-'), parts.slice(-1).join()].map((end) => didYouMean(end, QUEUE_ROLES))
  return `the end of the name selects the consumer and must be one of -${QUEUE_ROLES.join(', -')}${meant.find(Boolean) ?? ''}`
}

function noConsumer(queue: string, consumed: readonly string[]): string {
  return `the queue "${queue}" has no [[queues.consumers]]${didYouMean(queue, consumed)}`
}

/**
 * Queues must not be shared: each has one consumer, so one environment would consume the messages
 * of the other.
 */
export function sharedQueues(environment: Environment, all: readonly Environment[]): string[] {
  const place = all.findIndex(({ name }) => name === environment.name)
  const others = all.slice(0, place)
  return queueNames(environment.section).flatMap((queue) =>
    others
      .filter(({ section }) => queueNames(section).includes(queue))
      .map(
        ({ name }) =>
          `queues: "${queue}" belongs to ${name === null ? 'the top level' : `env.${name}`} already: give each environment its own queue`,
      ),
  )
}
