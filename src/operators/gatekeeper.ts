/**
 * Who calls the operators' API: the bearer of a token, a browser with a session, or someone whom Cloudflare Access let in.
 * Values only; what is answered is in src/routes/api/operator.ts.
 */
import { isSameOrigin } from '../http/request-url.ts'
import type { Access } from './access.ts'
import type { FailedLogins } from './failed-logins.ts'
import { type Operator, operatorOf, type TokenOperator } from './operators.ts'
import { readSession, type Session, type SessionKey } from './session.ts'

/** Sent with every change by a browser: a page of another site cannot send it without being asked first, and never is let. */
export const CSRF_HEADER = 'Waiting-Room-Operator'

export interface OperatorAccess {
  /** Empty: only Access lets anyone in. */
  readonly operators: readonly TokenOperator[]
  readonly sessionKeys: readonly SessionKey[]
  readonly access: Access | null
  readonly failedLogins: FailedLogins
}

export type Caller =
  | {
      readonly state: 'known'
      readonly operator: Operator
      readonly via: 'token' | 'session' | 'access'
      readonly session: Session | null
    }
  | { readonly state: 'unknown' }
  /** The browser's own credentials came with a request that the operators' page did not send. */
  | { readonly state: 'forged' }
  | { readonly state: 'blocked'; readonly seconds: number }

export async function callerOf(request: Request, who: OperatorAccess, nowMs: number): Promise<Caller> {
  const authorization = request.headers.get('Authorization') ?? ''
  // Another scheme is for a site that has passwords of its own: browsers send them along wherever they go on its host.
  if (/^Bearer\b/i.test(authorization)) return bearer(request, authorization, who, nowMs)
  const session = await readSession(request, who.operators, who.sessionKeys, nowMs)
  if (session !== null) {
    if (!isRead(request) && !isFromOwnPage(request)) return { state: 'forged' }
    return { state: 'known', operator: session.operator, via: 'session', session }
  }
  const operator = (await who.access?.operatorOf(request, nowMs)) ?? null
  if (operator === null) return { state: 'unknown' }
  // Access adds its word to whatever a browser sends; only programs send neither of these two headers.
  const isBrowser = request.headers.has('Sec-Fetch-Site') || request.headers.has('Origin')
  if (!isRead(request) && isBrowser && !isFromOwnPage(request)) return { state: 'forged' }
  return { state: 'known', operator, via: 'access', session: null }
}

async function bearer(request: Request, authorization: string, who: OperatorAccess, nowMs: number): Promise<Caller> {
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
  if (token === undefined) return { state: 'unknown' }
  const blockedSeconds = await who.failedLogins.blockedSeconds(request, false, nowMs)
  if (blockedSeconds > 0) return { state: 'blocked', seconds: blockedSeconds }
  return byToken(request, token, who, nowMs)
}

/** What someone logs in with: the object is asked first, whether this address may try. */
export async function callerWithToken(
  request: Request,
  token: string,
  who: OperatorAccess,
  nowMs: number,
): Promise<Caller> {
  if (!isFromOwnPage(request)) return { state: 'forged' }
  const blockedSeconds = await who.failedLogins.blockedSeconds(request, true, nowMs)
  if (blockedSeconds > 0) return { state: 'blocked', seconds: blockedSeconds }
  return byToken(request, token, who, nowMs)
}

async function byToken(request: Request, token: string, who: OperatorAccess, nowMs: number): Promise<Caller> {
  const operator = await operatorOf(token, who.operators)
  if (operator !== null) return { state: 'known', operator, via: 'token', session: null }
  const seconds = await who.failedLogins.note(request, nowMs)
  return seconds > 0 ? { state: 'blocked', seconds } : { state: 'unknown' }
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Sent by a page of this very origin, or by a program that says it means it. */
export function isFromOwnPage(request: Request): boolean {
  return request.headers.has(CSRF_HEADER) && isSameOrigin(request)
}
