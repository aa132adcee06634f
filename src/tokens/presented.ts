/**
 * The tokens a request presents, verified, and in which order they count.
 */
import { TICKET_LIFE_SECONDS } from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { SigningKey } from './signing-keys.ts'
import { type Token, verifyToken } from './token.ts'
import { presentedTokens } from './token-cookie.ts'
import type { VerifiedTokens } from './verified-tokens.ts'

export interface PresentedToken {
  readonly token: Token
  readonly text: string
}

/** What tokens are verified with. */
export interface TokenVerifier {
  readonly keys: readonly SigningKey[]
  readonly verified: VerifiedTokens
}

/** Ours, for this room and not long expired; anything else counts as none. */
export async function readTokens(
  headers: Headers,
  room: RoomSettings,
  verifier: TokenVerifier,
  secure: boolean,
  nowMs: number,
): Promise<PresentedToken[]> {
  const texts = presentedTokens(headers, room, secure)
  const read: PresentedToken[] = []
  for (const text of texts.length > 1 ? new Set(texts) : texts) {
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

/** The newest run's first; of these a pass before a ticket; of these the lowest number. */
export function byPreference(tokens: readonly PresentedToken[]): PresentedToken[] {
  return [...tokens].sort(
    ({ token: a }, { token: b }) =>
      b.run - a.run || Number(b.kind === 'pass') - Number(a.kind === 'pass') || a.number - b.number,
  )
}
