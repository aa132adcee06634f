/**
 * The token of a visitor whose access key leads past the room: a signed text in a cookie. It is
 * renewed by asking the object again, so a revoked key acts within its life.
 */
import type { AccessClaim } from '../core/access.ts'
import { SKIP_COOKIE } from '../http/paths.ts'
import { SKIP_COOKIE_LIFE_SECONDS, SKIP_TOKEN_LIFE_SECONDS, TOKENS_PER_REQUEST_MAX } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { SigningKey } from './signing-keys.ts'
import { signClaims, verifyClaims } from './token.ts'
import { cookieTokens, hostCookie, hostCookieName } from './token-cookie.ts'

const KIND = 'skip'

/** The redeemed key, and the join that redeemed it. */
export interface Skip {
  readonly joinKey: string
  readonly access: AccessClaim
}

export interface SkipToken extends Skip {
  readonly expiresSeconds: number
  /** The client that received it, if the room binds tokens. */
  readonly binding?: string
}

interface Claims {
  kind: typeof KIND
  room: string
  exp: number
  join: string
  access: AccessClaim
  bind?: string
}

export function signSkip(
  { joinKey, access }: Skip,
  room: RoomSettings,
  keys: readonly SigningKey[],
  nowMs: number,
  binding: string | null,
): Promise<string> {
  const exp = Math.floor(nowMs / 1000) + SKIP_TOKEN_LIFE_SECONDS
  const claims: Claims = { kind: KIND, room: room.name, exp, join: joinKey, access }
  return signClaims(binding === null ? claims : { ...claims, bind: binding }, keys)
}

/** The first token of this room that the request presents, expired or not; null: none. */
export async function presentedSkip(
  request: Request,
  room: RoomSettings,
  keys: readonly SigningKey[],
): Promise<SkipToken | null> {
  const texts = cookieTokens(request.headers, hostCookieName(request, SKIP_COOKIE))
  for (const text of texts.slice(0, TOKENS_PER_REQUEST_MAX)) {
    const claims = (await verifyClaims(text, keys)) as Claims | null
    if (claims?.kind !== KIND || claims.room !== room.name) continue
    const { join: joinKey, access, exp: expiresSeconds, bind } = claims
    return { joinKey, access, expiresSeconds, ...(bind === undefined ? {} : { binding: bind }) }
  }
  return null
}

/** `Set-Cookie`; null deletes the cookie. */
export function skipCookie(request: Request, token: string | null): string {
  return hostCookie(request, SKIP_COOKIE, token, SKIP_COOKIE_LIFE_SECONDS)
}
