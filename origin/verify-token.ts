/** Verifies a JWT of the waiting room: a pass, or the code of redirect mode. */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { type KeySource, KeysUnavailable, type WaitUntil } from './key-set.ts'

/**
 * - `expired`, `not-yet`: by this machine's clock, beyond the allowed skew.
 * - `forged`: not signed by the waiting room.
 * - `foreign`: signed by it, for another room, another site or another use.
 * - `unavailable`: the public keys cannot be read. Says nothing about the visitor.
 */
export type TokenProblem = 'expired' | 'not-yet' | 'forged' | 'foreign' | 'unavailable'

/** The contents of a valid token. */
export interface Admission {
  readonly room: string
  /** The run of the room and the number in it; null: let past the room without a place. */
  readonly run: number | null
  readonly number: number | null
  /** Seconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
}

export type TokenResult =
  | { readonly state: 'valid'; readonly admission: Admission; readonly claims: JWTPayload }
  | { readonly state: TokenProblem; readonly reason: string }

export interface TokenRules {
  readonly keys: KeySource
  /** Null: any, since only the waiting room knows the keys. */
  readonly issuer: string | readonly string[] | null
  readonly audience: string | readonly string[]
  /** The `typ` of the header. */
  readonly type: string
  readonly clockSkewSeconds: number
}

export const CLOCK_SKEW_DEFAULT_SECONDS = 30

/** The waiting room signs with one of these. jose calls EdDSA with this curve `Ed25519`, too. */
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256']

/** Longer texts are not read. Tokens have about 500 characters. */
const TOKEN_MAX_CHARS = 4_096

/** Decoders of base64 overlook spaces. */
const TOKEN_FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Never throws for any text. */
export async function verifyToken(
  text: string,
  rules: TokenRules,
  nowMs: number,
  waitUntil?: WaitUntil,
): Promise<TokenResult> {
  const { keys, issuer, audience, type, clockSkewSeconds } = rules
  if (text.length > TOKEN_MAX_CHARS) return problem('forged', `longer than ${TOKEN_MAX_CHARS} characters`)
  if (!TOKEN_FORM.test(text)) return problem('forged', 'no token')
  try {
    const { kid } = decodeProtectedHeader(text)
    if (typeof kid !== 'string') return problem('forged', 'no key id')
    const { payload } = await jwtVerify(text, await keys.keysFor(kid, waitUntil), {
      algorithms: ALGORITHMS,
      ...(issuer === null ? {} : { issuer: list(issuer) }),
      audience: list(audience),
      typ: type,
      clockTolerance: clockSkewSeconds,
      requiredClaims: ['iat', 'exp'],
      currentDate: new Date(nowMs),
    })
    return accepted(payload, nowMs / 1000 + clockSkewSeconds)
  } catch (error) {
    return rejected(error)
  }
}

function list(names: string | readonly string[]): string[] {
  return typeof names === 'string' ? [names] : [...names]
}

function accepted(claims: JWTPayload, latestSeconds: number): TokenResult {
  const { room, run = null, number = null, iat = 0, exp = 0 } = claims
  if (iat > latestSeconds) return problem('not-yet', 'issued in the future: compare the clocks')
  if (typeof room !== 'string' || !isNumber(run) || !isNumber(number)) return problem('foreign', 'no room or number')
  return { state: 'valid', admission: { room, run, number, issuedAt: iat, expiresAt: exp }, claims }
}

function isNumber(value: unknown): value is number | null {
  return value === null || Number.isSafeInteger(value)
}

function rejected(error: unknown): TokenResult {
  if (error instanceof errors.JWTExpired) return problem('expired', 'expired')
  if (error instanceof errors.JWTClaimValidationFailed) {
    return problem(error.claim === 'nbf' ? 'not-yet' : 'foreign', error.message)
  }
  if (error instanceof KeysUnavailable) return problem('unavailable', error.message)
  // jose throws a TypeError for a text without the form of a token.
  if (error instanceof errors.JOSEError || error instanceof TypeError) return problem('forged', error.message)
  return problem('unavailable', error instanceof Error ? error.message : String(error))
}

function problem(state: TokenProblem, reason: string): TokenResult {
  return { state, reason }
}
