/**
 * The challenge of the proof of work before joining: a signed text for one room and one client
 * network. Nothing is stored. The id of a solved challenge is the key of the join, so a solution is
 * good for one place.
 */
import { solves } from '../core/proof-of-work.ts'
import { WORK_CHALLENGE_LIFE_SECONDS, WORK_NONCE_MAX_CHARS } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { ClientBinding } from './client-binding.ts'
import type { SigningKey } from './signing-keys.ts'
import { signClaims, verifyClaims } from './token.ts'

/** `CHALLENGE.NONCE`: how programs answer a challenge. */
export const WORK_HEADER = 'Waiting-Room-Proof'

/** Apart from the kinds of `Token`: a challenge is never a place. */
const KIND = 'pow'

interface ChallengeClaims {
  readonly kind: typeof KIND
  readonly room: string
  readonly id: string
  readonly bits: number
  readonly exp: number
  readonly bind: string
}

export interface WorkChallenge {
  readonly id: string
  /** 0 to 24. */
  readonly bits: number
  readonly expiresSeconds: number
  /** The signed text. */
  readonly text: string
}

interface ChallengeContext {
  readonly request: Request
  readonly room: RoomSettings
  readonly keys: readonly SigningKey[]
  readonly nowMs: number
}

export async function signChallenge(context: ChallengeContext, bits: number): Promise<WorkChallenge> {
  const { request, room, keys, nowMs } = context
  const claims: ChallengeClaims = {
    kind: KIND,
    room: room.name,
    id: crypto.randomUUID(),
    bits,
    exp: Math.floor(nowMs / 1000) + WORK_CHALLENGE_LIFE_SECONDS,
    bind: await ClientBinding.ofNetwork(request, keys).forToken(),
  }
  return { id: claims.id, bits, expiresSeconds: claims.exp, text: await signClaims(claims, keys) }
}

/** A challenge that this client got for this room in the last minutes, or null. */
export async function readChallenge(context: ChallengeContext, text: unknown): Promise<WorkChallenge | null> {
  const { request, room, keys, nowMs } = context
  if (typeof text !== 'string') return null
  const claims = (await verifyClaims(text, keys)) as ChallengeClaims | null
  if (claims?.kind !== KIND || claims.room !== room.name || nowMs / 1000 >= claims.exp) return null
  if (!(await ClientBinding.ofNetwork(request, keys).matches(claims.bind))) return null
  return { id: claims.id, bits: claims.bits, expiresSeconds: claims.exp, text }
}

export function isSolved({ id, bits }: WorkChallenge, nonce: unknown): boolean {
  if (typeof nonce !== 'string' || nonce.length > WORK_NONCE_MAX_CHARS || !/^\d+$/.test(nonce)) return false
  return solves(id, nonce, bits)
}

/** The challenge that a program answers in the header, and its nonce. Null: there is no header. */
export function presentedAnswer({ headers }: Request): { readonly text: string; readonly nonce: string } | null {
  const value = headers.get(WORK_HEADER)
  if (value === null || value === '') return null
  const dot = value.lastIndexOf('.')
  return { text: value.slice(0, Math.max(dot, 0)), nonce: value.slice(dot + 1) }
}
