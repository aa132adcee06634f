/** Lets operators in: who is nobody is refused, who may only read changes nothing. */
import type { Context, MiddlewareHandler } from 'hono'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import { type Caller, CSRF_HEADER, callerOf } from '../../operators/gatekeeper.ts'
import { sessionCookie, signSession } from '../../operators/session.ts'
import { secretRemedy } from '../../settings/problems.ts'

/** `write`: for operators of kind `full` alone. */
export type Need = 'read' | 'write'

export function requireOperator(need: Need): MiddlewareHandler<AppEnv> {
  return async function operatorOnly(c, next) {
    const who = c.var.deployment.operators
    if (who === null) return apiIsOff()
    const nowMs = Date.now()
    const caller = await callerOf(c.req.raw, who, nowMs)
    if (caller.state !== 'known') return refusal(caller)
    if (need === 'write' && caller.operator.kind === 'read') {
      return problem(403, 'This token may only read', 'Use a token without ":read" to change anything.')
    }
    c.set('caller', caller)
    await next()
    const { session } = caller
    if (session?.isDue !== true || c.res.headers.has('Set-Cookie')) return undefined
    const { text } = await signSession(session.operator, session.sinceSeconds, who.sessionKeys, nowMs)
    c.res.headers.append('Set-Cookie', sessionCookie(c.req.raw, text))
    return undefined
  }
}

export function refusal(caller: Exclude<Caller, { state: 'known' }>): Response {
  switch (caller.state) {
    case 'unknown':
      return problem(401, 'A valid bearer token is needed', 'Send "Authorization: Bearer TOKEN", or log in.', {
        'WWW-Authenticate': 'Bearer',
      })
    case 'forged':
      return problem(
        403,
        'Not from the operators’ page',
        `A browser's call must come from this very origin with the header "${CSRF_HEADER}: 1".`,
      )
    case 'blocked':
      return problem(429, 'Too many failed logins', `Try again in ${caller.seconds} seconds.`, {
        'Retry-After': String(caller.seconds),
      })
  }
}

export function apiIsOff(): Response {
  return problem(403, 'The API is off', `Choose a token of 16 or more characters. ${secretRemedy('ADMIN_TOKEN')}`)
}

/** The name that the audit notes. */
export function callerName(c: Context<AppEnv>): string {
  return c.var.caller.operator.name
}
