/**
 * Makes a waiting room: the classes of its objects, and its handlers of requests, queue messages
 * and cron. The deployable Worker (index.ts) and the package are built on it. A Worker may have
 * several, which share nothing but the log of their isolate.
 */
import { DirectoryObject } from '../durable-objects/directory.ts'
import { GathererObject } from '../durable-objects/gatherer.ts'
import { LoginGuard } from '../durable-objects/login-guard.ts'
import { WaitingRoomObject } from '../durable-objects/waiting-room.ts'
import { consumeAlerts, consumeDeadAlerts } from './alerts/consumer.ts'
import type { WaitingRoom, WaitingRoomOptions } from './api.ts'
import { serve } from './app.ts'
import type { Deployment } from './deployment.ts'
import { Instance } from './instance.ts'
import { UNKNOWN_QUEUE_RETRY_SECONDS } from './limits.ts'
import { logError, logWarning } from './log/log.ts'
import type { AdminFiles } from './operators/admin-files.ts'
import { OwnRoutes } from './origin/own-routes.ts'
import { consumeChecks, consumeDeadChecks } from './queues/checks.ts'
import { QUEUE_ROLES, queueRole } from './queues/queue-role.ts'
import { reportMinute } from './room/room-clients.ts'

/** @param adminFiles of the operators' page; null: they are in the binding ASSETS */
export function createWaitingRoom<E extends object = Cloudflare.Env>(
  options: WaitingRoomOptions<E> = {},
  adminFiles: AdminFiles | null = null,
): WaitingRoom<E> {
  const instance = new Instance<E>(options, adminFiles)
  return {
    WaitingRoom: class extends WaitingRoomObject<E> {
      constructor(ctx: DurableObjectState, env: E) {
        super(ctx, env, instance.configuration(env))
      }
    },
    LoginGuard,
    Gatherer: class Gatherer extends GathererObject<E> {
      constructor(ctx: DurableObjectState, env: E) {
        super(ctx, env, instance.configuration(env))
      }
    },
    Directory: class Directory extends DirectoryObject<E> {
      constructor(ctx: DurableObjectState, env: E) {
        super(ctx, env, instance.configuration(env))
      }
    },
    prefix: instance.prefix,
    fetch: (request, env, ctx) => serve(instance, request, env, ctx),
    handle: (request, env, ctx, next) => serve(instance, request, env, ctx, new OwnRoutes(next)),
    async queue(batch, env) {
      const ready = await instance.deployment(env, null)
      if (ready !== null) return consume(batch, ready)
      logWarning('messages_retried', { queue: batch.queue, messages: batch.messages.length })
      batch.retryAll()
    },
    async scheduled({ scheduledTime }, env) {
      const ready = await instance.deployment(env, null)
      if (ready !== null) await reportMinute(scheduledTime, ready)
    },
    check: (env) => instance.check(env),
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
