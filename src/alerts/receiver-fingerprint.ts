/**
 * Tells two receivers of a channel apart without giving either away: kept with what a receiver answered, so that a channel
 * that was disabled works again once it sends elsewhere.
 */
import type { Channel } from './channels.ts'

/** Stands for the receiver of a channel that is no longer in the settings. */
export const NO_RECEIVER = 'none'

/** 64 bits of a hash, in hex. A new signing secret leaves it as it is: the receiver is the same. */
export async function receiverFingerprint(channel: Channel): Promise<string> {
  const where = channel.type === 'email' ? `${channel.from} ${channel.to}` : channel.url
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${channel.type} ${where}`))
  return Array.from(new Uint8Array(digest.slice(0, 8)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
