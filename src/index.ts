/**
 * The Worker: requests go to the app, queue messages to their consumers, each minute to the rooms.
 * The classes of the Durable Objects are exported for their bindings.
 */
import { env } from 'cloudflare:workers'
import { consumeAlerts, consumeDeadAlerts } from './alerts/consumer.ts'
import { serve } from './app.ts'
import { type Deployment, deployment } from './deployment.ts'
import { UNKNOWN_QUEUE_RETRY_SECONDS } from './limits.ts'
import { logError, logWarning, reportErrorsTo } from './log/log.ts'
import { sentryReporter } from './log/sentry.ts'
import { consumeChecks, consumeDeadChecks } from './queues/checks.ts'
import { QUEUE_ROLES, queueRole } from './queues/queue-role.ts'
import { reportMinute } from './room/room-clients.ts'

export { Gatherer } from '../durable-objects/gatherer.ts'
export { LoginGuard } from '../durable-objects/login-guard.ts'
export { WaitingRoom } from '../durable-objects/waiting-room.ts'

reportErrorsTo(sentryReporter(env.SENTRY_DSN))

export default {
  fetch: serve,
  async queue(batch, env) {
    const ready = await deployment(env)
    if (ready !== null) return consume(batch, ready)
    logWarning('messages_retried', { queue: batch.queue, messages: batch.messages.length })
    batch.retryAll()
  },
  async scheduled(controller, env) {
    const ready = await deployment(env)
    if (ready !== null) await reportMinute(controller.scheduledTime, ready)
  },
} satisfies ExportedHandler<Env>

function consume(batch: MessageBatch, ready: Deployment): Promise<void> | void {
  switch (queueRole(batch.queue)) {
    case 'checks':
      return consumeChecks(batch, ready)
    case 'checks-dead':
      return consumeDeadChecks(batch)
    case 'alerts':
      return consumeAlerts(batch, ready.alerts)
    case 'alerts-dead':
      return consumeDeadAlerts(batch, ready.alerts)
    case null:
      return retryUnknown(batch)
  }
}

/**
 * Acknowledging messages of a misspelt queue would lose them silently. Retried messages wait for
 * the next deploy.
 */
function retryUnknown(batch: MessageBatch): void {
  const error = new Error(`no consumer: the name of a queue must end with one of -${QUEUE_ROLES.join(', -')}`)
  logError('queue_unknown', error, { queue: batch.queue, messages: batch.messages.length })
  for (const message of batch.messages) message.retry({ delaySeconds: UNKNOWN_QUEUE_RETRY_SECONDS })
}
