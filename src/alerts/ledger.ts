/**
 * The room's record of deliveries, consulted before each attempt and updated after it. It keeps
 * duplicates of a queue message from being sent twice, and shows operators which messages were
 * lost.
 */
import { hexOf } from '../core/hex.ts'
import type { Channel } from '../settings/channels.ts'

/**
 * `done`: this channel already received the message. `disabled`: its receiver answered 410 (gone).
 */
export type DeliveryTurn = 'send' | 'done' | 'disabled'

export type DeliveryState = 'queued' | 'delivered' | 'retrying' | 'lost' | 'disabled'

export interface DeliveryRecord {
  readonly id: string
  readonly channel: string
  readonly state: DeliveryState
  /** Attempts so far. */
  readonly attempts: number
  /** In words, without secrets or addresses; null for a success. */
  readonly reason: string | null
}

export interface DeliveryLedger {
  /**
   * `receiver`: a fingerprint of the channel's destination. A disabled channel is enabled again
   * when it changes.
   */
  beginDelivery(id: string, channel: string, receiver: string): Promise<DeliveryTurn>
  recordDelivery(record: DeliveryRecord, receiver: string): Promise<void>
}

/** Stands for the receiver of a channel that is no longer in the settings. */
export const NO_RECEIVER = 'none'

/**
 * 64 bits of a hash, in hex: tells receivers apart without revealing either. A new signing secret
 * does not change it, since the receiver stays the same.
 */
export async function receiverFingerprint(channel: Channel): Promise<string> {
  const destination = channel.type === 'email' ? `${channel.from} ${channel.to}` : channel.url
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${channel.type} ${destination}`))
  return hexOf(new Uint8Array(digest, 0, 8))
}
