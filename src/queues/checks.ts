/**
 * Consumer of the queue `checks`: hands each check to its room's object, which answers by sending the next one. And of its
 * dead-letter queue: what is lost there is only logged, the object's alarm starts the chain again.
 */
import type { Deployment } from '../deployment.ts'
import { logError, logWarning } from '../log/log.ts'
import { parseCheckMessage } from './check-message.ts'

/** Where the object cannot be reached the check comes back after this. */
const RETRY_DELAY_SECONDS = 5

export async function consumeChecks(batch: MessageBatch, deployment: Deployment): Promise<void> {
  await Promise.all(batch.messages.map((message) => consumeCheck(message, deployment)))
}

async function consumeCheck(message: Message, deployment: Deployment): Promise<void> {
  const check = parseCheckMessage(message.body)
  if (check === null) {
    logWarning('check_unknown_shape', { id: message.id })
    message.ack()
    return
  }
  const room = deployment.rooms.find(({ name }) => name === check.room)
  try {
    // A room removed from the settings has its alarm: it drains without checks.
    if (room !== undefined) await deployment.stub(room).check(check)
    message.ack()
  } catch (error) {
    logError('check_failed', error, { room: check.room, segment: check.segment, attempts: message.attempts })
    message.retry({ delaySeconds: RETRY_DELAY_SECONDS })
  }
}

/** Checks given up by the queue. */
export function consumeDeadChecks(batch: MessageBatch): void {
  for (const message of batch.messages) {
    const check = parseCheckMessage(message.body)
    logError('check_dead', new Error('given up after all retries'), { room: check?.room, segment: check?.segment })
    message.ack()
  }
}
