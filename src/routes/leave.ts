/**
 * `POST /leave`: with `final` the place or session is given up for good. Without it a page only
 * says that it was left, which is a hint: links, reloads and closing look alike.
 */
import type { Call } from '../app-env.ts'
import type { Visitor } from '../gate/room-context.ts'
import { type Refusal, refusal, sendsForm, smallPage } from '../gate/small-pages.ts'
import { booleanField, readFields } from '../http/body.ts'
import { isSameOrigin, type RequestUrl } from '../http/request-url.ts'
import { BODY_MAX_BYTES } from '../limits.ts'
import { homePath } from '../settings/routes.ts'
import { byPreference } from '../tokens/presented.ts'
import { changeToken } from '../tokens/token-cookie.ts'
import { visitorOfCall } from './visitor-call.ts'

export async function leaveRoute(call: Call): Promise<Response> {
  const visitor = await visitorOfCall(call)
  if (visitor instanceof Response) return visitor
  const { request, client, keepAlive, room, presented } = visitor
  const reader = sendsForm(request) ? 'person' : 'program'
  if (!isSameOrigin(request)) return refusal(visitor, reader, otherSite(homePath(room, call.url.hostname)))
  const backUrl = backPath(call.url) ?? homePath(room, call.url.hostname)
  const final = booleanField(await readFields(request), 'final')
  if (final === null) return refusal(visitor, reader, unreadable(backUrl))
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  if (!final) {
    const [chosen] = byPreference(presented)
    if (chosen !== undefined) client.depart(chosen.token.run, chosen.token.number, keepAlive, chosen.token.holder)
    return new Response(null, { status: 204, headers })
  }
  // All tokens: a visitor who leaves for good keeps no second ticket.
  const left = await Promise.all(
    presented.map(({ token }) => client.leave(token.run, token.number, keepAlive, token.holder)),
  )
  if (left.some(({ state }) => state === 'unreachable')) return refusal(visitor, reader, unreachable(backUrl))
  changeToken(headers, request, room, null)
  return reader === 'person' ? leftPage(visitor, headers, backUrl) : new Response(null, { status: 204, headers })
}

function otherSite(backUrl: string): Refusal {
  const detail = 'Leave the line on its own page.'
  return { status: 403, title: 'Not from this site', detail, page: 'foreign', backUrl }
}

function unreadable(backUrl: string): Refusal {
  const detail = `Send {"final": true} or {"final": false}, or a form with final=true, in ${BODY_MAX_BYTES} bytes.`
  return { status: 400, title: 'Bad body', detail, page: 'unreadable', backUrl }
}

function unreachable(backUrl: string): Refusal {
  const detail = 'The waiting room cannot be reached right now.'
  const headers = { 'Retry-After': '5' }
  return { status: 503, title: 'Please try again', detail, page: 'unreachable', backUrl, headers }
}

function backPath({ search }: RequestUrl): string | null {
  const path = new URLSearchParams(search).get('return')
  return path?.startsWith('/') === true ? path : null
}

function leftPage(visitor: Visitor, headers: Headers, backUrl: string): Response {
  const response = smallPage(
    visitor,
    200,
    ({ left: { title, text, link = '' } }) => ({ title, text, link: { href: backUrl, label: link } }),
    { room: visitor.room },
  )
  for (const cookie of headers.getSetCookie()) response.headers.append('Set-Cookie', cookie)
  return response
}
