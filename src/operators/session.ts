/**
 * The session of an operator's browser: a short-lived JWT in a Strict, HttpOnly cookie. Its keys
 * are derived from SIGNING_KEYS for this purpose only, so a visitor's token is never a session, nor
 * a session a visitor's token. A session ends with the operator token that started it.
 */
import { parse, serialize } from 'hono/utils/cookie'
import { jwtVerify, SignJWT } from 'jose'
import { ageMs } from '../core/age.ts'
import { OPERATOR_COOKIE } from '../http/paths.ts'
import { isSecure } from '../http/request-url.ts'
import { derivedKeys, type SigningKey } from '../tokens/signing-keys.ts'
import { SESSION_IDLE_SECONDS, SESSION_MAX_SECONDS, SESSION_RENEW_SECONDS } from './limits.ts'
import type { TokenOperator } from './operators.ts'

const PURPOSE = 'waiting-room operator session 1'
const ISSUER = 'waiting-room'
const AUDIENCE = 'waiting-room-operators'

export interface SessionKey {
  readonly kid: string
  readonly key: CryptoKey
}

export interface Session {
  readonly operator: TokenOperator
  /** When the operator logged in, seconds since 1970. */
  readonly sinceSeconds: number
  readonly expiresSeconds: number
  /** The cookie is due for renewal. */
  readonly isDue: boolean
}

export function sessionKeys(keys: readonly SigningKey[]): Promise<readonly SessionKey[]> {
  return derivedKeys(keys, PURPOSE)
}

/** The cookie's value and its expiry. Renewals never extend a session beyond its maximum. */
export async function signSession(
  operator: TokenOperator,
  sinceSeconds: number,
  keys: readonly SessionKey[],
  nowMs: number,
): Promise<{ readonly text: string; readonly expiresSeconds: number }> {
  const { kid, key } = keys[0] as SessionKey
  const nowSeconds = Math.floor(nowMs / 1000)
  const expiresSeconds = Math.min(nowSeconds + SESSION_IDLE_SECONDS, sinceSeconds + SESSION_MAX_SECONDS)
  const text = await new SignJWT({ fp: operator.fingerprint, auth_time: sinceSeconds })
    .setProtectedHeader({ alg: 'HS256', kid })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(operator.name)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(expiresSeconds)
    .sign(key)
  return { text, expiresSeconds }
}

/** Null: not a valid session of a configured operator. */
export async function readSession(
  request: Request,
  operators: readonly TokenOperator[],
  keys: readonly SessionKey[],
  nowMs: number,
): Promise<Session | null> {
  const name = sessionCookieName(request)
  const text = parse(request.headers.get('Cookie') ?? '', name)[name]
  if (text === undefined || text === '') return null
  try {
    const { payload } = await jwtVerify(text, ({ kid }) => (keys.find((key) => key.kid === kid) as SessionKey).key, {
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: ['HS256'],
      requiredClaims: ['exp', 'iat', 'sub'],
      currentDate: new Date(nowMs),
    })
    const operator = operators.find((one) => one.name === payload.sub && one.fingerprint === payload.fp)
    if (operator === undefined) return null
    const { exp = 0, iat = 0, auth_time: since } = payload
    const sinceSeconds = typeof since === 'number' ? since : iat
    return {
      operator,
      sinceSeconds,
      expiresSeconds: exp,
      isDue: ageMs(iat * 1000, nowMs) >= SESSION_RENEW_SECONDS * 1000,
    }
  } catch {
    // Expired, signed with another key, or malformed.
    return null
  }
}

/** The `Set-Cookie` value for a session. Null ends the session. */
export function sessionCookie(request: Request, session: string | null): string {
  return serialize(sessionCookieName(request), session ?? '', {
    path: '/',
    httpOnly: true,
    secure: isSecure(request),
    sameSite: 'Strict',
    maxAge: session === null ? 0 : SESSION_IDLE_SECONDS,
  })
}

/** Only this host, over TLS, can set a cookie with the `__Host-` prefix. */
function sessionCookieName(request: Request): string {
  return isSecure(request) ? `__Host-${OPERATOR_COOKIE}` : OPERATOR_COOKIE
}
