/** Forwards requests to the site, and tells the room how the site did. */
import { isPage, type RequestKind } from '../http/request-kind.ts'
import { logRepeatedWarning, logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import { withBeacon } from '../origin/beacon.ts'
import { PLAIN, type ShownPass, type SiteOutcome } from '../origin/site.ts'
import type { Token } from '../tokens/token.ts'
import { changeToken, type TokenChange } from '../tokens/token-cookie.ts'
import { shareIfAllowed } from './cors.ts'
import type { Issued } from './issue.ts'
import type { RoomContext } from './room-context.ts'
import { originTrouble } from './small-pages.ts'

/** Forwards a request that has nothing to do with a room. */
export async function forward(call: Pick<RoomContext, 'request' | 'url' | 'site'>): Promise<Response> {
  const outcome = await call.site.fetch(call.request, call.url)
  return outcome.state === 'answered' ? outcome.response : originTrouble(call, outcome.state, false)
}

/** Forwards a request past the room. */
export async function forwardPast(context: RoomContext): Promise<Response> {
  const { request, url, site, room } = context
  return answerOf(context, await site.fetch(request, url, { ...PLAIN, room: room.name }))
}

/** Forwards a request without a pass, and counts how the origin did. */
export async function forwardCounted(context: RoomContext): Promise<Response> {
  return answerOf(context, await fetchCounted(context, null))
}

function answerOf(context: RoomContext, outcome: SiteOutcome): Response | Promise<Response> {
  if (outcome.state === 'answered') return outcome.response
  return shareIfAllowed(context, originTrouble(context, outcome.state, false))
}

/**
 * Forwards a request with its pass. The visitor counts as present until the origin's headers
 * arrive. Pages get the beacon.
 */
export async function forwardAdmitted(context: RoomContext, kind: RequestKind, pass: Issued): Promise<Response> {
  const { room, request } = context
  const change = pass.renewed ? pass.text : undefined
  const readsPage = room.session_heartbeat === 'beacon' && isPage(request, kind)
  const outcome = await fetchCounted(context, pass, readsPage)
  if (outcome.state !== 'answered') {
    return shareIfAllowed(context, withToken(context, originTrouble(context, outcome.state, true), change))
  }
  if (outcome.revokes) {
    endSession(context, pass.token)
    return withToken(context, outcome.response, null)
  }
  const response = readsPage ? await withBeaconIn(context, outcome.response) : outcome.response
  return withToken(context, response, change)
}

async function withBeaconIn(context: RoomContext, response: Response): Promise<Response> {
  const { client, room } = context
  try {
    return await withBeacon(context.url, response, room, (obstacle) => {
      client.countPageWithoutBeacon(obstacle)
      logRepeatedWarning('page_without_beacon', `${room.name} ${obstacle}`, { room: room.name, reason: obstacle })
    })
  } catch (error) {
    // The body is not what its headers say: it is not compressed as they claim, or the connection
    // broke off.
    logWarning('origin_page_unreadable', { room: room.name, error: errorText(error) })
    return shareIfAllowed(context, originTrouble(context, 'down', true))
  }
}

/**
 * Ends a session that the origin revoked. The answer does not wait: if the room is unreachable,
 * silence ends the session.
 */
function endSession({ client, keepAlive, room }: RoomContext, { run, number, holder }: Token): void {
  const leaving = client.leave(run, number, keepAlive, holder).then(({ state }) => {
    if (state === 'unreachable') logWarning('session_not_revoked', { room: room.name, number })
  })
  keepAlive.waitUntil(leaving)
}

/**
 * Fetches from the origin, and counts the outcome as the room's knowledge of its site. While a slow
 * origin works, the request itself shows that its visitor is present.
 *
 * Latency and failures of a request with a body are not counted: they depend on how the client
 * sends the body, so anyone with a pass could make the site look broken. A 501 is no failure: the
 * site does not know the method, which the client chose.
 */
async function fetchCounted(context: RoomContext, pass: Issued | null, readsPage = false): Promise<SiteOutcome> {
  const { request, url, site, room, client, keepAlive } = context
  const signed = pass === null ? null : passForSite(context, pass)
  // Only the first request with a pass waits for a signature.
  const shown = signed instanceof Promise ? await signed : signed
  const startMs = Date.now()
  const hasBody = request.body !== null
  const onWaiting = () => {
    if (pass !== null) client.use(pass.token.run, pass.token.number, keepAlive)
  }
  let outcome: SiteOutcome
  try {
    outcome = await site.fetch(request, url, { room: room.name, pass: shown, readsPage, onWaiting })
  } catch (error) {
    if (!hasBody) client.countOrigin({ failed: true, latencyMs: Date.now() - startMs }, keepAlive)
    throw error
  }
  if (hasBody && outcome.state !== 'answered') return outcome
  const failed = outcome.state !== 'answered' || (outcome.response.status >= 500 && outcome.response.status !== 501)
  const latencyMs = hasBody || outcome.state === 'down' ? null : Date.now() - startMs
  client.countOrigin({ failed, latencyMs }, keepAlive)
  return outcome
}

function passForSite({ passes, url }: RoomContext, pass: Issued): ShownPass | Promise<ShownPass> {
  if (passes === null) return pass
  const { token } = pass
  const signed = passes.of(token, url.origin, Date.now())
  return signed instanceof Promise ? signed.then((text) => ({ text, token })) : { text: signed, token }
}

/**
 * Changes the client's token. Such a response is for this client only: caches in between must not
 * keep it.
 */
function withToken({ request, room }: RoomContext, response: Response, change: TokenChange): Response {
  if (change === undefined) return response
  const changed = new Response(response.body, response)
  changeToken(changed.headers, request, room, change)
  keepPrivate(changed.headers)
  return changed
}

/** An answer with a visitor's cookie is for this client only. */
export function keepPrivate(headers: Headers): void {
  headers.set('Cache-Control', privateCacheControl(headers.get('Cache-Control')))
  for (const name of SHARED_CACHE_HEADERS) headers.delete(name)
}

/**
 * Instructions for shared caches only (RFC 9213 and its predecessors), which override
 * `Cache-Control`.
 */
const SHARED_CACHE_HEADERS = ['CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control']

function privateCacheControl(cacheControl: string | null): string {
  if (cacheControl === null || cacheControl.trim() === '') return 'private'
  const kept = cacheControl.split(',').map((part) => part.trim())
  if (kept.some((part) => /^(private|no-store)$/i.test(part))) return cacheControl
  return ['private', ...kept.filter((part) => !/^(public|s-maxage=.*)$/i.test(part))].join(', ')
}
