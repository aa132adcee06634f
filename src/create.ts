/**
 * Makes a waiting room: the classes of its objects, and its handlers of requests, queue messages
 * and cron. The deployable Worker (index.ts) and the package are made of it. A Worker may have
 * several, which share nothing but the log of their isolate.
 */
import { GathererObject } from '../durable-objects/gatherer.ts'
import { LoginGuard as LoginGuardObject } from '../durable-objects/login-guard.ts'
import { WaitingRoomObject } from '../durable-objects/waiting-room.ts'
import { consumeAlerts, consumeDeadAlerts } from './alerts/consumer.ts'
import { serve } from './app.ts'
import type { Deployment } from './deployment.ts'
import { Instance, type InstanceOptions } from './instance.ts'
import { UNKNOWN_QUEUE_RETRY_SECONDS } from './limits.ts'
import { logError, logWarning } from './log/log.ts'
import { consumeChecks, consumeDeadChecks } from './queues/checks.ts'
import { QUEUE_ROLES, queueRole } from './queues/queue-role.ts'
import { reportMinute } from './room/room-clients.ts'

export function createWaitingRoom<E extends object>(options: InstanceOptions<E> = {}) {
  const instance = new Instance<E>(options)

  return {
    WaitingRoom: class WaitingRoom extends WaitingRoomObject {
      constructor(ctx: DurableObjectState, env: E) {
        super(ctx, env, instance.configuration(env))
      }
    },
    LoginGuard: LoginGuardObject,
    Gatherer: class Gatherer extends GathererObject {
      constructor(ctx: DurableObjectState, env: E) {
        super(ctx, env, instance.configuration(env))
      }
    },
    fetch: (request: Request, env: E, ctx: ExecutionContext) => serve(instance, request, env, ctx),
    async queue(batch: MessageBatch, env: E): Promise<void> {
      const ready = await instance.deployment(env)
      if (ready !== null) return consume(batch, ready)
      logWarning('messages_retried', { queue: batch.queue, messages: batch.messages.length })
      batch.retryAll()
    },
    async scheduled(controller: ScheduledController, env: E): Promise<void> {
      const ready = await instance.deployment(env)
      if (ready !== null) await reportMinute(controller.scheduledTime, ready)
    },
    check(env: E): void {
      instance.check(env)
    },
  }
}

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
