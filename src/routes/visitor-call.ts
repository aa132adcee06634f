/**
 * The common part of the visitors' endpoints: the room they address, the visitor's tokens, and
 * calls from pages of allowed origins.
 */
import type { Call, Handler } from '../app-env.ts'
import { allowedOrigin, shareWith } from '../gate/cors.ts'
import { readVisitor, roomContext, type Visitor } from '../gate/room-context.ts'
import { problem, unsupportedMethod } from '../http/problem.ts'
import { PREFLIGHT_MAX_AGE_SECONDS } from '../limits.ts'
import { type RoomSettings, returningRoom } from '../settings/rooms.ts'
import type { RouteTable } from '../settings/route-table.ts'
import { KEY_HEADER } from '../tokens/key-cookie.ts'
import { TOKEN_HEADER } from '../tokens/token-cookie.ts'
import { WORK_HEADER } from '../tokens/work-challenge.ts'

/** The visitor behind a call, or the answer to a call that addresses no room. */
export async function visitorOfCall(call: Call): Promise<Visitor | Response> {
  const room = roomOfRequest(call, call.deployment.routes)
  if (room === undefined) return problem(404, 'No such room', 'Name a room of this host: ?room=NAME')
  return readVisitor(roomContext(call, room))
}

type Asking = Pick<Call, 'request' | 'url'>

/**
 * The room that a call to one of our endpoints addresses: the one named by `?room=`, or the only
 * one of the host.
 */
export function roomOfRequest({ request, url }: Asking, routes: RouteTable): RoomSettings | undefined {
  const name = roomName(url.search)
  if (name !== null) return routes.onHost(url.hostname, name) ?? returningRoom(routes, name)
  const [first, ...others] = routes.ofHost(url.hostname)
  return others.length === 0 ? first : routes.find({ request, url: { ...url, pathname: '/', canonical: '/' } })
}

function roomName(search: string): string | null {
  if (search === '') return null
  // The form in which our own pages name the room.
  const plain = /^\?room=([\w-]+)$/.exec(search)
  return plain === null ? new URLSearchParams(search).get('room') : (plain[1] as string)
}

/**
 * Lets pages of allowed origins call a route. They must send the header `Waiting-Room-Token` (empty
 * for a newcomer), which forces a preflight that no form, image or simple fetch makes. The route
 * then sees the request of a program without a cookie jar, and the response sets no cookie. All
 * other calls reach the route unchanged.
 */
export function withAllowedOrigins(route: Handler): Handler {
  return async function answerAnyOrigin(call) {
    const origin = originOfCall(call)
    if (origin === null) return route(call)
    if (!call.request.headers.has(TOKEN_HEADER)) {
      const detail = `Calls from another origin need the header ${TOKEN_HEADER}, empty at first.`
      return shareWith(origin, problem(403, 'No token header', detail))
    }
    const response = await route({ ...call, request: asProgram(call.request) })
    response.headers.delete('Set-Cookie')
    return shareWith(origin, response)
  }
}

/** Removes cookies, and the headers by which a route rejects pages of other sites. */
function asProgram(request: Request): Request {
  const program = new Request(request)
  for (const name of ['Cookie', 'Origin', 'Sec-Fetch-Site']) program.headers.delete(name)
  return program
}

/**
 * Answers `OPTIONS` of a route that takes these methods. A preflight from an origin that is not
 * allowed gets a 403 with the reason. Browsers treat it like a 204 without CORS headers, but
 * developers see the reason in the network panel.
 */
export function optionsRoute(methods: readonly string[]): Handler {
  return async function answerOptions(call) {
    const { request } = call
    const answer = unsupportedMethod('OPTIONS', methods)
    if (!request.headers.has('Origin') || !request.headers.has('Access-Control-Request-Method')) return answer
    const origin = originOfCall(call)
    if (origin === null) return problem(403, 'Origin not allowed', 'The allowed_origins of the room do not list it.')
    answer.headers.set('Access-Control-Allow-Methods', methods.join(', '))
    const headers = [TOKEN_HEADER, WORK_HEADER, KEY_HEADER, 'Content-Type', 'Accept']
    answer.headers.set('Access-Control-Allow-Headers', headers.join(', '))
    answer.headers.set('Access-Control-Max-Age', String(PREFLIGHT_MAX_AGE_SECONDS))
    return shareWith(origin, answer)
  }
}

/**
 * If the call addresses no room, any room of the host may allow the origin, so that the page can
 * read the 404.
 */
function originOfCall(call: Call): string | null {
  const { routes } = call.deployment
  const room = roomOfRequest(call, routes)
  return allowedOrigin(call, room === undefined ? routes.ofHost(call.url.hostname) : [room])
}
