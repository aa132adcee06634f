/** The endpoints that the waiting page uses without JavaScript. */
import { serialize } from 'hono/utils/cookie'
import { getQueryParam } from 'hono/utils/url'
import type { Call } from '../app-env.ts'
import { answerVisit } from '../gate/answer-visit.ts'
import { waitingAnswer } from '../gate/answers.ts'
import type { Visitor } from '../gate/room-context.ts'
import { refusal, smallPage } from '../gate/small-pages.ts'
import { isSuspended, visit } from '../gate/visit.ts'
import { LANG_COOKIE, pathOfThisHost } from '../http/paths.ts'
import { readableForm } from '../http/request-kind.ts'
import { isSecure, type RequestUrl } from '../http/request-url.ts'
import { LANGUAGES, languageOf } from '../languages.ts'
import { LANG_COOKIE_LIFE_SECONDS } from '../limits.ts'
import { homePath } from '../settings/routes.ts'
import { redirectWithToken, type TokenChange } from '../tokens/token-cookie.ts'
import { visitorOfCall } from './visitor-call.ts'

/**
 * `GET /line?room=&return=`: the page that reloads itself. A browser that comes without the ticket
 * of the page before keeps no cookies. Since nobody joins here, it is told so.
 */
export async function lineRoute(call: Call): Promise<Response> {
  const visitor = await visitorOfCall(call)
  if (visitor instanceof Response) return visitor
  const { room, client, keepAlive, presented } = visitor
  const returnUrl = pathOfThisHost(parameter(call.url, 'return') ?? homePath(room, call.url.hostname))
  const toSite = (change?: TokenChange) => redirectWithToken(visitor, returnUrl, change)
  if (isSuspended(visitor)) {
    client.keepFresh(keepAlive)
    return toSite()
  }
  const outcome = await visit(visitor, presented, { mayJoin: false, details: { beacon: false, touched: true } })
  return answerVisit<Response | Promise<Response>>(outcome, room, {
    admitted: ({ text, renewed }) => toSite(renewed ? text : undefined),
    letThrough: () => toSite(),
    wait: (status, ticket, tokenChange) =>
      waitingAnswer(visitor, {
        status,
        form: 'page',
        ticket: ticket?.text ?? null,
        tokenChange,
        returnUrl,
        code: room.queueing_status_code,
      }),
    // The gate lets them join, or not.
    refuse: () => toSite(),
    unchecked: () => toSite(),
    passed: () => toSite(),
    keyEnds: () => toSite(),
    noToken: () => (presented.length === 0 ? noTicketPage(visitor, returnUrl) : toSite()),
  })
}

function noTicketPage(visitor: Visitor, returnUrl: string): Response {
  return smallPage(
    visitor,
    400,
    ({ noTicket: { title, text, link = '' } }) => ({ title, text, link: { href: returnUrl, label: link } }),
    { room: visitor.room },
  )
}

/**
 * `GET /lang?lang=&return=`: the language picker. Keeps the choice in a cookie and redirects back.
 */
export function langRoute({ request, url }: Call): Response {
  const backUrl = pathOfThisHost(parameter(url, 'return') ?? '/')
  const language = languageOf(parameter(url, 'lang') ?? '')
  if (language === undefined) {
    const reader = readableForm(request) === 'page' ? 'person' : 'program'
    const detail = `Name one of: ?lang=${LANGUAGES.join(', ')}`
    return refusal({ request, url }, reader, {
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

/**
 * Keeps encoded bytes that are not UTF-8, unlike `URLSearchParams`: they may be part of a path to
 * return to.
 */
function parameter({ href }: RequestUrl, name: string): string | undefined {
  return getQueryParam(href, name) as string | undefined
}
