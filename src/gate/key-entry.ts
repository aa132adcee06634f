/**
 * The access key of a request: read, verified, and turned into the join that redeems it. Whether
 * the key was used or revoked, the object says (src/core/access.ts).
 */
import type { AccessClaim, AccessRefusal } from '../core/access.ts'
import type { JoinDetails } from '../core/exchange.ts'
import { placeAmongAll } from '../core/lane-snapshot.ts'
import { firstLane, isKnownLane, priorityOf, REGULAR_NAME, SKIP_NAME } from '../core/lanes.ts'
import type { SnapshotView } from '../core/snapshot-view.ts'
import { TOKENS_PER_REQUEST_MAX } from '../limits.ts'
import type { RoomClient } from '../room/room-client.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import { toLaneRules } from '../settings/lane-schema.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { type AccessKey, timeProblem, verifyAccessKey } from '../tokens/access-key.ts'
import { presentedKeyTexts } from '../tokens/key-cookie.ts'
import type { SigningKey } from '../tokens/signing-keys.ts'
import { isUndrawn } from './visitor-status.ts'

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
function laneOf({ type, lane, counted }: AccessKey, room: RoomSettings): string | null {
  if (type === 'skip') return counted === false ? null : SKIP_NAME
  if (type !== 'priority') return null
  return lane ?? firstLane(room.lanes) ?? null
}

/**
 * Whether a visitor who waits with this number is likely to be admitted sooner with the key. In the
 * same lane, and in a lane with more people than are ahead now, a new place would be a later one.
 * @param number the issued one
 */
export function isBetter({ details }: ValidKey, room: RoomSettings, view: SnapshotView, number: number): boolean {
  if (details.access.skips === true) return true
  const rules = toLaneRules(room.lanes)
  const { lane: name } = details
  if (name === undefined || !isKnownLane(name, rules)) return false
  const lane = view.laneOf(view.lineNumber(number))
  const lanes = view.snapshot.lanes ?? []
  const target = lanes.find((each) => each.name === name)
  if (target?.index === lane) return false
  // Nobody has joined that lane yet, or the present place is not drawn yet.
  if (target === undefined || isUndrawn(view, number)) {
    const present = priorityOf(view.laneName(lane) ?? REGULAR_NAME, rules)
    const { before } = priorityOf(name, rules)
    return before === null ? present.before === null : before < (present.before ?? Number.POSITIVE_INFINITY)
  }
  const position = view.position(view.lineNumber(number))
  return placeAmongAll(target.waiting + 1, target.index, lanes) < placeAmongAll(position, lane, lanes)
}
