/**
 * The proof that a newcomer passed the check before joining: a signed text in a cookie, for one
 * room and one client network, redeemed by joining within a minute.
 */
import { CHECK_COOKIE } from '../http/paths.ts'
import { CHECK_COOKIE_LIFE_SECONDS, JOIN_PROOF_LIFE_SECONDS, TOKENS_PER_REQUEST_MAX } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { ClientBinding } from './client-binding.ts'
import type { SigningKey } from './signing-keys.ts'
import { signClaims, verifyClaims } from './token.ts'
import { cookieTokens, hostCookie, hostCookieName } from './token-cookie.ts'

/** Apart from the kinds of `Token`: a proof is never a place. */
const KIND = 'join-proof'

/** The cookie's value on a check page. It shows that the browser keeps cookies. */
const PENDING = 'pending'

interface ProofClaims {
  readonly kind: typeof KIND
  readonly room: string
  readonly id: string
  readonly exp: number
  readonly bind: string
  readonly lane?: string
}

export interface JoinProof {
  /** Good for one join. */
  readonly id: string
  /** The lane to join; missing: the regular one. */
  readonly lane?: string
}

export async function signJoinProof(
  request: Request,
  room: RoomSettings,
  keys: readonly SigningKey[],
  nowMs: number,
  proof: JoinProof,
): Promise<string> {
  const claims: ProofClaims = {
    kind: KIND,
    room: room.name,
    ...proof,
    exp: Math.floor(nowMs / 1000) + JOIN_PROOF_LIFE_SECONDS,
    bind: await ClientBinding.ofNetwork(request, keys).forToken(),
  }
  return signClaims(claims, keys)
}

/** A valid proof that the request presents, or null. */
export async function presentedProof(
  request: Request,
  room: RoomSettings,
  keys: readonly SigningKey[],
  nowMs: number,
): Promise<JoinProof | null> {
  for (const text of checkCookies(request).slice(0, TOKENS_PER_REQUEST_MAX)) {
    const claims = (await verifyClaims(text, keys)) as ProofClaims | null
    if (claims?.kind !== KIND || claims.room !== room.name || nowMs / 1000 >= claims.exp) continue
    const { id, lane } = claims
    if (await ClientBinding.ofNetwork(request, keys).matches(claims.bind))
      return lane === undefined ? { id } : { id, lane }
  }
  return null
}

/** `none`: the request has no cookie of the check. `used`: one with a proof, valid or not. */
export function checkCookieOf(request: Request): 'none' | 'pending' | 'used' {
  const values = checkCookies(request)
  if (values.length === 0) return 'none'
  return values.every((value) => value === PENDING) ? 'pending' : 'used'
}

/** `Set-Cookie` with a proof; null: for a check page. */
export function checkCookie(request: Request, proof: string | null): string {
  const lifeSeconds = proof === null ? CHECK_COOKIE_LIFE_SECONDS : JOIN_PROOF_LIFE_SECONDS
  return hostCookie(request, CHECK_COOKIE, proof ?? PENDING, lifeSeconds)
}

function checkCookies(request: Request): string[] {
  return cookieTokens(request.headers, hostCookieName(request, CHECK_COOKIE))
}
