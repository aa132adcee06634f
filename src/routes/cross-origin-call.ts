/**
 * The visitors' calls from pages of allowed origins: what a route is asked on their behalf, and their preflights.
 */
import type { Deployment } from '../deployment.ts'
import { allowedOrigin, shareWith } from '../gate/cross-origin.ts'
import { problem, unsupportedMethod } from '../http/problem.ts'
import { requestUrl } from '../http/request-url.ts'
import { PREFLIGHT_MAX_AGE_SECONDS } from '../limits.ts'
import { roomsOfHost } from '../settings/rooms.ts'
import { TOKEN_HEADER } from '../tokens/token-cookie.ts'
import { roomOfRequest } from './room-of-request.ts'
import type { VisitorRoute } from './visitor-call.ts'

/**
 * The route, for pages of allowed origins, too. Their calls need the header `Waiting-Room-Token` (empty for a newcomer): it
 * forces browsers to ask by a preflight first, which no form, image or simple fetch does. The route then sees what a program
 * without a cookie jar would send, and no cookie comes back. All other calls reach the route as they are.
 */
export function withAllowedOrigins(route: VisitorRoute): VisitorRoute {
  return async function answerAnyOrigin(request, deployment, keepAlive) {
    const origin = originOfCall(request, deployment)
    if (origin === null) return route(request, deployment, keepAlive)
    if (!request.headers.has(TOKEN_HEADER)) {
      const detail = `Calls from another origin need the header ${TOKEN_HEADER}, empty at first.`
      return shareWith(origin, problem(403, 'No token header', detail))
    }
    const response = await route(asProgram(request), deployment, keepAlive)
    response.headers.delete('Set-Cookie')
    return shareWith(origin, response)
  }
}

/** Without cookies, and without the headers by which a route refuses the pages of other sites. */
function asProgram(request: Request): Request {
  const program = new Request(request)
  for (const name of ['Cookie', 'Origin', 'Sec-Fetch-Site']) program.headers.delete(name)
  return program
}

/**
 * Answers `OPTIONS` of a route that takes these methods. A preflight from an origin that is not allowed gets a 403 that says
 * why: browsers treat it like a 204 without CORS headers, but whoever sets the app up finds the reason in the network panel.
 */
export function optionsRoute(methods: readonly string[]): VisitorRoute {
  return async function answerOptions(request, deployment) {
    const listed = unsupportedMethod('OPTIONS', methods)
    if (!request.headers.has('Origin') || !request.headers.has('Access-Control-Request-Method')) return listed
    const origin = originOfCall(request, deployment)
    if (origin === null) return problem(403, 'Origin not allowed', 'The allowed_origins of the room do not list it.')
    listed.headers.set('Access-Control-Allow-Methods', methods.join(', '))
    listed.headers.set('Access-Control-Allow-Headers', `${TOKEN_HEADER}, Content-Type, Accept`)
    listed.headers.set('Access-Control-Max-Age', String(PREFLIGHT_MAX_AGE_SECONDS))
    return shareWith(origin, listed)
  }
}

/** Where no room is meant, any room of the host may allow it: the page must be able to read that there is no such room. */
function originOfCall(request: Request, { rooms }: Deployment): string | null {
  const url = requestUrl(request.url)
  const room = roomOfRequest(url, rooms)
  return allowedOrigin(request, room === undefined ? roomsOfHost(rooms, url.hostname) : [room])
}
