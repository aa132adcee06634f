/** The preview of the waiting page, for operators. */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { waitingPage } from '../gate/answers.ts'
import { problem } from '../http/problem.ts'
import { requestUrl } from '../http/request-url.ts'
import { languageOf, languageOfVisitor } from '../languages.ts'
import { PREVIEW_EVENT_NAME_MAX_CHARS, PREVIEW_MESSAGE_MAX_CHARS } from '../limits.ts'
import { standsInLine } from '../pages/wording.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { homePath } from '../settings/routes.ts'
import { type EventStatus, PAGE_STATES, type PageState, type Status, type VisitorState } from '../status.ts'
import { roomOfRequest } from './visitor-call.ts'

/**
 * `GET /admin/preview?room=&state=&lang=&message=&event=`: the waiting page as a visitor would see
 * it. `event=draw` or `event=order` shows the state during an event, with or without a draw, and
 * `event_name=` names the event. Does not call the room's object and takes no ticket.
 */
export async function previewRoute(c: Context<AppEnv>): Promise<Response> {
  const request = c.req.raw
  const url = requestUrl(request.url)
  const { rooms, routes, looks } = c.var.deployment
  const query = new URLSearchParams(url.search)
  const name = query.get('room')
  const room = name === null ? (roomOfRequest({ request, url }, routes) ?? rooms[0]) : routes.named(name)
  if (room === undefined) return problem(404, 'No such room', 'Name a room: ?room=NAME')
  const state = query.get('state') ?? 'waiting'
  if (!isPageState(state)) return problem(400, 'No such state', `Name one of: ${PAGE_STATES.join(', ')}`)
  const tag = query.get('lang')
  const language = tag === null ? languageOfVisitor(request.headers, '') : languageOf(tag)
  if (language === undefined)
    return problem(400, 'No such language', 'Name a language that the pages support, such as "de" or "pt-BR".')
  const message = query.get('message')?.slice(0, PREVIEW_MESSAGE_MAX_CHARS) ?? null
  const event = query.get('event')
  if (event !== null && event !== 'draw' && event !== 'order')
    return problem(400, 'No such event', 'Name one of: event=draw, event=order')
  const eventName = query.get('event_name')?.slice(0, PREVIEW_EVENT_NAME_MAX_CHARS) ?? 'Autumn sale'
  const status = previewStatus(room, state, { message, event, eventName }, Date.now())
  const view = { status, token: null, returnUrl: homePath(room, url.hostname), language, preview: state }
  return waitingPage({ request, url, room, looks }, { view, code: 200 })
}

function isPageState(state: string): state is PageState {
  return (PAGE_STATES as readonly string[]).includes(state)
}

const STATES: Readonly<Record<PageState, VisitorState>> = {
  joining: 'waiting',
  lobby: 'lobby',
  drawing: 'lobby',
  waiting: 'waiting',
  almost: 'waiting',
  paused: 'paused',
  full: 'full',
  closed: 'closed',
  'sold-out': 'sold-out',
  ended: 'ended',
  expired: 'expired',
  moved: 'moved',
  left: 'waiting',
  lost: 'waiting',
  called: 'called',
  admitted: 'admitted',
}

const JOINED_BEFORE_MS = 14 * 60_000
const OPENS_AFTER_MS = 26 * 3600_000
const ENTER_WITHIN_MS = 95_000

interface PreviewDetails {
  readonly message: string | null
  readonly event: 'draw' | 'order' | null
  readonly eventName: string
}

function previewStatus(
  room: RoomSettings,
  state: PageState,
  { message, event: asked, eventName }: PreviewDetails,
  nowMs: number,
): Status {
  const isAlmost = state === 'almost'
  const stands = standsInLine(state)
  const event = asked ?? DEFAULT_EVENTS[state] ?? null
  const inDraw = event === 'draw' && (state === 'lobby' || state === 'drawing')
  const hasPosition = stands && !inDraw && state !== 'called'
  const isKnown = hasPosition && state !== 'paused' && state !== 'sold-out'
  return {
    state: STATES[state],
    room: room.name,
    number: stands || state === 'expired' || state === 'moved' ? 5012 : null,
    position: hasPosition ? (isAlmost ? 3 : 1234) : null,
    waiting: isAlmost ? 3090 : 4321,
    etaSeconds: isKnown ? (isAlmost ? 30 : 320) : null,
    etaLowSeconds: isKnown ? (isAlmost ? 20 : 245) : null,
    etaHighSeconds: isKnown ? (isAlmost ? 45 : 410) : null,
    joinedAt: stands ? new Date(nowMs - JOINED_BEFORE_MS).toISOString() : null,
    startPosition: stands && state !== 'lobby' && state !== 'drawing' ? 2980 : null,
    placeKeptSeconds: room.heartbeat_timeout_seconds + room.reclaim_grace_seconds,
    unreachable: false,
    pollAfterSeconds: 5,
    message,
    ...(state === 'called' ? { enterBy: new Date(nowMs + ENTER_WITHIN_MS).toISOString() } : {}),
    ...(state === 'closed' ? { opensAt: new Date(nowMs + OPENS_AFTER_MS).toISOString() } : {}),
    ...(event === null ? {} : { event: { name: eventName, ...previewEvent(room, state, event === 'draw', nowMs) } }),
    updatedAt: new Date(nowMs).toISOString(),
  }
}

/** The states that only an event has. */
const DEFAULT_EVENTS: Partial<Record<PageState, 'draw' | 'order'>> = { lobby: 'draw', drawing: 'draw', ended: 'order' }

const STARTS_AFTER_MS = 12 * 60_000 + 34_000
const LASTS_MS = 2 * 3600_000

/** SHA-256 of 32 zero bytes. */
const PREVIEW_COMMITMENT = '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925'

function previewEvent(room: RoomSettings, state: PageState, draw: boolean, nowMs: number): Omit<EventStatus, 'name'> {
  const startMs = nowMs + (state === 'lobby' ? STARTS_AFTER_MS : state === 'ended' ? -LASTS_MS : -1000)
  const phase = state === 'lobby' || state === 'drawing' || state === 'ended' ? state : 'running'
  const isDrawn = draw && phase === 'running'
  return {
    phase,
    startsAt: new Date(startMs).toISOString(),
    endsAt: new Date(startMs + LASTS_MS).toISOString(),
    draw,
    entry: draw ? 5012 : null,
    rank: isDrawn ? 1234 : null,
    entries: isDrawn ? 4321 : null,
    commitment: draw ? PREVIEW_COMMITMENT : null,
    drawUrl: draw ? `${room.prefix}/draw?room=${room.name}` : null,
    serverTime: new Date(nowMs).toISOString(),
  }
}
