/**
 * `POST /leave`: with `final` the place or session is given up for good; without, a page only said goodbye, which is a hint
 * (links, reloads and closing look alike).
 */
import type { Deployment } from '../deployment.ts'
import { changeToken, smallPage } from '../gate/answers.ts'
import { booleanField, readFields } from '../http/body.ts'
import { requestUrl } from '../http/request-url.ts'
import { isSameOrigin } from '../http/same-origin.ts'
import { BODY_MAX_BYTES } from '../limits.ts'
import type { KeepAlive } from '../room/room-client.ts'
import { byPreference } from '../tokens/presented.ts'
import { type Refusal, refusal } from './refusal.ts'
import { type VisitorCall, visitorCall } from './visitor-call.ts'

export async function leaveRoute(request: Request, deployment: Deployment, keepAlive: KeepAlive): Promise<Response> {
  const call = await visitorCall(request, deployment, keepAlive)
  if (call instanceof Response) return call
  const { context, presented } = call
  const { client, room } = context
  const reader = wantsPage(request) ? 'person' : 'program'
  if (!isSameOrigin(request)) return refusal(request, reader, foreign(room.path))
  const backUrl = returnPath(request, room.path)
  const final = booleanField(await readFields(request), 'final')
  if (final === null) return refusal(request, reader, unreadable(backUrl))
  const [chosen] = byPreference(presented)
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  if (!final) {
    if (chosen !== undefined) client.depart(chosen.token.run, chosen.token.number, keepAlive)
    return new Response(null, { status: 204, headers })
  }
  // All of them: who leaves for good holds no second ticket.
  const left = await Promise.all(presented.map(({ token }) => client.leave(token.run, token.number, keepAlive)))
  if (left.some(({ state }) => state === 'unreachable')) {
    return refusal(request, reader, unreachable(backUrl))
  }
  changeToken(headers, request, room, null)
  return reader === 'person' ? leftPage(call, headers, backUrl) : new Response(null, { status: 204, headers })
}

/** The form of the page without JavaScript is a navigation. */
function wantsPage(request: Request): boolean {
  return /^application\/x-www-form-urlencoded/i.test(request.headers.get('Content-Type') ?? '')
}

function foreign(backUrl: string): Refusal {
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

/** Where the page of the line leads. `path`: where the request does not say so. */
function returnPath(request: Request, path: string): string {
  const asked = new URLSearchParams(requestUrl(request.url).search).get('return')
  return asked?.startsWith('/') ? asked : path
}

function leftPage({ request, context }: VisitorCall, headers: Headers, backUrl: string): Response {
  const response = smallPage(
    request,
    200,
    ({ left: { title, text, link = '' } }) => ({ title, text, link: { href: backUrl, label: link } }),
    { room: context.room },
  )
  for (const cookie of headers.getSetCookie()) response.headers.append('Set-Cookie', cookie)
  return response
}
