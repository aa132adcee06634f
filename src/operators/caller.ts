/**
 * Authenticates the caller of the operators' API: by a bearer token, a browser session, or
 * Cloudflare Access. Returns values; the API maps them to HTTP answers.
 */
import { isSameOrigin } from '../http/request-url.ts'
import type { Access } from './access.ts'
import type { FailedLogins } from './failed-logins.ts'
import { type Operator, operatorOf, type TokenOperator } from './operators.ts'
import { readSession, type Session, type SessionKey } from './session.ts'

/**
 * Required for every change by a browser. A page of another site can send it only after a
 * preflight, which is refused.
 */
export const CSRF_HEADER = 'Waiting-Room-Operator'

export interface OperatorAccess {
  /** Empty: only Access authenticates operators. */
  readonly operators: readonly TokenOperator[]
  readonly sessionKeys: readonly SessionKey[]
  readonly access: Access | null
  readonly failedLogins: FailedLogins
}

/** Why the operators' API is off: nobody can authenticate, or nothing limits guesses of tokens. */
export type ApiOff = 'no-operators' | 'no-login-guard'

export type Caller =
  | {
      readonly state: 'known'
      readonly operator: Operator
      readonly via: 'token' | 'session' | 'access'
      readonly session: Session | null
    }
  | { readonly state: 'unknown' }
  /** A browser added its credentials to a request that the operators' page did not make. */
  | { readonly state: 'forged' }
  | { readonly state: 'blocked'; readonly seconds: number }

export async function authenticate(request: Request, auth: OperatorAccess, nowMs: number): Promise<Caller> {
  const authorization = request.headers.get('Authorization') ?? ''
  // Other schemes belong to the site: browsers send its HTTP passwords to every path of the host.
  if (/^Bearer\b/i.test(authorization)) return authenticateBearer(request, authorization, auth, nowMs)
  const session = await readSession(request, auth.operators, auth.sessionKeys, nowMs)
  if (session !== null) {
    if (!isRead(request) && !isFromOwnPage(request)) return { state: 'forged' }
    return { state: 'known', operator: session.operator, via: 'session', session }
  }
  const operator = (await auth.access?.operatorOf(request, nowMs)) ?? null
  if (operator === null) return { state: 'unknown' }
  // Access adds its JWT to forged requests as well. Only programs send neither of these headers.
  const isBrowser = request.headers.has('Sec-Fetch-Site') || request.headers.has('Origin')
  if (!isRead(request) && isBrowser && !isFromOwnPage(request)) return { state: 'forged' }
  return { state: 'known', operator, via: 'access', session: null }
}

async function authenticateBearer(
  request: Request,
  authorization: string,
  auth: OperatorAccess,
  nowMs: number,
): Promise<Caller> {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  if (token === undefined) return { state: 'unknown' }
  const blockedSeconds = await auth.failedLogins.blockedSeconds(request, false, nowMs)
  if (blockedSeconds > 0) return { state: 'blocked', seconds: blockedSeconds }
  return authenticateToken(request, token, auth, nowMs)
}

/** Authenticates a login. Asks the object first whether this address may try. */
export async function authenticateLogin(
  request: Request,
  token: string,
  auth: OperatorAccess,
  nowMs: number,
): Promise<Caller> {
  if (!isFromOwnPage(request)) return { state: 'forged' }
  const blockedSeconds = await auth.failedLogins.blockedSeconds(request, true, nowMs)
  if (blockedSeconds > 0) return { state: 'blocked', seconds: blockedSeconds }
  return authenticateToken(request, token, auth, nowMs)
}

async function authenticateToken(
  request: Request,
  token: string,
  auth: OperatorAccess,
  nowMs: number,
): Promise<Caller> {
  const operator = await operatorOf(token, auth.operators)
  if (operator !== null) return { state: 'known', operator, via: 'token', session: null }
  const seconds = await auth.failedLogins.note(request, nowMs)
  return seconds > 0 ? { state: 'blocked', seconds } : { state: 'unknown' }
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** From a page of this origin, or from a program that sends the header deliberately. */
export function isFromOwnPage(request: Request): boolean {
  return request.headers.has(CSRF_HEADER) && isSameOrigin(request)
}
