/**
 * The tokens a request presents, verified, and in which order they count.
 */
import { TICKET_LIFE_SECONDS, TOKEN_CHECKS_PER_REQUEST_MAX, TOKENS_PER_REQUEST_MAX } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { SigningKey } from './signing-keys.ts'
import { claimedKey, type Token, verifyToken } from './token.ts'
import type { PresentedTexts } from './token-cookie.ts'
import type { VerifiedTokens } from './verified-tokens.ts'

export interface PresentedToken {
  readonly token: Token
  readonly text: string
  /** It came in the cookie of plain http and belongs into that of https: see `PresentedTexts`. */
  readonly moves?: boolean
}

/** What tokens are verified with. */
export interface TokenVerifier {
  readonly keys: readonly SigningKey[]
  readonly verified: VerifiedTokens
}

/**
 * The first tokens that are ours, for this room and not long expired, the one in the header before those in cookies. Anything
 * else does not count against their number: other sites of the same domain may set cookies of our name.
 */
export async function readTokens(
  { inHeader, inCookies, inPlainCookies }: PresentedTexts,
  room: RoomSettings,
  verifier: TokenVerifier,
  nowMs: number,
): Promise<PresentedToken[]> {
  const texts = inHeader === null ? inCookies : [inHeader, ...inCookies]
  const own = await countingTokens(texts, room, verifier, nowMs)
  if (inPlainCookies.length === 0) return own
  const plain = await countingTokens(inPlainCookies, room, verifier, nowMs)
  return [...own, ...plain.map((presented) => ({ ...presented, moves: true }))]
}

async function countingTokens(
  texts: readonly string[],
  room: RoomSettings,
  verifier: TokenVerifier,
  nowMs: number,
): Promise<PresentedToken[]> {
  const read: PresentedToken[] = []
  let checksLeft = TOKEN_CHECKS_PER_REQUEST_MAX
  for (const text of texts.length === 1 ? texts : new Set(texts)) {
    let token = verifier.verified.find(text) ?? null
    if (token === null && checksLeft > 0 && claimedKey(text, verifier.keys) !== undefined) {
      checksLeft--
      token = await verified(text, room, verifier)
    }
    if (token === null || token.room !== room.name || nowMs / 1000 >= acceptedUntilSeconds(token)) continue
    read.push({ token, text })
    if (read.length >= TOKENS_PER_REQUEST_MAX) break
  }
  return read
}

async function verified(text: string, room: RoomSettings, verifier: TokenVerifier): Promise<Token | null> {
  const token = await verifyToken(text, room.name, verifier.keys)
  if (token !== null) verifier.verified.add(text, token)
  return token
}

/** A pass that expired can still be claimed, as long as the ticket could. */
function acceptedUntilSeconds({ kind, expiresSeconds }: Token): number {
  return kind === 'pass' ? expiresSeconds + TICKET_LIFE_SECONDS : expiresSeconds
}

/** Those that need not move first; of these the newest run's; of these a pass before a ticket; of these the lowest number. */
export function byPreference(tokens: readonly PresentedToken[]): PresentedToken[] {
  return [...tokens].sort(
    ({ token: a, moves: aMoves = false }, { token: b, moves: bMoves = false }) =>
      Number(aMoves) - Number(bMoves) ||
      b.run - a.run ||
      Number(b.kind === 'pass') - Number(a.kind === 'pass') ||
      a.number - b.number,
  )
}
