/** `GET /lang?lang=&return=`: the waiting page's language picker. Keeps the choice in a cookie and goes back. */
import type { Context } from 'hono'
import { serialize } from 'hono/utils/cookie'
import type { AppEnv } from '../app-env.ts'
import { LANG_COOKIE } from '../http/cookie-names.ts'
import { pathOfThisHost } from '../http/paths.ts'
import { readableForm } from '../http/request-kind.ts'
import { isSecure } from '../http/request-url.ts'
import { LANGUAGES, languageOf } from '../languages.ts'
import { LANG_COOKIE_LIFE_SECONDS } from '../limits.ts'
import { refusal } from './refusal.ts'

export function langRoute(c: Context<AppEnv>): Response {
  const request = c.req.raw
  const backUrl = pathOfThisHost(c.req.query('return') ?? '/')
  const language = languageOf(c.req.query('lang') ?? '')
  if (language === undefined) {
    const reader = readableForm(request) === 'page' ? 'person' : 'program'
    const detail = `Name one of: ?lang=${LANGUAGES.join(', ')}`
    return refusal(request, reader, {
      status: 400,
      title: 'No such language',
      detail,
      page: 'unknownLanguage',
      backUrl,
    })
  }
  const secure = isSecure(request)
  const options = { path: '/', httpOnly: true, secure, sameSite: 'Lax', maxAge: LANG_COOKIE_LIFE_SECONDS } as const
  const cookie = serialize(LANG_COOKIE, language, options)
  return new Response(null, {
    status: 303,
    headers: { Location: backUrl, 'Cache-Control': 'no-store', 'Set-Cookie': cookie },
  })
}
