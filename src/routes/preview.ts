/**
 * `GET /admin/preview?room=&state=&lang=&message=`: the waiting page as a visitor would see it, for operators. Asks nobody,
 * takes no ticket.
 */
import type { Context } from 'hono'
import type { AppEnv } from '../app-env.ts'
import { waitingPage } from '../gate/answers.ts'
import { problem } from '../http/problem.ts'
import { requestUrl } from '../http/request-url.ts'
import { languageOf, languageOfVisitor } from '../languages.ts'
import { PREVIEW_MESSAGE_MAX_CHARS } from '../limits.ts'
import { previewStatus } from '../pages/preview.ts'
import { PAGE_STATES, type PageState } from '../status.ts'
import { roomOfRequest } from './room-of-request.ts'

export async function previewRoute(c: Context<AppEnv>): Promise<Response> {
  const url = requestUrl(c.req.raw.url)
  const asks = new URLSearchParams(url.search)
  const { rooms } = c.var.deployment
  const asked = asks.get('room')
  const room = asked === null ? (roomOfRequest(url, rooms) ?? rooms[0]) : rooms.find(({ name }) => name === asked)
  if (room === undefined) return problem(404, 'No such room', 'Name a room: ?room=NAME')
  const state = asks.get('state') ?? 'waiting'
  if (!isPageState(state)) return problem(400, 'No such state', `Name one of: ${PAGE_STATES.join(', ')}`)
  const tag = asks.get('lang')
  const language = tag === null ? languageOfVisitor(c.req.raw.headers, '') : languageOf(tag)
  if (language === undefined)
    return problem(400, 'No such language', 'Name one that the pages speak, as "de" or "pt-BR".')
  const message = asks.get('message')?.slice(0, PREVIEW_MESSAGE_MAX_CHARS) ?? null
  const status = previewStatus(room, state, message, Date.now())
  const view = { status, token: null, returnUrl: room.path, language, preview: state }
  return waitingPage({ request: c.req.raw, room, looks: c.var.deployment.looks, view, code: 200 })
}

function isPageState(state: string): state is PageState {
  return (PAGE_STATES as readonly string[]).includes(state)
}
