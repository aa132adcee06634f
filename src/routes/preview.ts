/** The preview of the waiting page, for operators. */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { waitingPage } from '../gate/answers.ts'
import { problem } from '../http/problem.ts'
import { requestUrl } from '../http/request-url.ts'
import { languageOf, languageOfVisitor } from '../languages.ts'
import { PREVIEW_MESSAGE_MAX_CHARS } from '../limits.ts'
import { standsInLine } from '../pages/wording.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { PAGE_STATES, type PageState, type Status, type VisitorState } from '../status.ts'
import { roomOfRequest } from './visitor-call.ts'

/**
 * `GET /admin/preview?room=&state=&lang=&message=`: the waiting page as a visitor would see it.
 * Does not call the room's object and takes no ticket.
 */
export async function previewRoute(c: Context<AppEnv>): Promise<Response> {
  const request = c.req.raw
  const url = requestUrl(request.url)
  const { rooms, looks } = c.var.deployment
  const query = new URLSearchParams(url.search)
  const name = query.get('room')
  const room = name === null ? (roomOfRequest(url, rooms) ?? rooms[0]) : rooms.find((one) => one.name === name)
  if (room === undefined) return problem(404, 'No such room', 'Name a room: ?room=NAME')
  const state = query.get('state') ?? 'waiting'
  if (!isPageState(state)) return problem(400, 'No such state', `Name one of: ${PAGE_STATES.join(', ')}`)
  const tag = query.get('lang')
  const language = tag === null ? languageOfVisitor(request.headers, '') : languageOf(tag)
  if (language === undefined)
    return problem(400, 'No such language', 'Name one that the pages speak, as "de" or "pt-BR".')
  const message = query.get('message')?.slice(0, PREVIEW_MESSAGE_MAX_CHARS) ?? null
  const status = previewStatus(room, state, message, Date.now())
  const view = { status, token: null, returnUrl: room.path, language, preview: state }
  return waitingPage({ request, url, room, looks }, { view, code: 200 })
}

function isPageState(state: string): state is PageState {
  return (PAGE_STATES as readonly string[]).includes(state)
}

const STATES: Readonly<Record<PageState, VisitorState>> = {
  joining: 'waiting',
  waiting: 'waiting',
  almost: 'waiting',
  paused: 'paused',
  full: 'full',
  closed: 'closed',
  expired: 'expired',
  left: 'waiting',
  lost: 'waiting',
  admitted: 'admitted',
}

const JOINED_BEFORE_MS = 14 * 60_000
const OPENS_AFTER_MS = 26 * 3600_000

function previewStatus(room: RoomSettings, state: PageState, message: string | null, nowMs: number): Status {
  const isAlmost = state === 'almost'
  const stands = standsInLine(state)
  const isKnown = stands && state !== 'paused'
  return {
    state: STATES[state],
    room: room.name,
    number: stands || state === 'expired' ? 5012 : null,
    position: stands ? (isAlmost ? 3 : 1234) : null,
    waiting: isAlmost ? 3090 : 4321,
    etaSeconds: isKnown ? (isAlmost ? 30 : 320) : null,
    etaLowSeconds: isKnown ? (isAlmost ? 20 : 245) : null,
    etaHighSeconds: isKnown ? (isAlmost ? 45 : 410) : null,
    joinedAt: stands ? new Date(nowMs - JOINED_BEFORE_MS).toISOString() : null,
    startPosition: stands ? 2980 : null,
    placeKeptSeconds: room.heartbeat_timeout_seconds + room.reclaim_grace_seconds,
    unreachable: false,
    pollAfterSeconds: 5,
    message,
    ...(state === 'closed' ? { opensAt: new Date(nowMs + OPENS_AFTER_MS).toISOString() } : {}),
    updatedAt: new Date(nowMs).toISOString(),
  }
}
