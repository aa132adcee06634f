/**
 * `POST /leave`: with `final` the place or session is given up for good; without, a page only said goodbye, which is a hint
 * (links, reloads and closing look alike).
 */
import type { Deployment } from '../deployment.ts'
import { changeToken, smallPage } from '../gate/answers.ts'
import { problem } from '../problem.ts'
import { requestUrl } from '../request-url.ts'
import type { KeepAlive } from '../room/room-client.ts'
import { byPreference } from '../tokens/presented.ts'
import { readFields } from './body.ts'
import { isSameOrigin } from './same-origin.ts'
import { visitorCall } from './visitor-call.ts'

export async function leaveRoute(request: Request, deployment: Deployment, keepAlive: KeepAlive): Promise<Response> {
  const call = await visitorCall(request, deployment, keepAlive)
  if (call instanceof Response) return call
  const { context, presented } = call
  const { client, room } = context
  if (!isSameOrigin(request)) {
    return refusal(request, 403, 'foreign', 'Not from this site', 'Leave the line on its own page.')
  }
  const fields = await readFields(request)
  if (fields === null) {
    return refusal(request, 400, 'foreign', 'Bad body', 'Send {"final": true} or {"final": false}.')
  }
  const [chosen] = byPreference(presented)
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  if (fields.final !== true) {
    if (chosen !== undefined) client.depart(chosen.token.run, chosen.token.number, keepAlive)
    return new Response(null, { status: 204, headers })
  }
  // All of them: who leaves for good holds no second ticket.
  const left = await Promise.all(presented.map(({ token }) => client.leave(token.run, token.number, keepAlive)))
  if (left.some(({ state }) => state === 'unreachable')) {
    return refusal(request, 503, 'unreachable', 'Please try again', 'The waiting room cannot be reached right now.')
  }
  changeToken(headers, request, room, null)
  return wantsPage(request) ? leftPage(request, headers, room.path) : new Response(null, { status: 204, headers })
}

/** The form of the page without JavaScript is a navigation. */
function wantsPage(request: Request): boolean {
  return /^application\/x-www-form-urlencoded/i.test(request.headers.get('Content-Type') ?? '')
}

/** A plain page for people, problem details for programs. */
function refusal(
  request: Request,
  status: number,
  page: 'foreign' | 'unreachable',
  title: string,
  detail: string,
): Response {
  const retry: Record<string, string> = status === 503 ? { 'Retry-After': '5' } : {}
  if (!wantsPage(request)) return problem(status, title, detail, retry)
  return smallPage(request, status, ({ [page]: { title, text } }) => ({ title, text }), { headers: retry })
}

function leftPage(request: Request, headers: Headers, path: string): Response {
  const back = new URLSearchParams(requestUrl(request.url).search).get('return') ?? path
  const response = smallPage(request, 200, ({ left: { title, text, link = '' } }) => {
    return { title, text, link: { href: back.startsWith('/') ? back : path, label: link } }
  })
  for (const cookie of headers.getSetCookie()) response.headers.append('Set-Cookie', cookie)
  return response
}
