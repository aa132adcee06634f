/**
 * `GET /draw?room=&format=`: the draws of a room, for everyone. Before a draw the commitment and
 * the round of public randomness, afterwards everything that it was computed from. JSON with
 * `format=json` or by `Accept`; docs/draw.md describes its fields.
 */
import type { Call } from '../app-env.ts'
import { type DrawResult, drawOf, lineNumber } from '../core/draw-result.ts'
import type { SnapshotView } from '../core/snapshot-view.ts'
import type { Visitor } from '../gate/room-context.ts'
import { refusal } from '../gate/small-pages.ts'
import { isUndrawn } from '../gate/visitor-status.ts'
import { problem } from '../http/problem.ts'
import { readableForm } from '../http/request-kind.ts'
import { languageOfVisitor } from '../languages.ts'
import { DRAW_PAGE_MAX_AGE_SECONDS } from '../limits.ts'
import { type OwnEntry, type PlannedDraw, renderDrawPage } from '../pages/draw-page.ts'
import { plainPageHeaders } from '../pages/plain-page.ts'
import { homePath } from '../settings/routes.ts'
import { byPreference } from '../tokens/presented.ts'
import { visitorOfCall } from './visitor-call.ts'

export async function drawRoute(call: Call): Promise<Response> {
  const visitor = await visitorOfCall(call)
  if (visitor instanceof Response) return visitor
  const { client, keepAlive, request, url, room } = visitor
  await client.refresh(client.knownRun, keepAlive)
  const { view } = client
  const isJson = new URLSearchParams(url.search).get('format') === 'json' || readableForm(request) === 'json'
  if (view === null) {
    const detail = 'The waiting room cannot be reached right now.'
    const refused = {
      status: 503,
      title: 'Please try again',
      detail,
      page: 'unreachable',
      backUrl: homePath(room, call.url.hostname),
    } as const
    const headers = { 'Retry-After': '5' }
    return withHeaders(refusal(visitor, isJson ? 'program' : 'person', { ...refused, headers }), SHARED)
  }
  const draws = view.snapshot.draws ?? []
  const planned = plannedDraw(view)
  const own = ownEntry(visitor, view, draws)
  const response = isJson ? jsonAnswer(visitor, view, own) : pageAnswer(visitor, { planned, draws, own, view })
  const isPublic = own === null && response.status === 200
  const age = isPublic ? `public, max-age=${DRAW_PAGE_MAX_AGE_SECONDS}` : 'private, no-store'
  return withHeaders(response, { ...SHARED, 'Cache-Control': age, Vary: VARY })
}

/** Any page may read the draws: a browser's own requests to another origin carry no cookies. */
const SHARED = { 'Access-Control-Allow-Origin': '*' }
const VARY = 'Accept, Accept-Language, Cookie, Waiting-Room-Token'

function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}

/** The draw of the event under way, until it is made. */
function plannedDraw({ snapshot: { event } }: SnapshotView): PlannedDraw | null {
  if (!event?.draw || event.commitment === null || event.phase === 'running') return null
  const { name, phase, startAtMs, commitment, beacon } = event
  return { name, phase, startAtMs, commitment, beacon }
}

/** The first presented ticket or pass that takes part in a draw. */
function ownEntry({ presented }: Visitor, view: SnapshotView, draws: readonly DrawResult[]): OwnEntry | null {
  for (const { token } of byPreference(presented)) {
    const { run, number: entry } = token
    const draw = drawOf(draws, run, entry)
    if (draw !== null) return { entry, draw, rank: lineNumber(draws, run, entry) - draw.first + 1 }
    if (run === view.snapshot.run && isUndrawn(view, entry)) return { entry, draw, rank: null }
  }
  return null
}

function jsonAnswer({ room }: Visitor, view: SnapshotView, own: OwnEntry | null): Response {
  const { event, draws = [] } = view.snapshot
  const planned = plannedDraw(view)
  if (planned === null && draws.length === 0) {
    return problem(404, 'No draw', 'No event of this room has a draw at the moment.')
  }
  const body = {
    room: room.name,
    event: planned && eventInJson(planned, event?.id),
    draws,
    ticket: own && {
      entry: own.entry,
      event: own.draw?.event ?? event?.id ?? null,
      rank: own.rank,
      entries: own.draw && own.draw.end - own.draw.first,
    },
  }
  return new Response(`${JSON.stringify(body, null, 2)}\n`, { headers: { 'Content-Type': 'application/json' } })
}

function eventInJson({ name, phase, startAtMs, commitment, beacon }: PlannedDraw, id: string | undefined) {
  return { id, name, phase, startsAt: new Date(startAtMs).toISOString(), commitment, beacon }
}

interface Published {
  readonly planned: PlannedDraw | null
  readonly draws: readonly DrawResult[]
  readonly own: OwnEntry | null
  readonly view: SnapshotView
}

function pageAnswer(visitor: Visitor, { planned, draws, own, view }: Published): Response {
  const { request, url, room } = visitor
  const { event, lastEvent } = view.snapshot
  const language = languageOfVisitor(request.headers, url.search, room.default_language)
  const page = renderDrawPage({
    planned,
    made: draws.toReversed(),
    names: new Map([lastEvent, event].flatMap((one) => (one ? [[one.id, one.name]] : []))),
    own,
    jsonUrl: `${room.prefix}/draw?room=${room.name}&format=json`,
    language,
    timeZone: request.cf?.timezone as string | undefined,
  })
  const status = planned === null && draws.length === 0 ? 404 : 200
  return new Response(page, { status, headers: { ...plainPageHeaders(), 'Content-Language': language } })
}
