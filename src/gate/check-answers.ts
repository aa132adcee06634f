/** Answers about the check before joining: its page for people, and what programs are told. */
import { problem } from '../http/problem.ts'
import { languageOfVisitor } from '../languages.ts'
import { type CheckPage, checkPageHeaders, renderCheckPage } from '../pages/check-page.ts'
import { entrySetting } from '../settings/entry-settings.ts'
import { checkCookie, checkCookieOf, presentedProof } from '../tokens/join-proof.ts'
import { WORK_HEADER } from '../tokens/work-challenge.ts'
import { linkHeader } from './answers.ts'
import { checkMode } from './join-check.ts'
import type { RoomContext, Visitor } from './room-context.ts'
import { smallPage } from './small-pages.ts'
import { LONG_POLL_SECONDS } from './visitor-status.ts'

/** In place of joining. The browser returns to this address after the check. */
export async function checkPage(context: Visitor): Promise<Response> {
  const { request, url, room, keys, nowMs, turnstile } = context
  const language = languageOfVisitor(request.headers, url.search, room.default_language)
  const back = encodeURIComponent(url.pathname + url.search)
  const mode = checkMode(context)
  const page: CheckPage = {
    language,
    action: `${room.prefix}/join-check?room=${room.name}&return=${back}`,
    turnstile: turnstile === null || mode === 'off' ? null : { siteKey: turnstile.siteKey, mode },
    work: (await context.joinCheck()?.work?.challenge()) ?? null,
    mayContinue: entrySetting(context, 'turnstile_action') === 'log',
    // After a proof that did not count, the next one would not count either, and the browser would
    // go round in circles. A redeemed proof did count.
    isAutomatic: checkCookieOf(request) !== 'used' || (await presentedProof(request, room, keys, nowMs)) !== null,
  }
  const headers = new Headers({
    ...(await checkPageHeaders(page)),
    'Content-Language': language,
    Vary: 'Accept, Accept-Language, Cookie',
    'Retry-After': String(LONG_POLL_SECONDS),
    // A program that asked for a page learns here where it can join.
    ...linkHeader(room),
  })
  headers.append('Set-Cookie', checkCookie(request, null))
  return new Response(renderCheckPage(page), { status: room.queueing_status_code, headers })
}

/** For programs: what to do in place of the page. */
export async function checkRefusal(context: Visitor): Promise<Response> {
  const { room } = context
  const work = context.joinCheck()?.work ?? null
  if (work === null || (checkMode(context) !== 'off' && entrySetting(context, 'turnstile_action') !== 'log')) {
    const detail =
      'This room checks newcomers with a page that only browsers can show. Open a page of the site in a browser to join, ' +
      'or ask the operator of the site for a bypass rule.'
    return problem(403, 'Check needed', detail, {}, { room: room.name })
  }
  const { id, bits, text: challenge, expiresSeconds } = await work.challenge()
  const detail =
    `Find a decimal number NONCE for which SHA-256 of "ID:NONCE" begins with this number of zero bits, ` +
    `then repeat the request with the header "${WORK_HEADER}: CHALLENGE.NONCE".`
  const expiresAt = new Date(expiresSeconds * 1000).toISOString()
  const more = { room: room.name, work: { id, bits, challenge, expiresAt } }
  return problem(403, 'Proof of work needed', detail, linkHeader(room), more)
}

/** For a check that gave no result. The visitor can try again at once. */
export function checkTrouble(
  context: RoomContext,
  page: 'checkFailed' | 'checkLater' | 'noTicket' | 'workFailed',
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
