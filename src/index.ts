/**
 * The Worker: requests go to the app, queue messages to their consumers. The object of each room is exported for its binding.
 */
import { createApp } from './app.ts'
import { deployment } from './deployment.ts'
import { logWarning } from './log.ts'
import { consumeChecks, consumeDeadChecks } from './queues/checks.ts'

export { WaitingRoom } from '../durable-objects/waiting-room.ts'

const app = createApp()

export default {
  fetch: app.fetch,
  async queue(batch, env) {
    if (batch.queue.endsWith('-dead')) return consumeDeadChecks(batch)
    const ready = await deployment(env)
    if (ready !== null) return consumeChecks(batch, ready)
    logWarning('checks_retried', { messages: batch.messages.length })
    batch.retryAll()
  },
} satisfies ExportedHandler<Env>
