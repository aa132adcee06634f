/**
 * The Worker: requests go to the app, queue messages to their consumers, each minute to the rooms. The object of each room
 * is exported for its binding.
 */
import { consumeAlerts, consumeDeadAlerts } from './alerts/consume-alerts.ts'
import { serve } from './app.ts'
import { reportMinute } from './cron.ts'
import { type Deployment, deployment } from './deployment.ts'
import { logWarning, reportErrorsTo } from './log.ts'
import { consumeChecks, consumeDeadChecks } from './queues/checks.ts'
import { deployedReporter } from './reporter/deployed-reporter.ts'

export { WaitingRoom } from '../durable-objects/waiting-room.ts'

reportErrorsTo(deployedReporter)

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

/** By the end of the queue's name, so that environments may have queues of their own. */
function consume(batch: MessageBatch, ready: Deployment): Promise<void> | void {
  if (batch.queue.endsWith('-alerts-dead')) return consumeDeadAlerts(batch, ready.alerts)
  if (batch.queue.endsWith('-alerts')) return consumeAlerts(batch, ready.alerts)
  if (batch.queue.endsWith('-checks-dead')) return consumeDeadChecks(batch)
  return consumeChecks(batch, ready)
}
