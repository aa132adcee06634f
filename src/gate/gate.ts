/**
 * The gate: what happens to a request for a covered URL (the table of the HTTP contract), from its head to its answer.
 */
import { matchesBypass } from '../bypass/bypass.ts'
import type { Deployment } from '../deployment.ts'
import { isPage, mayJoin, type RequestKind, readableForm, requestKind } from '../http/request-kind.ts'
import { requestUrl } from '../http/request-url.ts'
import { logRepeatedWarning, logWarning } from '../log/log.ts'
import { errorText } from '../log/scrub.ts'
import { withBeacon } from '../origin/beacon.ts'
import { fetchFromOrigin, type OriginOutcome } from '../origin/proxy.ts'
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
  undeliveredForm,
  type WaitingAnswer,
  waitingAnswer,
} from './answers.ts'
import { allowedOrigin, shareWith } from './cross-origin.ts'
import { httpsRedirect } from './force-https.ts'
import { mayPreflightNow } from './join-limit.ts'
import { LONG_POLL_SECONDS } from './poll-interval.ts'
import { barePreflight, isPreflight, tooManyPreflights } from './preflight.ts'
import { placelessStatus } from './status-of.ts'
import { type Issued, stepsAside, type Visit, type VisitContext, visit } from './visit.ts'
import { readVisitor } from './visitor.ts'

/** Any request for the site is use of its session, with or without a beacon. */
const USE = { beacon: false, touched: true } as const

/** Answers any request that is not for a path of our own. */
export async function gate(request: Request, deployment: Deployment, keepAlive: KeepAlive): Promise<Response> {
  const { hostname, pathname, canonical } = requestUrl(request.url)
  const room = findRoom(deployment.rooms, hostname, [canonical, pathname])
  if (room === undefined) return passThrough(request, deployment)
  if (matchesBypass(deployment.bypasses.get(room.name) ?? [], request, canonical))
    return passThrough(request, deployment)
  const client = deployment.client(room)
  if (stepsAside({ room, client, keepAlive })) return passThrough(request, deployment)
  if (isPreflight(request)) {
    if (!(await mayPreflightNow(deployment.joinLimiter, request, room))) return tooManyPreflights()
    return passThrough(barePreflight(request), deployment, { client, keepAlive })
  }
  const kind = requestKind(request)
  const isNavigation = kind === 'page' || kind === 'frame'
  const redirect = room.force_https && isNavigation ? httpsRedirect(request) : null
  if (redirect !== null) return redirect
  const { context, presented } = await readVisitor(request, room, deployment, keepAlive)
  const decided = await visit(context, presented, { mayJoin: mayJoin(kind), details: USE })
  return answerVisit(request, deployment, context, presented, kind, decided)
}

function answerVisit(
  request: Request,
  deployment: Deployment,
  context: VisitContext,
  presented: readonly PresentedToken[],
  kind: RequestKind,
  decided: Visit,
): Promise<Response> | Response {
  if (decided.state === 'admitted') return letThrough(request, deployment, context, { kind, pass: decided.pass })
  const { room } = context
  // A program takes any success for what it asked for.
  const waitingCode = kind === 'program' ? 503 : room.queueing_status_code
  const away = (answer: Pick<WaitingAnswer, 'status' | 'ticket' | 'tokenChange'>, code = waitingCode) =>
    shared(request, room, turnAway(kind, { request, looks: deployment.looks, room, code, ...answer }))
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
      return away({
        status: decided.status,
        ticket: decided.ticket?.text ?? null,
        tokenChange: decided.ticket?.renewed ? decided.ticket.text : undefined,
      })
    case 'stranger':
      return shared(request, room, turnStrangerAway(request, deployment, context, kind))
  }
}

function turnStrangerAway(
  request: Request,
  deployment: Deployment,
  context: VisitContext,
  kind: RequestKind,
): Promise<Response> | Response {
  if (kind === 'frame') return framedAnswer(request, context.room, LONG_POLL_SECONDS)
  if (kind === 'form') return undeliveredForm(request, context.room, LONG_POLL_SECONDS)
  return kind === 'fetch' ? noPlaceYet(request, deployment, context) : notNow(context.room, LONG_POLL_SECONDS)
}

/** Spends no ticket. The same JSON as for anyone who waits, without a place and with the link by which a program joins. */
function noPlaceYet(
  request: Request,
  { looks }: Deployment,
  { room, client }: VisitContext,
): Promise<Response> | Response {
  const status = placelessStatus(room, 'waiting', client.view)
  const noToken = { ticket: null, tokenChange: undefined }
  return waitingAnswer({ request, room, status, ...noToken, form: 'json', code: 503, looks })
}

/** An answer of ours in place of the site's, which an app of an allowed origin must be able to read. */
async function shared(request: Request, room: RoomSettings, answer: Response | Promise<Response>): Promise<Response> {
  const origin = allowedOrigin(request, [room])
  return origin === null ? answer : shareWith(origin, await answer)
}

/** The waiting page or its JSON where somebody reads it, a line of text in the place of an image. */
function turnAway(kind: RequestKind, answer: Omit<WaitingAnswer, 'form'>): Response | Promise<Response> {
  const { request, status } = answer
  switch (kind) {
    case 'frame':
      return framedAnswer(request, answer.room, status.pollAfterSeconds)
    case 'subresource':
      return notNow(answer.room, status.pollAfterSeconds)
    case 'page':
    case 'form':
      return waitingAnswer({ ...answer, form: 'page' })
    case 'json':
    case 'program':
      return waitingAnswer({ ...answer, form: 'json' })
    case 'fetch':
    case 'other':
      return waitingAnswer({ ...answer, form: readableForm(request, kind) })
  }
}

/** To the origin, as the holder of a pass: heard until the origin's headers, the beacon added to pages. */
async function letThrough(
  request: Request,
  deployment: Deployment,
  context: VisitContext,
  { kind, pass }: { readonly kind: RequestKind; readonly pass: Issued },
): Promise<Response> {
  const { room } = context
  const change = pass.renewed ? pass.text : undefined
  const readsPage = room.session_heartbeat === 'beacon' && isPage(request, kind)
  const outcome = await askCounted(request, deployment, context, pass, readsPage)
  if (outcome.state !== 'answered') {
    return withToken(originTrouble(request, outcome.state, true), request, room, change)
  }
  if (outcome.revokes) {
    endSession(context, pass.token)
    return withToken(outcome.response, request, room, null)
  }
  const response = readsPage ? await withBeaconIn(outcome.response, request, context) : outcome.response
  return withToken(response, request, room, change)
}

async function withBeaconIn(response: Response, request: Request, { room, client }: VisitContext): Promise<Response> {
  try {
    return await withBeacon(requestUrl(request.url), response, room.name, (obstacle) => {
      client.countPageWithoutBeacon(obstacle)
      logRepeatedWarning('page_without_beacon', `${room.name} ${obstacle}`, { room: room.name, reason: obstacle })
    })
  } catch (error) {
    // What its headers promise cannot be read: a compressed page that is none, or a connection that broke off.
    logWarning('origin_page_unreadable', { room: room.name, error: errorText(error) })
    return originTrouble(request, 'down', true)
  }
}

/** The origin revoked it. Its answer does not wait for ours: should the room not be reached, silence ends the session. */
function endSession({ client, keepAlive, room }: VisitContext, { run, number }: Token): void {
  const leaving = client.leave(run, number, keepAlive).then(({ state }) => {
    if (state === 'unreachable') logWarning('session_not_revoked', { room: room.name, number })
  })
  keepAlive.waitUntil(leaving)
}

type OriginCounter = Pick<VisitContext, 'client' | 'keepAlive'>

/**
 * Asks the origin, and counts how it went: what the room knows of its origin. A slow one must not cost a session: its visitor
 * is there, the request is the proof. Where the client sends a body it is in the client's hand how long that takes and whether
 * it arrives: no word on the origin, or anyone with a pass could make the site look broken. Neither is 501: it says that the
 * site does not know the method, which the client chose.
 */
async function askCounted(
  request: Request,
  deployment: Deployment,
  { client, keepAlive }: OriginCounter,
  pass: { readonly text: string; readonly token: Token } | null,
  readsPage = false,
): Promise<OriginOutcome> {
  const askedMs = Date.now()
  const onWaiting = () => {
    if (pass !== null) client.use(pass.token.run, pass.token.number, keepAlive)
  }
  const outcome = await fetchFromOrigin(request, requestUrl(request.url), deployment.origin, {
    pass: pass?.text ?? null,
    readsPage,
    onWaiting,
  })
  const hasBody = request.body !== null
  if (hasBody && outcome.state !== 'answered') return outcome
  const failed = outcome.state !== 'answered' || (outcome.response.status >= 500 && outcome.response.status !== 501)
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

/** To the origin without a pass. `counter`: of the room that counts how it goes; else none does. */
async function passThrough(request: Request, deployment: Deployment, counter?: OriginCounter): Promise<Response> {
  const outcome =
    counter === undefined
      ? await fetchFromOrigin(request, requestUrl(request.url), deployment.origin)
      : await askCounted(request, deployment, counter, null)
  return outcome.state === 'answered' ? outcome.response : originTrouble(request, outcome.state, false)
}
