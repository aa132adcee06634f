/**
 * The operators' page with its built files from the binding ASSETS, and the preview of the waiting
 * page.
 */
import type { Context } from 'hono'
import type { AppEnv, Call, Handler } from '../app-env.ts'
import { waitingPage } from '../gate/answers.ts'
import { problem } from '../http/problem.ts'
import { requestUrl } from '../http/request-url.ts'
import { PREVIEW_MESSAGE_MAX_CHARS } from '../limits.ts'
import { ADMIN_PAGE } from '../pages/admin-page.ts'
import { languageOf, languageOfVisitor } from '../pages/languages.ts'
import { PAGE_STATES, type PageState } from '../pages/messages/messages.ts'
import { ownPageHeaders } from '../pages/own-page-headers.ts'
import { previewStatus } from '../pages/preview.ts'
import { roomOfRequest } from './visitor-call.ts'

const HEADERS = ownPageHeaders({ script: "'self'", style: "'self'", connect: "'self'" })

const TYPES: Readonly<Record<string, string>> = {
  'admin.min.js': 'text/javascript; charset=utf-8',
  'admin.min.css': 'text/css; charset=utf-8',
}

export const ADMIN_FILES = Object.keys(TYPES)

/** `GET /admin` */
export function adminPage({ deployment }: Call): Response {
  if (deployment.assets === null) return problem(404, 'No page', 'This deployment has no binding ASSETS.')
  return new Response(ADMIN_PAGE, { headers: { ...HEADERS, 'Content-Type': 'text/html; charset=utf-8' } })
}

/** @param name one of `ADMIN_FILES` */
export function adminFile(name: string): Handler {
  return async function answerAdminFile({ deployment: { assets } }) {
    const file = await assets?.fetch(`https://assets.invalid/admin/${name}`)
    if (file?.ok !== true) return problem(404, 'No such path')
    // Browsers revalidate after each deploy: the page and its script belong together.
    const headers = { ...HEADERS, 'Content-Type': TYPES[name] as string, 'Cache-Control': 'no-cache' }
    return new Response(file.body, { headers })
  }
}

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
