/**
 * The gate: what happens to a request for a covered URL (the table of the HTTP contract), from its head to its answer.
 */
import { goesBy } from '../bypass/bypass.ts'
import type { Deployment } from '../deployment.ts'
import { logWarning } from '../log.ts'
import { takesBeacon, withBeacon } from '../origin/beacon.ts'
import { askOrigin, type OriginOutcome } from '../origin/proxy.ts'
import { requestUrl } from '../request-url.ts'
import type { KeepAlive } from '../room/room-client.ts'
import { findRoom, type RoomSettings } from '../settings/rooms.ts'
import type { PresentedToken } from '../tokens/presented.ts'
import type { Token } from '../tokens/token.ts'
import {
  changeToken,
  framedAnswer,
  notNow,
  originTrouble,
  type TokenChange,
  type WaitingAnswer,
  waitingAnswer,
} from './answers.ts'
import { LONG_POLL_SECONDS } from './poll-interval.ts'
import { stepsAside, type Visit, type VisitContext, visit } from './visit.ts'
import { readVisitor } from './visitor.ts'
import { readableForm, type Wanted, wantedOf } from './wanted.ts'

/** Any request for the site is use of its session, with or without a beacon. */
const USE = { beacon: false, touched: true } as const

/** Answers any request that is not for a path of our own. */
export async function gate(request: Request, deployment: Deployment, keepAlive: KeepAlive): Promise<Response> {
  const { hostname, pathname, canonical } = requestUrl(request.url)
  const room = findRoom(deployment.rooms, hostname, [canonical, pathname])
  if (room === undefined || isPreflight(request)) return passThrough(request, deployment)
  if (goesBy(deployment.bypasses.get(room.name) ?? [], request, canonical)) return passThrough(request, deployment)
  if (stepsAside({ room, client: deployment.client(room), keepAlive })) return passThrough(request, deployment)
  const { context, presented } = await readVisitor(request, room, deployment, keepAlive)
  const wanted = wantedOf(request)
  const isForSomeone = wanted === 'page' || wanted === 'json'
  const decided = await visit(context, presented, { mayJoin: isForSomeone, details: USE })
  return answerVisit(request, deployment, context, presented, wanted, decided)
}

function answerVisit(
  request: Request,
  deployment: Deployment,
  context: VisitContext,
  presented: readonly PresentedToken[],
  wanted: Wanted,
  decided: Visit,
): Promise<Response> | Response {
  if (decided.state === 'admitted') return letThrough(request, deployment, context, decided.pass)
  const { room } = context
  const away = (answer: Pick<WaitingAnswer, 'status' | 'ticket' | 'tokenChange'>, code = room.queueing_status_code) =>
    turnAway(wanted, { request, looks: deployment.looks, room, code, ...answer })
  switch (decided.state) {
    case 'waiting': {
      const { status, ticket } = decided
      return away({ status, ticket: ticket.text, tokenChange: ticket.renewed ? ticket.text : undefined })
    }
    case 'expired':
      return away({ status: decided.status, ticket: null, tokenChange: null })
    case 'suspended':
      return passThrough(request, deployment)
    case 'full':
    case 'closed':
    case 'limited': {
      const tokenChange = presented.length > 0 ? null : undefined
      return away({ status: decided.status, ticket: null, tokenChange }, decided.state === 'limited' ? 429 : undefined)
    }
    case 'unreachable':
      if (room.on_room_failure === 'admit') return passThrough(request, deployment, context)
      return away({ status: decided.status, ticket: decided.ticket?.text ?? null, tokenChange: undefined })
    case 'stranger':
      return wanted === 'frame' ? framedAnswer(request, LONG_POLL_SECONDS) : notNow(LONG_POLL_SECONDS)
  }
}

/** The waiting page or its JSON, where someone reads it; a word where a script or an image would. */
function turnAway(wanted: Wanted, answer: Omit<WaitingAnswer, 'form'>): Response | Promise<Response> {
  const { request, status } = answer
  if (wanted === 'frame') return framedAnswer(request, status.pollAfterSeconds)
  const destination = request.headers.get('Sec-Fetch-Dest') ?? 'document'
  if (wanted === 'nothing' && destination !== 'document' && destination !== 'empty')
    return notNow(status.pollAfterSeconds)
  return waitingAnswer({ ...answer, form: wanted === 'nothing' ? readableForm(request) : wanted })
}

/** To the origin, as the holder of a pass: heard until the origin's headers, the beacon added to pages. */
async function letThrough(
  request: Request,
  deployment: Deployment,
  context: VisitContext,
  pass: { readonly text: string; readonly token: Token; readonly renewed: boolean },
): Promise<Response> {
  const { room } = context
  const change = pass.renewed ? pass.text : undefined
  const outcome = await askCounted(request, deployment, context, pass)
  if (outcome.state !== 'answered') {
    return withToken(originTrouble(request, outcome.state, true), request, room, change)
  }
  if (outcome.revokes) {
    endSession(context, pass.token)
    return withToken(outcome.response, request, room, null)
  }
  const addsBeacon = room.session_heartbeat === 'beacon' && takesBeacon(request, outcome.response)
  return withToken(
    addsBeacon ? withBeacon(request, outcome.response, room.name) : outcome.response,
    request,
    room,
    change,
  )
}

/** The origin revoked it. Its answer does not wait for ours: should the room not be reached, silence ends the session. */
function endSession({ client, keepAlive, room }: VisitContext, { run, number }: Token): void {
  const leaving = client.leave(run, number, keepAlive).then(({ state }) => {
    if (state === 'unreachable') logWarning('session_not_revoked', { room: room.name, number })
  })
  keepAlive.waitUntil(leaving)
}

/**
 * Asks the origin, and counts how it went: what the room knows of its origin. A slow one must not cost a session: its visitor
 * is there, the request is the proof. Where the client sends a body it is in the client's hand how long that takes and whether
 * it arrives: no word on the origin, or anyone with a pass could make the site look broken.
 */
async function askCounted(
  request: Request,
  deployment: Deployment,
  { client, keepAlive }: VisitContext,
  pass: { readonly text: string; readonly token: Token } | null,
): Promise<OriginOutcome> {
  const askedMs = Date.now()
  const outcome = await askOrigin(request, deployment.origin, pass?.text ?? null, () => {
    if (pass !== null) client.use(pass.token.run, pass.token.number, keepAlive)
  })
  const hasBody = request.body !== null
  if (hasBody && outcome.state !== 'answered') return outcome
  const failed = outcome.state !== 'answered' || outcome.response.status >= 500
  const latencyMs = hasBody || outcome.state === 'down' ? null : Date.now() - askedMs
  client.countOrigin({ failed, latencyMs }, keepAlive)
  return outcome
}

/** A response that sets a token, or takes it away, is nobody else's: caches in between must not keep it. */
function withToken(response: Response, request: Request, room: RoomSettings, change: TokenChange): Response {
  if (change === undefined) return response
  const headers = new Headers(response.headers)
  changeToken(headers, request, room, change)
  headers.set('Cache-Control', privately(headers.get('Cache-Control')))
  for (const name of SHARED_CACHE_HEADERS) headers.delete(name)
  const { status, statusText, webSocket } = response
  return new Response(response.body, { status, statusText, headers, webSocket })
}

/** What an origin tells shared caches alone (RFC 9213 and what came before it), whatever `Cache-Control` says. */
const SHARED_CACHE_HEADERS = ['CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control']

function privately(cacheControl: string | null): string {
  if (cacheControl === null || cacheControl.trim() === '') return 'private'
  const kept = cacheControl.split(',').map((part) => part.trim())
  if (kept.some((part) => /^(private|no-store)$/i.test(part))) return cacheControl
  return ['private', ...kept.filter((part) => !/^(public|s-maxage=.*)$/i.test(part))].join(', ')
}

/** To the origin without a pass. `context`: for a room that is there but cannot be asked; else no room counts it. */
async function passThrough(request: Request, deployment: Deployment, context?: VisitContext): Promise<Response> {
  const outcome =
    context === undefined
      ? await askOrigin(request, deployment.origin, null)
      : await askCounted(request, deployment, context, null)
  return outcome.state === 'answered' ? outcome.response : originTrouble(request, outcome.state, false)
}

function isPreflight(request: Request): boolean {
  return request.method === 'OPTIONS' && request.headers.has('Access-Control-Request-Method')
}
