/**
 * The tokens a request presents, verified, and in which order they count.
 */
import { TICKET_LIFE_SECONDS, TOKENS_PER_REQUEST_MAX } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { SigningKey } from './signing-keys.ts'
import { type Token, verifyToken } from './token.ts'
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

/** Ours, for this room and not long expired; anything else counts as none. */
export async function readTokens(
  { inHeader, inCookies, inPlainCookies }: PresentedTexts,
  room: RoomSettings,
  verifier: TokenVerifier,
  nowMs: number,
): Promise<PresentedToken[]> {
  const texts = inHeader === null ? inCookies : [...new Set([inHeader, ...inCookies])]
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
  for (const text of texts.slice(0, TOKENS_PER_REQUEST_MAX)) {
    const token = verifier.verified.find(text) ?? (await verified(text, room, verifier))
    if (token !== null && token.room === room.name && nowMs / 1000 < acceptedUntilSeconds(token))
      read.push({ token, text })
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
