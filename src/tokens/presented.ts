/** The tokens that a request presents: verified, and ordered by preference. */
import {
  TICKET_LIFE_SECONDS,
  TOKEN_CHECKS_PER_REQUEST_MAX,
  TOKENS_PER_REQUEST_MAX,
  VERIFIED_TOKENS_MAX,
} from '../limits.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { SigningKey } from './signing-keys.ts'
import { claimedKey, type Token, verifyToken } from './token.ts'
import type { PresentedTexts } from './token-cookie.ts'

export interface PresentedToken {
  readonly token: Token
  readonly text: string
  /**
   * The token came in the plain-http cookie and moves to the https cookie: see `PresentedTexts`.
   */
  readonly moves?: boolean
}

/** The keys and the cache that tokens are verified with. */
export interface TokenVerifier {
  readonly keys: readonly SigningKey[]
  readonly verified: VerifiedTokens
}

/**
 * Returns the first authentic tokens of this room that are not long expired, the one in the header
 * before those in cookies. Other texts do not count towards the maximum: other sites of the same
 * domain may set cookies of our name.
 */
export function readTokens(
  presented: PresentedTexts,
  room: RoomSettings,
  verifier: TokenVerifier,
  nowMs: number,
): PresentedToken[] | Promise<PresentedToken[]> {
  const { inHeader, inCookies, inPlainCookies } = presented
  const [only] = inCookies
  // Most requests present one token, which this isolate knows, and need no promise.
  if (only !== undefined && inHeader === null && inCookies.length === 1 && inPlainCookies.length === 0) {
    const token = verifier.verified.find(only)
    if (token !== undefined) return isAccepted(token, room, nowMs) ? [{ token, text: only }] : []
  }
  return readAll(presented, room, verifier, nowMs)
}

async function readAll(
  { inHeader, inCookies, inPlainCookies }: PresentedTexts,
  room: RoomSettings,
  verifier: TokenVerifier,
  nowMs: number,
): Promise<PresentedToken[]> {
  const texts = inHeader === null ? inCookies : [inHeader, ...inCookies]
  const own = await acceptedTokens(texts, room, verifier, nowMs)
  if (inPlainCookies.length === 0) return own
  const plain = await acceptedTokens(inPlainCookies, room, verifier, nowMs)
  return [...own, ...plain.map((presented) => ({ ...presented, moves: true }))]
}

async function acceptedTokens(
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
      token = await verifyAndCache(text, room, verifier)
    }
    if (token === null || !isAccepted(token, room, nowMs)) continue
    read.push({ token, text })
    if (read.length >= TOKENS_PER_REQUEST_MAX) break
  }
  return read
}

async function verifyAndCache(text: string, room: RoomSettings, verifier: TokenVerifier): Promise<Token | null> {
  const token = await verifyToken(text, room.name, verifier.keys)
  if (token !== null) verifier.verified.add(text, token)
  return token
}

/** An expired pass can be claimed for as long as its ticket could. */
function isAccepted({ kind, room: name, expiresSeconds }: Token, room: RoomSettings, nowMs: number): boolean {
  const untilSeconds = kind === 'pass' ? expiresSeconds + TICKET_LIFE_SECONDS : expiresSeconds
  return name === room.name && nowMs / 1000 < untilSeconds
}

/**
 * Sorts tokens by: no move between cookies needed, newest run, passes before tickets, lowest
 * number.
 */
export function byPreference(tokens: readonly PresentedToken[]): PresentedToken[] {
  return [...tokens].sort(
    ({ token: a, moves: aMoves = false }, { token: b, moves: bMoves = false }) =>
      Number(aMoves) - Number(bMoves) ||
      b.run - a.run ||
      Number(b.kind === 'pass') - Number(a.kind === 'pass') ||
      a.number - b.number,
  )
}

/**
 * A cache of the tokens that this isolate has verified, by their exact text. A visitor presents the
 * same token for about a minute; a hit saves the decoding, HMAC and JSON parsing, about 60 us or a
 * fifth of a poll.
 *
 * An entry says only that a text is authentic and what it contains. Room, run and expiry are
 * checked with each request. The cache has two generations: a full young generation replaces the
 * old one, and a hit in the old one moves to the young one.
 */
export class VerifiedTokens {
  private young = new Map<string, Token>()
  private old = new Map<string, Token>()
  private readonly generationMax: number

  constructor(max = VERIFIED_TOKENS_MAX) {
    this.generationMax = Math.ceil(max / 2)
  }

  find(text: string): Token | undefined {
    const token = this.young.get(text)
    if (token !== undefined) return token
    const older = this.old.get(text)
    if (older !== undefined) this.add(text, older)
    return older
  }

  add(text: string, token: Token): void {
    if (this.young.size >= this.generationMax) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(text, token)
  }
}
