/**
 * The access key of a request: read, verified, and turned into the join that redeems it. Whether
 * the key was used or revoked, the object says (src/core/access.ts).
 */
import type { AccessClaim, AccessRefusal } from '../core/access.ts'
import type { JoinDetails } from '../core/exchange.ts'
import { TOKENS_PER_REQUEST_MAX } from '../limits.ts'
import type { RoomClient } from '../room/room-client.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { type AccessKey, timeProblem, verifyAccessKey } from '../tokens/access-key.ts'
import { presentedKeyTexts } from '../tokens/key-cookie.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'

/** `key-invalid`: not a key of this deployment, or not valid yet. */
export type KeyRefusal = AccessRefusal | 'key-invalid'

export interface ValidKey {
  readonly state: 'valid'
  /** Joins with the same one are one join. */
  readonly joinKey: string
  readonly details: JoinDetails & { readonly access: AccessClaim }
}

export type PresentedKey = ValidKey | { readonly state: 'refused'; readonly why: KeyRefusal }

/** A visit that ended at its key. */
export type KeyOutcome =
  /** The room needs a key, and the newcomer has none. */
  | { readonly state: 'uninvited' }
  | { readonly state: 'key-refused'; readonly why: KeyRefusal }
  /** Another device holds the place. `isNew`: since a moment ago, so it may be this browser. */
  | { readonly state: 'taken'; readonly number: number; readonly isNew: boolean }

export interface KeyEntry {
  /** Newcomers without a key may not join. */
  readonly required: boolean
  /** Null: the request presents no key for this room. */
  presented(): Promise<PresentedKey | null>
  /** Counts a newcomer with a key; false: too many came from this client's address. */
  mayJoinNow(): Promise<boolean>
}

interface KeyContext {
  readonly request: Request
  readonly room: RoomSettings
  readonly client: RoomClient
  readonly accessKeys: readonly SigningKey[]
  readonly nowMs: number
}

/** Null: the request presents no key, and needs none. */
export function keyEntryOf(context: KeyContext, mayJoinNow: () => Promise<boolean>, takeOver = false): KeyEntry | null {
  const texts = presentedKeyTexts(context.request)
  const required = entrySetting(context, 'require_access_key')
  if (texts.length === 0 && !required) return null
  let known: Promise<PresentedKey | null> | null = null
  return {
    required,
    mayJoinNow,
    presented() {
      known ??= readKeys(context, takeOver)
      return known
    },
  }
}

async function readKeys(context: KeyContext, takeOver: boolean): Promise<PresentedKey | null> {
  const { request, room, accessKeys, nowMs } = context
  let refused: PresentedKey | null = null
  for (const { key: text, nonce } of presentedKeyTexts(request).slice(0, TOKENS_PER_REQUEST_MAX)) {
    const key = await verifyAccessKey(text, accessKeys)
    // Rooms of one host share the cookie.
    if (key !== null && key.room !== room.name) continue
    const problem = key === null ? 'invalid' : timeProblem(key, nowMs)
    // An expired key may have got a place before, whose answer was lost: the object knows.
    if (key !== null && (problem === null || (problem === 'expired' && nonce !== null))) {
      return {
        state: 'valid',
        joinKey: `key ${key.id} ${nonce ?? crypto.randomUUID()}`,
        details: detailsOf(key, room, takeOver),
      }
    }
    refused ??= { state: 'refused', why: problem === 'expired' ? 'key-expired' : 'key-invalid' }
  }
  return refused
}

function detailsOf(key: AccessKey, room: RoomSettings, takeOver: boolean): ValidKey['details'] {
  const { id, uses, expiresSeconds, run, person, type, counted } = key
  const skips = type === 'skip' && counted === false
  const lane = laneOf(key, room)
  const access: AccessClaim = {
    id,
    uses,
    expSeconds: expiresSeconds,
    ...(run === undefined ? {} : { run }),
    ...(person === undefined || skips ? {} : { person }),
    ...(skips ? { skips } : {}),
    ...(takeOver ? { takeOver } : {}),
  }
  return { access, ...(lane === null ? {} : { lane }) }
}

/** The lane that a key leads to; null: the regular one. */
function laneOf({ type, lane, counted }: AccessKey, _room: RoomSettings): string | null {
  if (type === 'skip') return counted === false ? null : 'skip'
  return type === 'priority' ? (lane ?? null) : null
}

/**
 * Whether a visitor who waits already gets a better place with this key. A join in the same lane
 * would only be a later one.
 */
export function isBetter({ details }: ValidKey): boolean {
  return details.access.skips === true
}
