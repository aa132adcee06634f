/** The origin's own session in redirect mode: a signed cookie that only the origin reads. */
import { jwtVerify, SignJWT } from 'jose'
import type { Admission } from './verify-token.ts'

export interface Session extends Admission {
  /** From then on, the next page goes through the waiting room. Seconds since 1970. */
  readonly renewAt: number
}

const TYPE = 'waiting-room-session+jwt'
const SECRET_MIN_CHARS = 32

export interface CookieOptions {
  readonly name: string
  /** The host that the session is for. */
  readonly audience: string
  /** The first signs, all verify. */
  readonly secrets: readonly Uint8Array[]
  /** Without `Secure`, for development over http. */
  readonly insecure: boolean
}

/** @throws TypeError for a secret that could be guessed */
export function secretsOf(secret: string | readonly string[]): Uint8Array[] {
  const texts = typeof secret === 'string' ? [secret] : secret
  if (texts.length === 0 || texts.some((text) => text.length < SECRET_MIN_CHARS)) {
    throw new TypeError(
      `secret must have ${SECRET_MIN_CHARS} characters or more. Make one with: openssl rand -base64 32`,
    )
  }
  return texts.map((text) => new TextEncoder().encode(text))
}

/** `Set-Cookie` with the session. */
export async function sessionCookie(session: Session, options: CookieOptions): Promise<string> {
  const { room, run, number, issuedAt, expiresAt, renewAt } = session
  const text = await new SignJWT({ room, run, number, renew: renewAt })
    .setProtectedHeader({ alg: 'HS256', typ: TYPE })
    .setAudience(options.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(options.secrets[0] as Uint8Array)
  return setCookie(options.name, text, expiresAt - issuedAt, options.insecure)
}

/** `Max-Age` 0 deletes the cookie. */
export function setCookie(name: string, value: string, maxAgeSeconds: number, insecure: boolean): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${insecure ? '' : '; Secure'}`
}

/** The first valid session in a `Cookie` header; null: none. Never throws. */
export async function readSession(
  cookies: string | null,
  { name, audience, secrets }: CookieOptions,
  room: string,
  nowMs: number,
): Promise<Session | null> {
  for (const text of cookieValues(cookies, name).slice(0, COOKIES_READ_MAX)) {
    for (const secret of secrets) {
      const session = await verified(text, secret, { audience, nowMs })
      if (session !== null && session.room === room) return session
    }
  }
  return null
}

/** Sites of the same domain may set cookies of our name. */
const COOKIES_READ_MAX = 4

async function verified(
  text: string,
  secret: Uint8Array,
  { audience, nowMs }: { readonly audience: string; readonly nowMs: number },
): Promise<Session | null> {
  try {
    const { payload } = await jwtVerify<{ room: string; run: number | null; number: number | null; renew: number }>(
      text,
      secret,
      { algorithms: ['HS256'], typ: TYPE, audience, currentDate: new Date(nowMs), requiredClaims: ['iat', 'exp'] },
    )
    const { room, run, number, iat = 0, exp = 0, renew } = payload
    return { room, run, number, issuedAt: iat, expiresAt: exp, renewAt: renew }
  } catch {
    return null
  }
}

/** All values of a cookie, as sent. */
export function cookieValues(cookies: string | null, name: string): string[] {
  const pairs = (cookies ?? '').split(';').map((pair) => pair.trim())
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1))
}
