/** How the queues of an environment are wired: what is sent is taken by this Worker, and what is given up, too. */
import { QUEUE_ROLES, type QueueRole, queueRole } from '../../src/queues/queue-role.ts'
import { type Environment, queueNames, type Section } from '../deployment-config.ts'
import { didYouMean } from './did-you-mean.ts'

/** What the Worker sends by each binding. */
const SENDS: Readonly<Record<string, QueueRole>> = { CHECKS: 'checks', ALERTS: 'alerts' }

const DEAD: Partial<Record<QueueRole, QueueRole>> = { checks: 'checks-dead', alerts: 'alerts-dead' }

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
      ...wrongRole(`queues.producers, ${binding}`, queue, Object.hasOwn(SENDS, binding) ? SENDS[binding] : undefined),
      ...(consumed.includes(queue) ? [] : [`queues.producers, ${binding}: ${nobodyTakes(queue, consumed)}`]),
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
  const dead = DEAD[queueRole(queue) as QueueRole]
  if (dead === undefined) return []
  if (deadLetterQueue === undefined) {
    return [`${place}: has no dead_letter_queue, so what is given up is lost unseen: set one that ends with -${dead}`]
  }
  return [
    ...wrongRole(`${place}, dead_letter_queue`, deadLetterQueue, dead),
    ...(consumed.includes(deadLetterQueue)
      ? []
      : [`${place}, dead_letter_queue: ${nobodyTakes(deadLetterQueue, consumed)}`]),
  ]
}

function wrongRole(place: string, queue: string, wanted: QueueRole | undefined): string[] {
  if (wanted === undefined || queueRole(queue) === wanted) return []
  return [`${place}: the name of its queue must end with -${wanted}, not "${queue}": the Worker goes by that`]
}

function noRole(queue: string): string {
  const parts = queue.split('-')
  const meant = [parts.slice(-2).join('-'), parts.slice(-1).join()].map((end) => didYouMean(end, QUEUE_ROLES))
  return `the Worker goes by the end of the name, which must be one of -${QUEUE_ROLES.join(', -')}${meant.find(Boolean) ?? ''}`
}

function nobodyTakes(queue: string, consumed: readonly string[]): string {
  return `the queue "${queue}" has no [[queues.consumers]]${didYouMean(queue, consumed)}`
}

/** A queue has one consumer: an environment that shares one would take messages of the other, or get none. */
export function sharedQueues(environment: Environment, all: readonly Environment[]): string[] {
  const place = all.findIndex(({ name }) => name === environment.name)
  const others = all.slice(0, place)
  return queueNames(environment.section).flatMap((queue) =>
    others
      .filter(({ section }) => queueNames(section).includes(queue))
      .map(
        ({ name }) =>
          `queues: "${queue}" belongs to ${name === null ? 'the top level' : `env.${name}`} already: name one of its own`,
      ),
  )
}
