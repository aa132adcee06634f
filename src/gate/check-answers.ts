/** Answers about the check before joining: its page for people, and the refusal of programs. */
import { PREFIX } from '../http/paths.ts'
import { problem } from '../http/problem.ts'
import { languageOfVisitor } from '../languages.ts'
import { checkPageHeaders, renderCheckPage } from '../pages/check-page.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import type { RoomSettings } from '../settings/rooms.ts'
import { checkCookie, checkCookieOf } from '../tokens/join-proof.ts'
import { checkMode } from './join-check.ts'
import type { RoomContext, Visitor } from './room-context.ts'
import { smallPage } from './small-pages.ts'
import { LONG_POLL_SECONDS } from './visitor-status.ts'

/** In place of joining. The browser returns to this address after the check. */
export async function checkPage(context: Visitor): Promise<Response> {
  const { request, url, room, turnstile, joinCheck } = context
  const language = languageOfVisitor(request.headers, url.search, room.default_language)
  const back = encodeURIComponent(url.pathname + url.search)
  const page = renderCheckPage({
    language,
    action: `${PREFIX}/join-check?room=${room.name}&return=${back}`,
    siteKey: turnstile?.siteKey ?? '',
    mode: checkMode(context),
    mayContinue: entrySetting(context, 'turnstile_action') === 'log',
    // After a proof that did not count, the next one would not count either, and the browser would
    // go round in circles. A redeemed proof did count.
    isAutomatic: checkCookieOf(request) !== 'used' || ((await joinCheck?.proof()) ?? null) !== null,
  })
  const headers = new Headers({
    ...checkPageHeaders(),
    'Content-Language': language,
    Vary: 'Accept, Accept-Language, Cookie',
    'Retry-After': String(LONG_POLL_SECONDS),
  })
  headers.append('Set-Cookie', checkCookie(request, null))
  return new Response(page, { status: room.queueing_status_code, headers })
}

export function checkRefusal({ name }: RoomSettings): Response {
  const detail =
    'This room checks newcomers with a page that only browsers can show. Open a page of the site in a browser to join, ' +
    'or ask the operator of the site for a bypass rule.'
  return problem(403, 'Check needed', detail, {}, { room: name })
}

/** For a check that gave no result. The visitor can try again at once. */
export function checkTrouble(
  context: RoomContext,
  page: 'checkFailed' | 'checkLater' | 'noTicket',
  status: 400 | 403 | 429 | 503,
  backUrl: string,
): Response {
  return smallPage(
    context,
    status,
    ({ [page]: { title, text, link }, checkFailed }) => {
      return { title, text, link: { href: backUrl, label: link ?? checkFailed.link ?? '' } }
    },
    { room: context.room, ...(status === 503 || status === 429 ? { headers: { 'Retry-After': '10' } } : {}) },
  )
}
