/** Who may use the operators' API: the bearer of ADMIN_TOKEN. Unset, the API is off, never open. */
import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { problem } from '../problem.ts'

/** Compared in constant time: both sides are hashed first, so lengths do not show either. */
export function requireAdminToken(): MiddlewareHandler<AppEnv> {
  return async function adminToken(c, next) {
    const expected = c.var.deployment.adminToken
    if (expected === null) {
      return problem(403, 'The API is off', 'Set a token of 16 or more characters: npx wrangler secret put ADMIN_TOKEN')
    }
    const [, given] = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '') ?? []
    if (given === undefined || !(await sameText(given, expected))) {
      return problem(401, 'A valid bearer token is needed', undefined, { 'WWW-Authenticate': 'Bearer' })
    }
    return next()
  }
}

async function sameText(a: string, b: string): Promise<boolean> {
  const digest = (text: string) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return crypto.subtle.timingSafeEqual(await digest(a), await digest(b))
}
