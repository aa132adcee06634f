/**
 * The check before joining (`turnstile_mode`): whether a newcomer has passed it, or has failed it
 * and is in the infinite queue.
 */
import { SPENT_CHECKS_MAX } from '../limits.ts'
import { logRepeatedWarning } from '../log/log.ts'
import type { RoomClient } from '../room/room-client.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { Status } from '../status.ts'
import { presentedProof } from '../tokens/join-proof.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import { Spent } from '../tokens/spent.ts'
import type { PresentedTexts } from '../tokens/token-cookie.ts'
import type { TurnstileValidator } from '../turnstile/validation.ts'
import { infiniteAnswer, presentedInfinite } from './infinite-queue.ts'
import type { IssueContext, Issued } from './issue.ts'

export interface JoinCheck {
  /** Null: the visitor is not in the infinite queue. */
  infiniteAnswer(): Promise<{ readonly status: Status; readonly ticket: Issued } | null>
  /** Null: the visitor has not passed the check. */
  proof(): Promise<JoinProof | null>
}

/** Good for one join in this isolate. */
export interface JoinProof {
  /** False: it was redeemed before. */
  spend(): boolean
  /** The join took no number. */
  giveBack(): void
}

interface CheckContext extends IssueContext {
  readonly request: Request
  readonly texts: PresentedTexts
  readonly turnstile: TurnstileValidator | null
  readonly infiniteKeys: readonly SigningKey[]
}

const spentProofs = new Spent(SPENT_CHECKS_MAX)

/** The mode in force: operators may change it while the room runs. */
export function checkMode({
  room,
  client,
  turnstile,
}: {
  readonly room: RoomSettings
  readonly client: RoomClient
  readonly turnstile: TurnstileValidator | null
}): RoomSettings['turnstile_mode'] {
  const { turnstileMode = room.turnstile_mode } = client.view?.snapshot ?? {}
  if (turnstile === null) {
    // The settings check refuses a deployed mode without keys, but not one that operators set.
    if (turnstileMode !== 'off') logRepeatedWarning('turnstile_keys_missing', room.name, { room: room.name })
    return 'off'
  }
  return turnstileMode as RoomSettings['turnstile_mode']
}

/** Null: newcomers join without a check. */
export function joinCheckOf(context: CheckContext): JoinCheck | null {
  const { request, room, keys, texts, nowMs } = context
  if (checkMode(context) === 'off') return null
  return {
    async infiniteAnswer() {
      if (room.turnstile_action !== 'infinite_queue') return null
      const held = await presentedInfinite(texts, room, context.infiniteKeys, nowMs)
      // A reset of the room voids these tickets as well.
      if (held === null || held.token.run < context.client.knownRun) return null
      return infiniteAnswer(context, held, context.infiniteKeys)
    },
    async proof() {
      const id = await presentedProof(request, room, keys, nowMs)
      if (id === null) return null
      return { spend: () => spentProofs.spend(id), giveBack: () => spentProofs.giveBack(id) }
    },
  }
}
