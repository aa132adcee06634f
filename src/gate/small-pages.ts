/**
 * Small pages for people: requests that cannot join the line, the origin's failures, and refused
 * calls.
 */
import { problem } from '../http/problem.ts'
import { languageOfVisitor } from '../languages.ts'
import { messages } from '../pages/messages/index.ts'
import type { SmallPageTexts } from '../pages/messages/messages.ts'
import { type PlainPage, plainPageHeaders, renderPlainPage } from '../pages/plain-page.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import type { RoomContext } from './room-context.ts'

type PageRequest = Pick<RoomContext, 'request' | 'url'>

interface SmallPageOptions {
  readonly framed?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** Its default language is used if the visitor's is not supported. */
  readonly room?: RoomSettings
}

/** A small page in the visitor's language. */
export function smallPage(
  { request, url }: PageRequest,
  status: number,
  choose: (texts: SmallPageTexts) => Omit<PlainPage, 'language'>,
  { framed = false, headers = {}, room }: SmallPageOptions = {},
): Response {
  const language = languageOfVisitor(request.headers, url.search, room?.default_language)
  const content = choose(messages[language].plain)
  const page = renderPlainPage({ ...content, language })
  const own = {
    ...plainPageHeaders({ framed, sends: content.form !== undefined }),
    'Content-Language': language,
    Vary: 'Accept-Language, Cookie',
  }
  return new Response(page, { status, headers: { ...own, ...headers } })
}

/**
 * For a document in another page, where the browser may not keep our cookie: a link that opens it
 * in the whole window.
 */
export function framedAnswer(context: RoomContext, retryAfterSeconds: number): Response {
  const { url, room } = context
  return smallPage(
    context,
    503,
    ({ framed: { title, text, link = '' } }) => {
      return { title, text, link: { href: url.pathname + url.search, label: link, top: true } }
    },
    { framed: true, headers: { 'Retry-After': String(retryAfterSeconds) }, room },
  )
}

/**
 * For a form from a visitor without a ticket. It cannot join, since the waiting page could not send
 * it again.
 */
export function undeliveredForm(context: RoomContext, retryAfterSeconds: number): Response {
  const href = returnPath(context)
  return smallPage(
    context,
    503,
    ({ undelivered: { title, text, link = '' } }) => ({ title, text, link: { href, label: link } }),
    { headers: { 'Retry-After': String(retryAfterSeconds) }, room: context.room },
  )
}

/**
 * The path to return to when admitted: the requested one. A form cannot be sent again, so its
 * sender returns to the page with the form, or opens the form's own address if that page belongs to
 * another site.
 */
export function returnPath({ request, url }: PageRequest): string {
  if (request.method === 'GET') return url.pathname + url.search
  const referrer = request.headers.get('Referer') ?? ''
  const page = URL.canParse(referrer) ? new URL(referrer) : url
  const { pathname, search } = page.origin === url.origin ? page : url
  return pathname + search
}

/** The origin did not answer (502), or not in time (504). */
export function originTrouble(request: PageRequest, trouble: 'down' | 'slow', hasSession: boolean): Response {
  return smallPage(
    request,
    trouble === 'down' ? 502 : 504,
    ({ originDown, originSlow, sessionKept }) => {
      const { title, text } = trouble === 'down' ? originDown : originSlow
      return { title, text: hasSession ? `${sessionKept} ${text}` : text, refreshSeconds: 10 }
    },
    { headers: { 'Retry-After': '10' } },
  )
}

/** The deployment cannot serve. The reason is for its operators, in the log. */
export function notConfigured(request: PageRequest): Response {
  return smallPage(request, 500, ({ notConfigured: { title, text } }) => ({ title, text }))
}

export interface Refusal {
  readonly status: number
  /** For programs. `detail` says what to send. */
  readonly title: string
  readonly detail: string
  /** For people: the small page, and the target of its link. */
  readonly page: 'foreign' | 'unreadable' | 'unknownLanguage' | 'unreachable'
  readonly backUrl: string
  readonly headers?: Record<string, string>
}

/** A page without JavaScript sends a form and shows the answer. */
export function sendsForm(request: Request): boolean {
  return /^application\/x-www-form-urlencoded/i.test(request.headers.get('Content-Type') ?? '')
}

/** Refuses a call that both people and programs make, with a small page or with problem details. */
export function refusal(request: PageRequest, reader: 'person' | 'program', refused: Refusal): Response {
  const { status, title, detail, page, backUrl, headers = {} } = refused
  if (reader === 'program') return problem(status, title, detail, headers)
  return smallPage(
    request,
    status,
    ({ [page]: texts, back }) => {
      return { title: texts.title, text: texts.text, link: { href: backUrl, label: back } }
    },
    { headers },
  )
}
