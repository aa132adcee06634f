/** `GET /lang?lang=&return=`: the waiting page's language picker. Keeps the choice in a cookie and goes back. */
import type { Context } from 'hono'
import { serialize } from 'hono/utils/cookie'
import type { AppEnv } from '../app-env.ts'
import { LANG_COOKIE } from '../cookie-names.ts'
import { LANG_COOKIE_LIFE_SECONDS } from '../limits.ts'
import { languageOf } from '../pages/languages.ts'
import { pathOfThisHost } from '../pages/waiting-page.ts'
import { isSecure } from '../request-url.ts'

export function langRoute(c: Context<AppEnv>): Response {
  const headers = new Headers({ Location: pathOfThisHost(c.req.query('return') ?? '/'), 'Cache-Control': 'no-store' })
  const language = languageOf(c.req.query('lang') ?? '')
  if (language !== undefined) {
    const secure = isSecure(c.req.raw)
    const options = { path: '/', httpOnly: true, secure, sameSite: 'Lax', maxAge: LANG_COOKIE_LIFE_SECONDS } as const
    headers.append('Set-Cookie', serialize(LANG_COOKIE, language, options))
  }
  return new Response(null, { status: 303, headers })
}
