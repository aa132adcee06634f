/**
 * What the room's object keeps of deliveries: asked before each try, told after each. So a duplicate of a queue message
 * sends nothing twice, and what was lost is seen by the operator.
 */

/** `done`: this channel has had this message. `disabled`: its receiver said that it is gone (410). */
export type DeliveryTurn = 'send' | 'done' | 'disabled'

export type DeliveryState = 'queued' | 'delivered' | 'retrying' | 'lost' | 'disabled'

export interface DeliveryRecord {
  readonly id: string
  readonly channel: string
  readonly state: DeliveryState
  /** Tries so far. */
  readonly attempts: number
  /** In words, without secrets or addresses; null when all is well. */
  readonly reason: string | null
}

export interface DeliveryLedger {
  /** `receiver`: a fingerprint of where the channel sends, so that a changed receiver is enabled again. */
  beginDelivery(id: string, channel: string, receiver: string): Promise<DeliveryTurn>
  recordDelivery(record: DeliveryRecord, receiver: string): Promise<void>
}
