/**
 * The checks before joining (`turnstile_mode`, `proof_of_work`): whether a newcomer has passed
 * them, or has failed and is in the infinite queue.
 */
import type { JoinDetails } from '../core/exchange.ts'
import type { NewcomerCounts } from '../core/proof-of-work.ts'
import { logRepeatedWarning } from '../log/log.ts'
import type { CheckCount, RoomClient } from '../room/room-client.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { Status } from '../status.ts'
import { presentedProof } from '../tokens/join-proof.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import type { PresentedTexts } from '../tokens/token-cookie.ts'
import type { TurnstileValidator } from '../turnstile/validation.ts'
import { infiniteAnswer, presentedInfinite } from './infinite-queue.ts'
import type { IssueContext, Issued } from './issue.ts'
import { type ProofOfWork, proofOfWork } from './proof-of-work.ts'

/** A newcomer may join. */
export interface Entry {
  /**
   * The key of the join: the id of a proof, so that a copy of the proof gets the same number.
   * Missing: any.
   */
  readonly key?: string
  readonly details: JoinDetails
  /** Added to the figures when the newcomer has joined. */
  readonly counts: readonly CheckCount[]
}

export interface JoinCheck {
  /** Null: the room asks for none. */
  readonly work: ProofOfWork | null
  /** Null: the visitor is not in the infinite queue. */
  infiniteAnswer(): Promise<{ readonly status: Status; readonly ticket: Issued } | null>
  /**
   * Null: the visitor must pass the check first. `hasPage`: the check page can be shown. Programs,
   * which cannot run Turnstile, join where failures are only logged.
   */
  entry(hasPage: boolean): Promise<Entry | null>
}

interface CheckContext extends IssueContext {
  readonly request: Request
  readonly texts: PresentedTexts
  readonly turnstile: TurnstileValidator | null
  readonly infiniteKeys: readonly SigningKey[]
  readonly newcomers: NewcomerCounts
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
  const usesTurnstile = checkMode(context) !== 'off'
  const action = entrySetting(context, 'turnstile_action')
  const work = proofOfWork(context)
  if (!usesTurnstile && work === null) return null
  return {
    work,
    async infiniteAnswer() {
      if (!usesTurnstile || action !== 'infinite_queue') return null
      const held = await presentedInfinite(texts, room, context.infiniteKeys, nowMs)
      // A reset of the room voids these tickets as well.
      if (held === null || held.token.run < context.client.knownRun) return null
      return infiniteAnswer(context, held, context.infiniteKeys)
    },
    async entry(hasPage) {
      const proof = await presentedProof(request, room, keys, nowMs)
      if (proof !== null) {
        const { id: key, lane } = proof
        return lane === undefined ? { key, details: {}, counts: [] } : { key, details: { lane }, counts: ['slowJoins'] }
      }
      if (usesTurnstile && (hasPage || action !== 'log')) return null
      const unchecked: readonly CheckCount[] = usesTurnstile ? ['checksFailed', 'checksOverlooked'] : []
      const key = (await work?.presented()) ?? null
      if (key !== null) return { key, details: {}, counts: [...unchecked, 'proofsSolved'] }
      return work === null || work.bits === 0 ? { details: {}, counts: unchecked } : null
    },
  }
}
