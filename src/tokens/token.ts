/**
 * Tickets and passes as compact JWS (RFC 7515), HS256. Any JWT library can verify them, including
 * the origin's.
 *
 * A token says which number of which room and run its holder has. It proves that the object once
 * confirmed this; only the object knows whether it is still valid.
 */
import { MAX_NUMBER } from '../core/limits.ts'
import { TOKEN_MAX_CHARS } from '../limits.ts'
import { base64Url, fromBase64Url, type SigningKey } from './signing-keys.ts'

export interface Token {
  readonly kind: 'ticket' | 'pass'
  readonly room: string
  readonly run: number
  readonly number: number
  /**
   * Seconds since 1970: when it was issued, when the object last confirmed it, and when it expires.
   */
  readonly issuedSeconds: number
  readonly seenSeconds: number
  readonly expiresSeconds: number
  /**
   * When and at which position the holder joined: the start of the progress bar. Tokens of older
   * deploys lack both.
   */
  readonly joinedSeconds?: number
  readonly startPosition?: number
  /** Which device holds the place: see core/holders.ts. Missing: the first one. */
  readonly holder?: number
  /** The client that received it, if the room binds tokens: see client-binding.ts. */
  readonly binding?: string
  /**
   * The number of gatherers that the issuing isolate knew: it spares a new isolate, which knows
   * none, a call of the room's object. Missing: none.
   */
  readonly gatherers?: number
}

/** The claims on the wire. */
interface Claims {
  kind: 'ticket' | 'pass'
  room: string
  run: number
  number: number
  iat: number
  seen: number
  exp: number
  joined?: number
  start?: number
  hold?: number
  bind?: string
  gath?: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function signToken(token: Token, keys: readonly SigningKey[]): Promise<string> {
  const claims: Claims = {
    kind: token.kind,
    room: token.room,
    run: token.run,
    number: token.number,
    iat: token.issuedSeconds,
    seen: token.seenSeconds,
    exp: token.expiresSeconds,
    ...(token.joinedSeconds === undefined ? {} : { joined: token.joinedSeconds }),
    ...(token.startPosition === undefined ? {} : { start: token.startPosition }),
    ...(token.holder === undefined ? {} : { hold: token.holder }),
    ...(token.binding === undefined ? {} : { bind: token.binding }),
    ...(token.gatherers === undefined ? {} : { gath: token.gatherers }),
  }
  return signClaims(claims, keys)
}

export async function signClaims(claims: object, keys: readonly SigningKey[]): Promise<string> {
  const { header, key } = keys[0] as SigningKey
  const signed = `${header}.${base64Url(encoder.encode(JSON.stringify(claims)))}`
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(signed))
  return `${signed}.${base64Url(new Uint8Array(signature))}`
}

/**
 * The key that the text claims to be signed with; undefined: the text is not one of our tokens.
 * Checks no signature.
 */
export function claimedKey(text: string, keys: readonly SigningKey[]): SigningKey | undefined {
  if (text.length > TOKEN_MAX_CHARS) return undefined
  return keys.find(({ header }) => text.startsWith(header) && text[header.length] === '.')
}

/**
 * The token, or null for anything that we did not sign for this room. Does not check `exp`. Never
 * throws.
 */
export async function verifyToken(text: string, room: string, keys: readonly SigningKey[]): Promise<Token | null> {
  return readClaims((await verifyClaims(text, keys)) as Partial<Claims> | null, room)
}

/** The claims of any text that we signed; null for other texts. Never throws. */
export async function verifyClaims(text: string, keys: readonly SigningKey[]): Promise<unknown> {
  const signing = claimedKey(text, keys)
  const dot = text.lastIndexOf('.')
  if (signing === undefined || dot <= signing.header.length) return null
  try {
    const signature = fromBase64Url(text.slice(dot + 1))
    const signed = text.slice(0, dot)
    if (!(await crypto.subtle.verify('HMAC', signing.key, signature, encoder.encode(signed)))) return null
    return JSON.parse(decoder.decode(fromBase64Url(signed.slice(signing.header.length + 1))))
  } catch {
    // Not base64url or not JSON, so not one of our tokens.
    return null
  }
}

function readClaims(claims: Partial<Claims> | null, room: string): Token | null {
  if (claims === null || (claims.kind !== 'ticket' && claims.kind !== 'pass') || claims.room !== room) return null
  const { kind, run, number, iat, seen, exp } = claims
  const wholes = [run, number, iat, seen, exp]
  if (!wholes.every((value) => Number.isSafeInteger(value) && (value as number) >= 0)) return null
  if ((number as number) > MAX_NUMBER) return null
  return {
    kind,
    room,
    run: run as number,
    number: number as number,
    issuedSeconds: iat as number,
    seenSeconds: seen as number,
    expiresSeconds: exp as number,
    ...(Number.isSafeInteger(claims.joined) ? { joinedSeconds: claims.joined as number } : {}),
    ...(Number.isSafeInteger(claims.start) ? { startPosition: claims.start as number } : {}),
    ...(Number.isSafeInteger(claims.hold) ? { holder: claims.hold as number } : {}),
    ...(typeof claims.bind === 'string' ? { binding: claims.bind } : {}),
    ...(Number.isSafeInteger(claims.gath) ? { gatherers: claims.gath as number } : {}),
  }
}
