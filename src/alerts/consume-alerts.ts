/**
 * Consumer of the queue `alerts`, and of its dead-letter queue: delivers each message and tells the room's object how it
 * went, which also says whether it was delivered before.
 *
 * Delivery is at least once: a message is sent twice if the code dies between a receiver's answer and its record, or if the
 * queue hands out duplicates to two consumers at the same moment. Receivers tell such a pair by its id.
 */
import { logError, logWarning } from '../log/log.ts'
import { type AlertMessage, parseAlertMessage } from './alert-message.ts'
import { backOffSeconds } from './back-off.ts'
import type { Channel } from './channels.ts'
import { type DeliveryIo, deliver } from './deliver.ts'
import type { DeliveryLedger, DeliveryRecord } from './delivery-ledger.ts'
import type { DeliveryOutcome } from './delivery-outcome.ts'
import { DELIVERIES_AT_ONCE, DELIVERY_TRIES_MAX, RECORD_TRIES_MAX } from './limits.ts'
import { NO_RECEIVER, receiverFingerprint } from './receiver-fingerprint.ts'

export interface AlertDelivery {
  /** The channel a message goes out by; undefined: it is no longer in the settings. */
  readonly channelOf: (message: AlertMessage) => Channel | undefined
  /** Called anew for each use: a stub is not used again after an error. */
  readonly ledger: (room: string) => DeliveryLedger
  readonly io: DeliveryIo
}

/** One message of the queue, understood. */
interface Incoming {
  readonly message: Message
  readonly alert: AlertMessage
}

/** And where it goes. */
interface Task extends Incoming {
  readonly channel: Channel | undefined
  readonly receiver: string
}

type Settled = Exclude<DeliveryOutcome, { kind: 'retry' }>

export async function consumeAlerts(batch: MessageBatch, delivery: AlertDelivery): Promise<void> {
  await eachAlert(batch, delivery, consumeAlert)
}

/** Messages given up by the queue: recorded as lost, where the operator sees it. */
export async function consumeDeadAlerts(batch: MessageBatch, delivery: AlertDelivery): Promise<void> {
  await eachAlert(batch, delivery, consumeDeadAlert)
}

type Consume = (task: Task, delivery: AlertDelivery) => Promise<void>

async function eachAlert(batch: MessageBatch, delivery: AlertDelivery, consume: Consume): Promise<void> {
  // Duplicates of a batch go one after the other: the second finds what the first has recorded.
  const groups = Map.groupBy(
    batch.messages.map(understood).filter((incoming) => incoming !== null),
    ({ alert }) => `${alert.room} ${alert.channel} ${alert.id}`,
  )
  const waiting = groups.values()
  const worker = async () => {
    for (const group of waiting) for (const incoming of group) await guarded(incoming, delivery, consume)
  }
  await Promise.all(Array.from({ length: DELIVERIES_AT_ONCE }, worker))
}

function understood(message: Message): Incoming | null {
  const alert = parseAlertMessage(message.body)
  if (alert !== null) return { message, alert }
  logWarning('alert_unknown_shape', { id: message.id })
  message.ack()
  return null
}

/** The ledger out of reach, or a mistake of ours: the message comes back, the others of the batch go on. */
async function guarded(incoming: Incoming, delivery: AlertDelivery, consume: Consume): Promise<void> {
  try {
    const channel = delivery.channelOf(incoming.alert)
    const receiver = channel === undefined ? NO_RECEIVER : await receiverFingerprint(channel)
    await consume({ ...incoming, channel, receiver }, delivery)
  } catch (error) {
    logError('alert_failed', nameOf(error), logFields(incoming))
    retryLater(incoming, null, delivery)
  }
}

async function consumeAlert(task: Task, delivery: AlertDelivery): Promise<void> {
  const { message, alert, channel, receiver } = task
  const turn = await delivery.ledger(alert.room).beginDelivery(alert.id, alert.channel, receiver)
  switch (turn) {
    case 'done':
      return message.ack()
    case 'disabled':
      // That was told when it happened; here it is no news.
      logWarning('alert_not_sent', { ...logFields(task), reason: disabledBefore })
      await record(task, recordOf(task, 'disabled', message.attempts - 1, disabledBefore), delivery)
      return message.ack()
    case 'send': {
      const outcome = channel === undefined ? notConfigured : await deliver(alert, channel, delivery.io)
      if (outcome.kind !== 'retry') return settle(task, outcome, message.attempts, delivery)
      logWarning('alert_retried', { ...logFields(task), reason: outcome.reason })
      retryLater(task, outcome.afterSeconds, delivery)
      await recordOrLog(task, recordOf(task, 'retrying', message.attempts, outcome.reason), delivery)
    }
  }
}

const disabledBefore = 'the channel is disabled'
const notConfigured: Settled = { kind: 'refused', reason: 'the channel is not in the settings' }

async function settle(task: Task, outcome: Settled, attempts: number, delivery: AlertDelivery): Promise<void> {
  if (outcome.kind === 'delivered') {
    // Recorded or not: a message that has arrived must not be sent again.
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
  // A duplicate of what has arrived after all is not lost.
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

/** Where the message's fate does not hang on the record. */
async function recordOrLog(task: Task, entry: DeliveryRecord, delivery: AlertDelivery): Promise<void> {
  try {
    await record(task, entry, delivery)
  } catch (error) {
    logError('alert_unrecorded', nameOf(error), { ...logFields(task), state: entry.state })
  }
}

/** @throws what the ledger threw last */
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

/** Only the kind of an error is logged: its text might repeat an address. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
