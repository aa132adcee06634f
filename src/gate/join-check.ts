/**
 * The check before joining (`turnstile_mode`): whether a newcomer has passed it, or has failed it
 * and is in the infinite queue.
 */
import { logRepeatedWarning } from '../log/log.ts'
import type { RoomClient } from '../room/room-client.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { Status } from '../status.ts'
import { presentedProof } from '../tokens/join-proof.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import type { PresentedTexts } from '../tokens/token-cookie.ts'
import type { TurnstileValidator } from '../turnstile/validation.ts'
import { infiniteAnswer, presentedInfinite } from './infinite-queue.ts'
import type { IssueContext, Issued } from './issue.ts'

export interface JoinCheck {
  /** Null: the visitor is not in the infinite queue. */
  infiniteAnswer(): Promise<{ readonly status: Status; readonly ticket: Issued } | null>
  /**
   * The id of the visitor's proof, which is good for one join: it is the key of that join, so a
   * copy of the proof gets the same number. Null: the visitor has not passed the check.
   */
  proof(): Promise<string | null>
}

interface CheckContext extends IssueContext {
  readonly request: Request
  readonly texts: PresentedTexts
  readonly turnstile: TurnstileValidator | null
  readonly infiniteKeys: readonly SigningKey[]
}

/** The mode in force: operators may change it while the room runs. */
export function checkMode(context: {
  readonly room: RoomSettings
  readonly client: RoomClient
  readonly turnstile: TurnstileValidator | null
}): RoomSettings['turnstile_mode'] {
  const mode = entrySetting(context, 'turnstile_mode')
  if (mode === 'off' || context.turnstile !== null) return mode
  // The settings check refuses a deployed mode without keys, but not one that operators set.
  const { name } = context.room
  logRepeatedWarning('turnstile_keys_missing', name, { room: name })
  return 'off'
}

/** Null: newcomers join without a check. */
export function joinCheckOf(context: CheckContext): JoinCheck | null {
  const { request, room, keys, texts, nowMs } = context
  if (checkMode(context) === 'off') return null
  return {
    async infiniteAnswer() {
      if (entrySetting(context, 'turnstile_action') !== 'infinite_queue') return null
      const held = await presentedInfinite(texts, room, context.infiniteKeys, nowMs)
      // A reset of the room voids these tickets as well.
      if (held === null || held.token.run < context.client.knownRun) return null
      return infiniteAnswer(context, held, context.infiniteKeys)
    },
    proof: () => presentedProof(request, room, keys, nowMs),
  }
}
