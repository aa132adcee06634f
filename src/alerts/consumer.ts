/**
 * Consumer of the queue `alerts` and of its dead-letter queue: delivers each message and records
 * the outcome in the ledger of the room, which also tells whether the message was delivered before.
 *
 * Delivery is at least once: a message is sent twice if the code dies between a receiver's answer
 * and its record, or if the queue hands duplicates to two consumers at the same moment. Receivers
 * recognise such a pair by its id.
 */
import { logError, logWarning } from '../log/log.ts'
import type { Channel } from '../settings/channels.ts'
import { type DeliveryIo, deliver } from './deliver.ts'
import { type DeliveryLedger, type DeliveryRecord, NO_RECEIVER, receiverFingerprint } from './ledger.ts'
import { type AlertMessage, parseAlertMessage } from './message.ts'
import { backOffSeconds, type DeliveryOutcome } from './outcome.ts'

/**
 * The platform opens six connections at once. A seventh would spend its timeout on waiting for one.
 */
const DELIVERIES_AT_ONCE = 4

/**
 * One more than `max_retries` of the queue `alerts` in wrangler.toml: 12 retries take 40 minutes on
 * average, 81 at most.
 */
const DELIVERY_TRIES_MAX = 13

/** An unrecorded delivery would be repeated, so recording is retried. */
const RECORD_TRIES_MAX = 3

export interface AlertDelivery {
  /** The channel that carries a message; undefined: it is no longer in the settings. */
  readonly channelOf: (message: AlertMessage) => Channel | undefined
  /** Called for each use, because a stub must not be used again after an error. */
  readonly ledger: (room: string) => DeliveryLedger
  readonly io: DeliveryIo
}

/** A queue message and its parsed body. */
interface Incoming {
  readonly message: Message
  readonly alert: AlertMessage
}

/** A message with its destination. */
interface Task extends Incoming {
  readonly channel: Channel | undefined
  readonly receiver: string
}

type FinalOutcome = Exclude<DeliveryOutcome, { kind: 'retry' }>

export async function consumeAlerts(batch: MessageBatch, delivery: AlertDelivery): Promise<void> {
  await forEachAlert(batch, delivery, consumeAlert)
}

/** Records messages that exhausted their retries as lost, so that operators see them. */
export async function consumeDeadAlerts(batch: MessageBatch, delivery: AlertDelivery): Promise<void> {
  await forEachAlert(batch, delivery, consumeDeadAlert)
}

type Consume = (task: Task, delivery: AlertDelivery) => Promise<void>

async function forEachAlert(batch: MessageBatch, delivery: AlertDelivery, consume: Consume): Promise<void> {
  // Duplicates within a batch are handled in sequence, so that the second one finds the record of
  // the first.
  const groups = Map.groupBy(
    batch.messages.map(parsed).filter((incoming) => incoming !== null),
    ({ alert }) => `${alert.room} ${alert.channel} ${alert.id}`,
  )
  const pending = groups.values()
  const worker = async () => {
    for (const group of pending) for (const incoming of group) await consumeOrRetry(incoming, delivery, consume)
  }
  await Promise.all(Array.from({ length: DELIVERIES_AT_ONCE }, worker))
}

function parsed(message: Message): Incoming | null {
  const alert = parseAlertMessage(message.body)
  if (alert !== null) return { message, alert }
  logWarning('alert_unknown_shape', { id: message.id })
  message.ack()
  return null
}

/**
 * Retries the message when the ledger is unreachable or on a bug, without affecting the others of
 * the batch.
 */
async function consumeOrRetry(incoming: Incoming, delivery: AlertDelivery, consume: Consume): Promise<void> {
  try {
    const channel = delivery.channelOf(incoming.alert)
    const receiver = channel === undefined ? NO_RECEIVER : await receiverFingerprint(channel)
    await consume({ ...incoming, channel, receiver }, delivery)
  } catch (error) {
    logError('alert_failed', errorName(error), logFields(incoming))
    retryLater(incoming, null, delivery)
  }
}

const DISABLED = 'the channel is disabled'
const NOT_CONFIGURED: FinalOutcome = { kind: 'refused', reason: 'the channel is not in the settings' }

async function consumeAlert(task: Task, delivery: AlertDelivery): Promise<void> {
  const { message, alert, channel, receiver } = task
  const turn = await delivery.ledger(alert.room).beginDelivery(alert.id, alert.channel, receiver)
  switch (turn) {
    case 'done':
      return message.ack()
    case 'disabled':
      // A warning, because the error was logged when the channel was disabled.
      logWarning('alert_not_sent', { ...logFields(task), reason: DISABLED })
      await record(task, recordOf(task, 'disabled', message.attempts - 1, DISABLED), delivery)
      return message.ack()
    case 'send': {
      const outcome = channel === undefined ? NOT_CONFIGURED : await deliver(alert, channel, delivery.io)
      if (outcome.kind !== 'retry') return settle(task, outcome, message.attempts, delivery)
      logWarning('alert_retried', { ...logFields(task), reason: outcome.reason })
      retryLater(task, outcome.afterSeconds, delivery)
      await recordOrLog(task, recordOf(task, 'retrying', message.attempts, outcome.reason), delivery)
    }
  }
}

async function settle(task: Task, outcome: FinalOutcome, attempts: number, delivery: AlertDelivery): Promise<void> {
  if (outcome.kind === 'delivered') {
    // Acknowledged even if the record fails: a delivered message must not be sent again.
    task.message.ack()
    return recordOrLog(task, recordOf(task, 'delivered', attempts, null), delivery)
  }
  const state = outcome.kind === 'refused' ? 'lost' : 'disabled'
  logError(`alert_${state}`, outcome.reason, logFields(task))
  await record(task, recordOf(task, state, attempts, outcome.reason), delivery)
  task.message.ack()
}

async function consumeDeadAlert(task: Task, delivery: AlertDelivery): Promise<void> {
  const { message, alert, receiver } = task
  const turn = await delivery.ledger(alert.room).beginDelivery(alert.id, alert.channel, receiver)
  // `done`: a duplicate of this message was delivered, so nothing is lost.
  if (turn !== 'done') {
    const reason = 'given up after all retries'
    logError('alert_lost', reason, logFields(task))
    await record(task, recordOf(task, 'lost', DELIVERY_TRIES_MAX, reason), delivery)
  }
  message.ack()
}

function recordOf(
  { alert }: Task,
  state: DeliveryRecord['state'],
  attempts: number,
  reason: string | null,
): DeliveryRecord {
  return { id: alert.id, channel: alert.channel, state, attempts, reason }
}

/** For records that do not decide what becomes of the message. */
async function recordOrLog(task: Task, entry: DeliveryRecord, delivery: AlertDelivery): Promise<void> {
  try {
    await record(task, entry, delivery)
  } catch (error) {
    logError('alert_unrecorded', errorName(error), { ...logFields(task), state: entry.state })
  }
}

/** @throws the last error of the ledger */
async function record({ alert, receiver }: Task, entry: DeliveryRecord, delivery: AlertDelivery): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await delivery.ledger(alert.room).recordDelivery(entry, receiver)
    } catch (error) {
      if (tries === RECORD_TRIES_MAX) throw error
    }
  }
}

function retryLater({ message }: Incoming, retryAfterSeconds: number | null, { io }: AlertDelivery): void {
  message.retry({ delaySeconds: backOffSeconds(message.attempts, io.random(), retryAfterSeconds) })
}

function logFields({ message, alert }: Incoming) {
  return { room: alert.room, channel: alert.channel, id: alert.id, kind: alert.kind, attempts: message.attempts }
}

/** Only the class of an error is logged: its text may contain an address. */
function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
