/** Login, logout and the current session of a browser. */
import type { Context } from 'hono'
import * as v from 'valibot'
import type { AppEnv } from '../../app-env.ts'
import { authenticateLogin, CSRF_HEADER, isFromOwnPage } from '../../operators/caller.ts'
import type { TokenOperator } from '../../operators/operators.ts'
import { sessionCookie, signSession } from '../../operators/session.ts'
import { readBody } from './body.ts'
import { isoTimeOrNull, NO_STORE, type Operation } from './operation.ts'
import { apiIsOff, refusal } from './operator.ts'
import { sessionSchema } from './operator-schemas.ts'

const loginBody = v.strictObject({ token: v.pipe(v.string('must be a token'), v.maxLength(1_000, 'is too long')) })

const CSRF_PARAMETER = {
  [CSRF_HEADER]: {
    in: 'header',
    required: true,
    description:
      'Any value. Proves that a page of this origin made the call. Every change with a session needs it as well.',
    schema: v.string(),
    example: '1',
  },
} as const

export const sessionOperations: readonly Operation[] = [
  {
    id: 'logIn',
    method: 'post',
    path: '/session',
    tag: 'session',
    summary: 'Log in: exchange a token for a session cookie',
    description:
      'The cookie is HttpOnly and SameSite=Strict. The session ends 30 minutes after its last call, 12 hours after the login at the latest, and with its token. After 10 failed logins an address is blocked for up to a minute.',
    needs: 'nobody',
    parameters: CSRF_PARAMETER,
    body: { schema: loginBody, required: true, example: { token: 'the token' } },
    answers: { 200: { description: 'Logged in.', schema: sessionSchema, headers: { 'Set-Cookie': 'The session.' } } },
    refusals: {
      400: 'Invalid body.',
      401: 'No operator has this token.',
      403: 'The API is off, or the call does not come from a page of this origin.',
      429: 'Too many failed logins.',
      500: 'The API is off: the binding LOGIN_GUARD is missing.',
    },
    handle: logIn,
  },
  {
    id: 'getSession',
    method: 'get',
    path: '/session',
    tag: 'session',
    summary: 'Get the current operator',
    needs: 'read',
    answers: { 200: { description: 'The operator.', schema: sessionSchema } },
    handle: getSession,
  },
  {
    id: 'logOut',
    method: 'delete',
    path: '/session',
    tag: 'session',
    summary: 'Log out',
    needs: 'nobody',
    parameters: CSRF_PARAMETER,
    answers: { 204: { description: 'The cookie is removed.', headers: { 'Set-Cookie': 'Empty.' } } },
    refusals: { 403: 'The call does not come from a page of this origin.' },
    handle: logOut,
  },
]

async function logIn(c: Context<AppEnv>): Promise<Response> {
  const auth = c.var.deployment.operators
  if (typeof auth === 'string') return apiIsOff(auth)
  const read = await readBody(c, loginBody)
  if (!read.ok) return read.refusal
  const nowMs = Date.now()
  const caller = await authenticateLogin(c.req.raw, read.body.token, auth, nowMs)
  if (caller.state !== 'known') return refusal(caller)
  const operator = caller.operator as TokenOperator
  const { text, expiresSeconds } = await signSession(operator, Math.floor(nowMs / 1000), auth.sessionKeys, nowMs)
  const headers = { ...NO_STORE, 'Set-Cookie': sessionCookie(c.req.raw, text) }
  return c.json(sessionJson(operator, 'session', expiresSeconds), 200, headers)
}

function logOut(c: Context<AppEnv>): Response {
  if (!isFromOwnPage(c.req.raw)) return refusal({ state: 'forged' })
  return c.body(null, 204, { ...NO_STORE, 'Set-Cookie': sessionCookie(c.req.raw, null) })
}

function getSession(c: Context<AppEnv>): Response {
  const { operator, via, session } = c.var.caller
  return c.json(sessionJson(operator, via, session?.expiresSeconds ?? null), 200, NO_STORE)
}

function sessionJson({ name, kind }: { name: string; kind: string }, via: string, expiresSeconds: number | null) {
  const expires = isoTimeOrNull(expiresSeconds === null ? null : expiresSeconds * 1000)
  return { operator: { name, kind }, via, expires }
}
