/** Middleware that authenticates operators and checks their permission. */
import type { Context, MiddlewareHandler } from 'hono'
import type { AppEnv } from '../../app-env.ts'
import { problem } from '../../http/problem.ts'
import { type ApiOff, authenticate, type Caller, CSRF_HEADER } from '../../operators/caller.ts'
import { sessionCookie, signSession } from '../../operators/session.ts'
import { loginGuardRemedy, secretRemedy } from '../../settings/problems.ts'
import type { Need } from './operation.ts'

export function requireOperator(need: Need): MiddlewareHandler<AppEnv> {
  return async function operatorOnly(c, next) {
    const auth = c.var.deployment.operators
    if (typeof auth === 'string') return apiIsOff(auth)
    const nowMs = Date.now()
    const caller = await authenticate(c.req.raw, auth, nowMs)
    if (caller.state !== 'known') return refusal(caller)
    if (need === 'write' && caller.operator.kind === 'read') {
      return problem(403, 'This token is read-only', 'Use a token without ":read" to make changes.')
    }
    c.set('caller', caller)
    await next()
    const { session } = caller
    if (session?.isDue !== true || c.res.headers.has('Set-Cookie')) return undefined
    const { text } = await signSession(session.operator, session.sinceSeconds, auth.sessionKeys, nowMs)
    c.res.headers.append('Set-Cookie', sessionCookie(c.req.raw, text))
    return undefined
  }
}

export function refusal(caller: Exclude<Caller, { state: 'known' }>): Response {
  switch (caller.state) {
    case 'unknown':
      return problem(401, 'A valid bearer token is required', 'Send "Authorization: Bearer TOKEN", or log in.', {
        'WWW-Authenticate': 'Bearer',
      })
    case 'forged':
      return problem(
        403,
        'Not from the operators’ page',
        `A browser's call must come from this origin with the header "${CSRF_HEADER}: 1".`,
      )
    case 'blocked':
      return problem(429, 'Too many failed logins', `Try again in ${caller.seconds} seconds.`, {
        'Retry-After': String(caller.seconds),
      })
  }
}

export function apiIsOff(reason: ApiOff): Response {
  if (reason === 'no-login-guard') return problem(500, 'The API is off', `${loginGuardRemedy}.`)
  return problem(403, 'The API is off', `Choose a token of 16 or more characters. ${secretRemedy('ADMIN_TOKEN')}`)
}

/** The operator's name for the audit. */
export function callerName(c: Context<AppEnv>): string {
  return c.var.caller.operator.name
}
