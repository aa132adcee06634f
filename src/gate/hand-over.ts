/**
 * Redirect mode: `/r/ROOM?return=URL` is a covered URL of a room with `return_hosts`, on any host
 * and path. Its visitors wait there like anywhere else. When admitted they are sent to the URL, on
 * a site that is not behind this Worker, with a code.
 */
import { problem, unsupportedMethod } from '../http/problem.ts'
import { readableForm } from '../http/request-kind.ts'
import type { RequestUrl } from '../http/request-url.ts'
import { returnAddress, withParameter } from '../http/return-address.ts'
import { type RoomSettings, returningRoom } from '../settings/rooms.ts'
import type { RouteTable } from '../settings/route-table.ts'
import { CODE_PARAMETER, signReturnCode } from '../tokens/return-code.ts'
import type { Token } from '../tokens/token.ts'
import { redirectWithToken, type TokenChange } from '../tokens/token-cookie.ts'
import type { Delivery } from './delivery.ts'
import type { RoomContext } from './room-context.ts'
import { smallPage } from './small-pages.ts'

const PATH = '/r/'

/** The room whose visitors return from this path; undefined: the path belongs to a site. */
export function roomOfReturn(
  routes: RouteTable,
  { canonical }: Pick<RequestUrl, 'canonical'>,
): RoomSettings | undefined {
  return canonical.startsWith(PATH) ? returningRoom(routes, canonical.slice(PATH.length)) : undefined
}

/** The way to the site, or the answer to a request that names no address to return to. */
export function returnDelivery(context: RoomContext): Delivery | Response {
  const { request, url, room } = context
  if (request.method !== 'GET' && request.method !== 'HEAD') return unsupportedMethod(request.method, ['GET', 'HEAD'])
  const address = returnAddress(new URLSearchParams(url.search).get('return'), room.name, room.return_hosts)
  return address.url === null ? brokenLink(context, address.problem) : byRedirect(address.url)
}

function byRedirect(target: URL): Delivery {
  const past = (context: RoomContext) => handOver(context, target, null)
  return {
    admitted: (context, _kind, { token, text, renewed }) =>
      handOver(context, target, token, renewed ? text : undefined),
    counted: past,
    past,
  }
}

async function handOver(
  context: RoomContext,
  target: URL,
  pass: Token | null,
  change?: TokenChange,
): Promise<Response> {
  const { room, client, passes, url } = context
  if (passes === null) throw new Error('return_hosts without PASS_KEYS')
  const sessionTimeoutSeconds = client.view?.snapshot.sessionTimeoutSeconds ?? room.session_timeout_seconds
  const code = { host: target.host, room: room.name, pass, sessionTimeoutSeconds }
  const text = await signReturnCode(passes, code, url.origin, Date.now())
  const response = redirectWithToken(context, withParameter(target, CODE_PARAMETER, text), change)
  response.headers.set('Referrer-Policy', 'no-referrer')
  return response
}

/** Never a redirect: the address is not one of the site's. */
function brokenLink(context: RoomContext, detail: string): Response {
  const { request, room } = context
  if (readableForm(request) === 'json') return problem(400, 'Bad return address', detail, {}, { room: room.name })
  return smallPage(context, 400, ({ keyRefused: { title, invalid } }) => ({ title, text: `${invalid}\n\n${detail}` }), {
    room,
    headers: { Vary: 'Accept, Accept-Language, Cookie' },
  })
}
